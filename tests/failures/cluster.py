"""A PostgreSQL cluster that may be killed: with every promise of durability, in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from disk import Disk

PORT = 5432


def wait_until(condition, what: str, seconds: float = 60):
    """What `condition` returns once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not after {seconds} s")
        time.sleep(0.01)
    return found


class Cluster:
    def __init__(self, programs: Path, *options: str):
        self.programs, self.options = programs, options
        # Short: the path of a Unix socket holds 107 bytes.
        self.home = Path(tempfile.mkdtemp(prefix="mini-site-f"))
        self.data = self.home / "data"
        self.account = self.disk = self.process = None
        if os.getuid() == 0:
            # PostgreSQL refuses to run as root.
            self.account = pwd.getpwnam("postgres")
            os.chown(self.home, self.account.pw_uid, self.account.pw_gid)

    def create(self, disk_megabytes: int = 0) -> None:
        """An empty one, on a disk of its own when a size is given."""
        if disk_megabytes:
            self.disk = Disk(self.home / "disk", disk_megabytes)
            os.chown(self.disk.folder, self.account.pw_uid, self.account.pw_gid)
            self.data = self.disk.folder / "data"
        self.run("initdb", "-D", self.data, "-U", "mini_site", "--auth=trust", "--encoding=UTF8", "--locale=C")

    def copy(self, primary: Cluster) -> None:
        """A replica."""
        self.run("pg_basebackup", "-R", "-D", self.data, "-c", "fast", *primary.place())

    def place(self) -> list:
        """Options that lead PostgreSQL's programs to it."""
        return ["-h", self.home, "-p", str(PORT), "-U", "mini_site"]

    def run(self, program: str, *arguments) -> str:
        done = subprocess.run([self.programs / program, *arguments], capture_output=True, text=True, **self.ordinary())
        if done.returncode != 0:
            raise SystemExit(f"{program}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
        return done.stdout

    def ordinary(self) -> dict:
        who = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []} if self.account else {}
        return {"cwd": self.home, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}, **who}

    def start(self) -> None:
        settings = ["listen_addresses=", f"unix_socket_directories={self.home}", *self.options]
        command = [self.programs / "postgres", "-D", self.data, *(f"--{each}" for each in settings)]
        with open(self.home / "log", "a") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **self.ordinary())
        wait_until(self.answers, "PostgreSQL")

    def is_stopped(self) -> bool:
        return self.process.poll() is not None

    def answers(self) -> bool:
        return self.psql("SELECT").returncode == 0

    def kill(self) -> None:
        """`kill -9` of the server and of all its children, as when the machine loses its current."""
        for pid in (self.process.pid, *self.children()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        wait_until(lambda: not self.children(), "the children of PostgreSQL are gone")

    def children(self) -> list[int]:
        """Processes that run in the folder of the data, as all of PostgreSQL do."""
        return [int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit() and self.is_ours(each)]

    def is_ours(self, process: Path) -> bool:
        try:
            return (process / "cwd").resolve(strict=True) == self.data
        except OSError:
            return False

    def psql(self, sql: str, database: str = "postgres"):
        command = [self.programs / "psql", "-XqAt", *self.place(), "-d", database, "-c", sql]
        return subprocess.run(command, capture_output=True, text=True, **self.ordinary())

    def ask(self, sql: str, database: str = "mini_site") -> str:
        done = self.psql(sql, database)
        if done.returncode != 0:
            raise SystemExit(f"{sql}\n{done.stderr}")
        return done.stdout

    def url(self) -> str:
        return f"postgres://mini_site@localhost:{PORT}/mini_site?host={self.home}"

    def remove(self) -> None:
        if self.process and not self.is_stopped():
            self.process.send_signal(signal.SIGINT)
            self.process.wait()
        if self.disk:
            self.disk.remove()
        shutil.rmtree(self.home, ignore_errors=True)
