"""Two servers in two folders, each with a PostgreSQL cluster of its own, and the address between them."""

import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

# What the document types and a test cannot have: another machine, another account, systemd.
STAND_INS = {
    # sudo [-u ACCOUNT] COMMAND…
    "sudo": 'if [ "$1" = -u ]; then shift 2; fi\nexec "$@"\n',
    # scp ancien:/srv/mini-site/FILE PLACE
    "scp": 'for last; do :; done\nfor file; do\n    [ "$file" = "$last" ] || cp -p $OLD_HOME/${file#ancien:/srv/mini-site/} "$last"\ndone\n',
    # systemctl start|stop|restart mini-site, for the site in this folder
    "systemctl": """case $1 in stop | restart)
    kill "$(cat server.pid)" && while kill -0 "$(cat server.pid)" 2>/dev/null; do sleep 0.05; done ;;
esac
case $1 in start | restart)
    mini-site serve >server.log 2>&1 </dev/null & echo $! >server.pid ;;
esac
""",
}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Server:
    """A folder with .env in it, a cluster, and a shell for the commands of the document."""

    def __init__(self, name: str, scratch: Path, project: Path, programs: list[str]):
        self.name, self.home, self.port = name, scratch / name, free_port()
        self.home.mkdir()
        # The document is typed in the folder of the site.
        for part in ("bin", "directus"):
            shutil.copytree(project / part, self.home / part)
        self.project = scratch / f"{name}-postgres"
        shutil.copytree(project / "bin", self.project / "bin")
        self.stand_ins = scratch / "path"
        self.path = ":".join([str(self.stand_ins), *programs, os.environ["PATH"]])
        self.old_home = scratch / "ancien"
        self.postgres("start")
        self.admin = self.postgres("url", "postgres").strip()
        # postgres://mini_site@localhost:5432/postgres?host=/tmp/…
        self.socket = self.admin.split("host=", 1)[1]

    def postgres(self, *arguments: str) -> str:
        command = [str(self.project / "bin/postgres"), *arguments]
        return subprocess.run(command, env={**os.environ, "PATH": self.path}, check=True, capture_output=True, text=True).stdout

    def url(self, database: str = "mini_site") -> str:
        return self.admin.replace("/postgres?", f"/{database}?")

    def environment(self, more: dict | None = None) -> dict:
        return {
            "PATH": self.path, "HOME": str(self.home), "PORT": str(self.port), "OLD_HOME": str(self.old_home),
            "PGHOST": self.socket, "PGUSER": "mini_site", "PGPORT": "5432", "LC_ALL": "C.UTF-8", **(more or {}),
        }  # fmt: skip

    def run(self, commands: str, answer: str = "", more: dict | None = None) -> str:
        """Runs commands as the document shows them; `answer` is typed when they ask."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands], cwd=self.home, env=self.environment(more),
            input=answer, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        if done.returncode != 0:
            raise SystemExit(f"on « {self.name} »:\n{commands}\ncode {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def ask(self, sql: str, database: str = "mini_site") -> str:
        command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"on « {self.name} »: {sql}\n{done.stderr}")
        return done.stdout

    def stop_site(self) -> None:
        try:
            os.kill(int((self.home / "server.pid").read_text()), 15)
        except (OSError, ValueError):
            pass

    def stop(self) -> None:
        self.stop_site()
        subprocess.run([str(self.project / "bin/postgres"), "stop"], env={**os.environ, "PATH": self.path}, capture_output=True)


class Address:
    """What DNS and a flexible address are: one port, led to one server, then to the other."""

    def __init__(self, target: int):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.forward, args=(client, self.target), daemon=True).start()

    @staticmethod
    def forward(client: socket.socket, target: int) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", target), timeout=10)
        except OSError:
            client.close()
            return
        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server)
        back.join()
        client.close()
        server.close()


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def wait_for(port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit(f"nothing listens on {port} after {seconds} s") from None
            time.sleep(0.05)
