"""What becomes of the database while people learn: connections are cut, or taken by others; its disk is full; it moves."""

import random
import time
from collections import Counter

from cluster import Cluster, wait_until
from guests import CUT, Guest, take_all
from kills import kill_again
from load import Busy, Learner, Refused
from stage import Stage


def cut(stage: Stage, size) -> list[str]:
    """The server ends all connections of the site, again and again, some in the middle of their work."""
    site = stage.site()
    load = stage.load(size(12, 30))
    ended = Counter()

    def end() -> None:
        ended.update(line.split("|")[0] for line in stage.cluster.ask(CUT, "postgres").splitlines())

    faults = kill_again(stage, load, size(20, 200), end, site.until_ready)
    stage.details.append(", ".join(f"{count} connections cut while {state}" for state, count in ended.items()))
    return faults


def exhausted(stage: Stage, size) -> list[str]:
    """A small pool; then somebody else takes all connections that PostgreSQL has, for a while."""
    connections, people = 20, size(40, 200)
    stage.add_cluster(f"max_connections={connections}")
    site = stage.site(DATABASE_MAX_CONNECTIONS="3")
    load = stage.load(people)
    load.start()
    faults, slowest, rounds = [], 0.0, size(1, 5)
    try:
        for _ in range(rounds):
            progress(load, 50)
            guests = take_all(stage.cluster, connections)
            faults += without_connections(site, size(4, 20))
            for guest in guests:
                guest.leave()
            freed = time.monotonic()
            wait_until(lambda: load.faults or len(served_since(load, freed)) == people, "everybody goes on", 200)
            slowest = max(slowest, time.monotonic() - freed)
    finally:
        load.stop()
    stage.details.append(
        f"3 connections for {people} learners, {rounds} times none; everybody had finished a grain {slowest:.1f} s after the others left at most"
    )
    return faults + stage.faults(load)


def without_connections(site, seconds: float) -> list[str]:
    """It lives, and is not ready."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not site.is_alive() or site.is_ready():
            return ["without a connection the site must live, and not be ready"]
        time.sleep(0.2)
    return []


def served_since(load, moment: float) -> set[str]:
    """Which of the people have finished a grain since; one comes again and again, as one learner after the other."""
    with load.lock:
        return {learner.rsplit("-", 1)[0] for at, learner, _ in load.acknowledged if at > moment}


def progress(load, grains: int) -> None:
    target = load.count() + grains
    wait_until(lambda: load.count() >= target or load.faults, "completions go on")


def full(stage: Stage, size) -> list[str]:
    """No room on the disk, for the tables first, then for the journal (WAL) too; then there is room again."""
    cluster = stage.add_cluster("min_wal_size=32MB", "max_wal_size=48MB", "checkpoint_timeout=1h", disk_megabytes=160)
    site = stage.site()
    load = stage.load(size(12, 30))
    reader = Learner(load, "reader")
    reader.launch()
    reader.finish("grain1")
    load.start()
    faults, slowest, stops, rounds = [], 0.0, 0, size(1, 10)
    try:
        for _ in range(rounds):
            progress(load, 100)
            # None is to come by itself: without room it would end PostgreSQL before its time.
            cluster.ask("CHECKPOINT", "postgres")
            guest = Guest(cluster)
            cluster.disk.fill()
            faults += without_tables(cluster, load, reader)
            stops += without_journal(cluster, guest)
            slowest = max(slowest, site.until_ready())
            progress(load, 100)
    finally:
        load.stop()
    stage.details.append(f"{rounds} times full, {stops} times PostgreSQL had to be started again; the site ready {slowest:.2f} s after it at most")
    return faults + stage.faults(load)


def without_tables(cluster: Cluster, load, reader: Learner) -> list[str]:
    """Writes are refused, and the course is read."""
    told = load.told_later
    wait_until(lambda: load.told_later > told + 50 or load.faults, "people are told to come back later")
    refused = cluster.psql("CREATE TABLE room AS SELECT repeat('x', 1000) FROM generate_series(1, 1000)").stderr
    faults = [] if "No space left on device" in refused else [f"there is room: {refused}"]
    for _ in range(50):
        try:
            reader.read("grain1", is_done=True)
            reader.read("grain2", is_done=False)
        except (Busy, Refused) as error:
            return [*faults, f"the course cannot be read: {error!r}"]
    return faults


def without_journal(cluster: Cluster, guest: Guest) -> bool:
    """PostgreSQL breaks down: without room it stops, or begins again and again, or lets nobody in. Once there is room it is
    back; tells whether it had to be started."""
    while guest.run("SELECT pg_logical_emit_message(false, '', ''), pg_switch_wal()"):
        pass
    guest.leave()
    until = time.monotonic() + 2
    while time.monotonic() < until:
        # What it freed by beginning again is taken too.
        cluster.disk.fill()
        time.sleep(0.1)
    cluster.disk.make_room()
    wait_until(lambda: cluster.is_stopped() or cluster.answers(), "PostgreSQL stops, or is back")
    is_stopped = cluster.is_stopped()
    if is_stopped:
        cluster.start()
    return is_stopped


def replica(stage: Stage, size) -> list[str]:
    """The server dies, and its replica, which has all that was committed, takes over: the site is started anew on it."""
    primary = stage.add_cluster()
    site = stage.site()
    load = stage.load(size(12, 30))
    load.start()
    slowest, moves = 0.0, size(1, 10)
    try:
        for _ in range(moves):
            heir = stage.add_cluster(replica_of=primary)
            primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'", "postgres")
            primary.ask("SELECT pg_reload_conf()", "postgres")
            wait_until(lambda: primary.ask("SELECT sync_state FROM pg_stat_replication", "postgres") == "sync\n", "it is synchronous")
            progress(load, random.randrange(100, 200))
            primary.kill()
            began = time.monotonic()
            heir.ask("SELECT pg_promote()", "postgres")
            site.stop()
            site.variables["DATABASE_URL"] = heir.url()
            site.start()
            slowest = max(slowest, time.monotonic() - began)
            progress(load, 100)
            primary = heir
    finally:
        load.stop()
    stage.details.append(f"{moves} times a replica took over, the site ready on it {slowest:.1f} s after the death at most")
    return stage.faults(load)
