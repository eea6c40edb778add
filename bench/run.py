#!/usr/bin/env python3
"""The parts of bin/bench, which calls this with everything ready: release, PostgreSQL, wrk."""
import argparse
import json
import os
import signal
import statistics
import sys
import time
from pathlib import Path

import load
from report import Report, spread, table
from servers import PORT, App, Cluster, Peers, Processes, fail, group

READERS = ["pgbench", "static", "limit", "express-2w", "app"]
SESSIONS_WATCHED = 2000
NO_PEERS = "the peers are absent"


class Bench:
    def __init__(self, options):
        self.o = options
        self.folder = Path(options.folder)
        self.processes = Processes(self.folder)
        self.cluster = Cluster(options.admin_url)
        self.peers = Peers(Path(options.peers), self.folder, self.cluster) if options.peers else None
        self.app = App(self.processes, options.binary, self.cluster, "bench_app", 3300, self.folder)
        facts = [f"PostgreSQL {self.cluster.version()}, shared_buffers = 1GB, max_wal_size = 4GB, max_connections = 200, "
                 "all else at its default; TCP on loopback, 16 connections for each server",
                 f"{options.users} learners; {options.rounds} rounds of {options.seconds} s"
                 + (", **without waiting for a quiet machine**" if options.noisy else "")]
        if not self.peers:
            facts.append("the peers are absent: the app was measured alone")
        self.report = Report(self.folder / "report.md", options.root, options.command, facts)

    def close(self):
        if self.peers:
            self.peers.stop()
        self.processes.stop_all()

    def compare(self, targets, baseline, connections="16", **more):
        """One call of the peers' bench.py: its table, and its rounds by target and connections."""
        file, out = self.folder / "targets.json", self.folder / "rounds.json"
        file.write_text(json.dumps(targets))
        out.unlink(missing_ok=True)
        options = {"baseline": baseline, "connections": connections, "pg-port": PORT, "rounds": self.o.rounds,
                   "seconds": self.o.seconds, "db-users": self.o.users, "out": out} | more
        if self.o.noisy:
            options |= {"max-others": 1, "quiet-wait": 0, "retries": 0}
        words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        with group([sys.executable, "-B", self.peers.source / "bench.py", file, *words]) as process:
            text = process.communicate()[0].strip()
        rounds = {}
        for entry in json.loads(out.read_text()) if out.exists() else []:
            rounds.setdefault((entry["target"], entry["connections"]), []).append(entry)
        if not rounds:
            fail(f"bench.py measured nothing; its words stand above.\n{text}")
        return text, rounds

    # -- the parts

    def read(self):
        """The home page of a learner with bars, each request as another of 200 learners."""
        if not self.peers:
            return self.read_alone()
        known = json.loads((self.peers.source / "targets.json").read_text())
        targets = [t | ({"pgbench": t["pgbench"] | {"user": "bench"}} if "pgbench" in t else {}) for t in known]
        targets = [t for t in targets if t["name"] in READERS] + [self.app.target()]
        self.cluster.settle()
        text, rounds = self.compare(targets, "limit", "16,64")
        self.report.section("Home page", text)
        for connections in (16, 64):
            self.judge_reading(connections, *(rounds.get((name, connections)) for name in ("app", "limit", "express-2w")))
        return None

    def judge_reading(self, connections, app, limit, express):
        at = f"home page, {connections} connections: "
        for name, peer, wanted in (("limit", limit, 0.85), ("express-2w", express, 5)):
            if app and peer:
                self.report.goal(f"{at}app / {name}", ratio(app, peer), wanted)
            else:
                self.report.unmeasured(f"{at}app / {name}", "a target was refused")
        if app and express:
            patience = statistics.median(r["p50"] for r in express) / 1000
            slowest = statistics.median(r["p99"] for r in app) / 1000
            self.report.goal(f"{at}p99 of app, against p50 of express-2w", slowest, round(patience, 2), " ms", most=True)
        if app and connections == 64:
            resident = max(r["rss"] for r in app)
            self.report.goal(f"{at}resident memory", resident, 40, " MB", most=True, digits=1)

    def read_alone(self):
        users = [f"user{1 + k * 7919 % self.o.users}" for k in range(200)]
        lines = [f"GET\t/\t{cookie}" for cookie in load.sign_in(self.app, users)]
        rows = []
        for connections in (16, 64):
            load.wrk(self.app, lines, connections, 3)
            rounds = [load.wrk(self.app, lines, connections, self.o.seconds) for _ in range(self.o.rounds)]
            rows.append([connections, spread([r["rps"] for r in rounds]), *percentiles(rounds),
                         f"{load.resident_mb(self.app.process.pid):.1f}"])
        self.report.section("Home page, the app alone",
                            table(["connections", "req/s median [min–max]", "p50 ms", "p99 ms", "RSS MB"], rows))
        for name in ("limit", "express-2w"):
            self.report.unmeasured(f"home page: app / {name}", NO_PEERS)

    def write(self):
        """First completions: every post writes a row, by learners who are new in each round."""
        rounds = {"app": []}
        if self.peers:
            express = next(t for t in json.loads((self.peers.source / "targets.json").read_text())
                           if t["name"] == "express-2w")
            rounds["express-2w"] = []
        for number in range(self.o.rounds):
            self.cluster.settle()
            if not self.peers:
                rounds["app"].append(self.write_alone(number))
                continue
            for target, database, posts in ((self.app.target(), "bench_app", 10_000), (express, "peers", 3_000)):
                self.cluster.settle()
                name, learners = target["name"], max(100, posts * self.o.seconds // 25)
                _, found = self.compare([target], name, rounds=1, scenario="write", db=self.cluster.url(database),
                                        write_users=learners)
                rounds[name] += found[name, 16]
            print(f"write round {number + 1}: "
                  + ", ".join(f"{name} {done[-1]['rps']:.0f}" for name, done in rounds.items()), file=sys.stderr)
        base = rounds.get("express-2w")
        rows = [[name, spread([r["rps"] for r in done]), spread(ratios(done, base), 2) if base else "–",
                 *percentiles(done), *costs(done)] for name, done in rounds.items()]
        self.report.section("First completions, 16 connections", table(
            ["target", "req/s median [min–max]", "ratio to express-2w [min–max]", "p50 ms", "p99 ms",
             "server CPU ms/req", "Postgres CPU ms/req"], rows)
            + "\n\nAs many rows were written as posts were answered; synchronous_commit is on.")
        if base:
            self.report.goal("completions: app / express-2w", ratio(rounds["app"], base), 3)
        else:
            self.report.unmeasured("completions: app / express-2w", NO_PEERS)

    def write_alone(self, number):
        users = [f"bench-{os.getpid()}-{number}-{k}" for k in range(max(100, 400 * self.o.seconds))]
        cookies = load.sign_in(self.app, users)
        lines = [f"POST\t/grains/grain{g}/completion\t{cookie}" for g in range(1, 29) for cookie in cookies]
        before = int(self.cluster.sql("bench_app", "SELECT count(*) FROM progress"))
        result = load.wrk(self.app, lines, 16, self.o.seconds)
        written = int(self.cluster.sql("bench_app", "SELECT count(*) FROM progress")) - before
        self.cluster.sql("bench_app", "DELETE FROM users WHERE moodle_user_id LIKE 'bench-%'")
        if not result["requests"] <= written <= result["requests"] + 16:
            fail(f"{result['requests']} posts were answered, but {written} rows written")
        return result

    def start(self):
        """A process on an up-to-date database, until it answers."""
        self.app.stop()
        times = [load.first_answer_ms(self.app, self.app.port) for _ in range(11)][1:]
        self.app.start()
        self.report.section("Start", f"From the start of the process to the first 200 on `/`, asked once a millisecond, "
                            f"ten times: {spread(times, 1)} ms.")
        self.report.goal("start to the first 200", statistics.median(times), 150, " ms", most=True, digits=1)

    def memory(self):
        """Resident memory under 64 connections, minute after minute."""
        self.app.restart()
        at_rest = load.resident_mb(self.app.process.pid)
        count = min(SESSIONS_WATCHED, self.o.users)
        lines = [f"GET\t/\t{cookie}" for cookie in load.sign_in(self.app, [f"user{k + 1}" for k in range(count)])]
        samples, result = load.watch_memory(self.app, lines, 64, round(60 * self.o.minutes))
        tenth = max(1, len(samples) // 10)
        marks = [statistics.median(samples[i * tenth:(i + 1) * tenth]) for i in range(len(samples) // tenth)]
        growth = marks[-1] - marks[1] if len(marks) > 2 else 0
        self.report.section(f"Memory over {self.o.minutes:g} minutes, 64 connections, {count} sessions",
                            f"Resident: {at_rest:.1f} MB at rest; median of each tenth: "
                            + " ".join(f"{mark:.1f}" for mark in marks) + f" MB; highest {max(samples):.1f} MB. "
                            f"{result['rps']:.0f} req/s, p99 {result['p99'] / 1000:.1f} ms.")
        self.report.goal("resident memory, 64 connections, highest", max(samples), 40, " MB", most=True, digits=1)
        self.report.goal(f"growth from the second tenth to the last of {self.o.minutes:g} minutes", growth, 1, " MB",
                         most=True)

    def large(self):
        """The same page on a database a hundred times as large, both under load in the same rounds."""
        large = App(self.processes, self.o.binary, self.cluster, "bench_large", 3301, self.folder)
        large.seed(self.o.large)
        name = f"home page: {self.o.large} learners / {self.o.users} learners"
        if self.peers:
            self.cluster.settle()
            text, rounds = self.compare([self.app.target("small"), large.target("large", db_users=self.o.large)],
                                        "small", users=min(3000, self.o.users))
            small, big = rounds.get(("small", 16)), rounds.get(("large", 16))
        else:
            small, big = self.large_alone(large)
            text = table(["database", "req/s median [min–max]", "p50 ms", "p99 ms"],
                         [[which, spread([r["rps"] for r in done]), *percentiles(done)]
                          for which, done in (("small", small), ("large", big))])
        rows = [int(self.cluster.sql(app.database, "SELECT count(*) FROM progress")) for app in (self.app, large)]
        large.stop()
        self.report.section(f"{rows[0]} and {rows[1]} completions", text)
        if small and big:
            self.report.goal(name, ratio(big, small), 0.9)
        else:
            self.report.unmeasured(name, "a target was refused")

    def large_alone(self, large):
        lines = []
        for app, users in ((self.app, self.o.users), (large, self.o.large)):
            names = [f"user{1 + k * 7919 % users}" for k in range(min(3000, self.o.users))]
            lines.append((app, [f"GET\t/\t{cookie}" for cookie in load.sign_in(app, names)]))
        done = [[load.wrk(app, pages, 16, self.o.seconds) for app, pages in lines]
                for _ in range(self.o.rounds + 1)]
        return zip(*done[1:])


def ratios(these, those):
    return [a["rps"] / b["rps"] for a, b in zip(these, those)]


def ratio(these, those):
    return statistics.median(ratios(these, those))


def percentiles(rounds):
    return [f"{statistics.median(r[key] for r in rounds) / 1000:.2f}" for key in ("p50", "p99")]


def costs(rounds):
    return [f"{statistics.median(r[key] for r in rounds):.3f}" if key in rounds[0] else "–"
            for key in ("server_ms", "pg_ms")]


def main():
    a = argparse.ArgumentParser()
    for name in ("root", "folder", "binary", "admin-url", "peers", "command"):
        a.add_argument(f"--{name}")
    for name in ("users", "large", "rounds", "seconds"):
        a.add_argument(f"--{name}", type=int)
    a.add_argument("--minutes", type=float)
    a.add_argument("--noisy", type=int)
    a.add_argument("parts", nargs="+")
    options = a.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bin/bench: told to stop"))
    began, bench = time.monotonic(), Bench(options)
    try:
        bench.app.seed(options.users)
        if bench.peers and {"read", "write"} & set(options.parts):
            bench.peers.seed(options.users)
            bench.peers.start()
        for part in options.parts:
            print(f"\n== {part}: {getattr(bench, part).__doc__}", file=sys.stderr)
            getattr(bench, part)()
    except KeyboardInterrupt:
        sys.exit("bin/bench: told to stop")
    finally:
        bench.close()
    print(f"\nGoals\n\n{bench.report.verdict()}\n\n{bench.report.path}: the whole report; "
          f"{(time.monotonic() - began) / 60:.0f} minutes")
    bench.report.write()


if __name__ == "__main__":
    main()
