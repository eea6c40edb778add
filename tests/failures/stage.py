"""What every scenario has: a cluster, a platform, a site, learners; and what must be true in the end."""

import os
from pathlib import Path

from cluster import Cluster, wait_until
from load import Load
from moodle import Moodle
from site_process import Site

RELEASE = "UPDATE internal.outbox SET leased_until = NULL, due_at = now(), holds_platform_until = NULL"


class Stage:
    def __init__(self, program: str, postgres: Path):
        self.program, self.postgres = program, postgres
        self.clusters: list[Cluster] = []
        self.moodle = Moodle()
        self.sites: list[Site] = []
        self.details: list[str] = []

    @property
    def cluster(self) -> Cluster:
        """The last one, which the site uses in the end."""
        return self.clusters[-1]

    def add_cluster(self, *options: str, replica_of: Cluster | None = None, disk_megabytes: int = 0) -> Cluster:
        """One more, started."""
        cluster = Cluster(self.postgres, *options)
        self.clusters.append(cluster)
        if replica_of:
            cluster.copy(replica_of)
        else:
            cluster.create(disk_megabytes)
        cluster.start()
        return cluster

    def site(self, **more: str) -> Site:
        """One more instance, started, behind the address of the first."""
        if not self.clusters:
            self.add_cluster()
        if self.sites:
            more = {"API_URL": self.sites[0].variables["API_URL"], **more}
        else:
            self.cluster.ask("CREATE DATABASE mini_site TEMPLATE template0 ENCODING 'UTF8'", "postgres")
        site = Site(self.program, more.pop("DATABASE_URL", self.cluster.url()), **more)
        site.start()
        if not self.sites:
            site.run(*self.moodle.registration())
        self.sites.append(site)
        return site

    def load(self, people: int, name: str = "learner") -> Load:
        return Load(self.moodle, [site.port for site in self.sites], self.sites[0].port, people, name)

    def faults(self, load: Load) -> list[str]:
        """What is wrong once the load has ended: lost completions, lost or doubled grades, panics."""
        faults = load.faults[:5]
        rows = self.cluster.ask("SELECT moodle_user_id, grain_id FROM progress JOIN users ON users.id = user_id").splitlines()
        kept = {tuple(row.split("|")) for row in rows}
        lost = {(learner, grain) for _, learner, grain in load.acknowledged} - kept
        if lost:
            faults.append(f"{len(lost)} acknowledged completions are lost, such as {sorted(lost)[:3]}")
        self.deliver()
        done: dict[str, int] = {}
        for learner, _ in kept:
            done[learner] = done.get(learner, 0) + 1
        shown = self.moodle.scores()
        wrong = [learner for learner, count in done.items() if shown.get(learner) != count]
        if wrong:
            faults.append(f"{len(wrong)} grades are not what was done, such as {wrong[0]}: {shown.get(wrong[0])}, not {done[wrong[0]]}")
        if doubled := self.moodle.doubled():
            faults.append(f"{len(doubled)} learners were given one score twice, such as {doubled[0]}")
        if any(site.panics() for site in self.sites):
            faults.append("the program panicked")
        self.details.append(
            f"{load.count()} completions acknowledged, {len(lost)} lost; {len(load.launches)} launches; "
            f"{len(shown)} grades, {len(wrong)} wrong; {self.moodle.received()} scores sent, {len(doubled)} doubled; "
            f"{load.unanswered} requests made again, {load.told_later} of them told « a little later »; {load.longest_pause():.1f} s without a completion at most"
        )
        return faults

    def deliver(self) -> None:
        """Waits until all scores are out. The lease of somebody who was killed lasts two minutes; unless there
        is time, it is ended by hand, while nobody is at work."""
        if os.environ.get("FULL") != "1":
            for site in self.sites:
                site.stop()
            self.cluster.ask(RELEASE)
            for site in self.sites:
                site.start()
        wait_until(lambda: self.cluster.ask("SELECT count(*) FROM internal.outbox").strip() == "0", "all scores are out", 400)

    def end(self) -> None:
        for site in self.sites:
            site.kill()
        self.moodle.stop()
        for cluster in self.clusters:
            cluster.remove()
