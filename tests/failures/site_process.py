"""The program, on a port of its own, that may be killed and started again."""

import base64
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from cluster import wait_until

SECRET = b"for-the-test-of-failures-and-nothing-else"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Site:
    def __init__(self, program: str, database: str, **more: str):
        self.program, self.port = program, free_port()
        self.log = tempfile.TemporaryFile("w+")
        key = base64.b64encode(SECRET).decode()
        self.variables = {
            "DATABASE_URL": database, "PORT": str(self.port), "API_URL": f"http://localhost:{self.port}",
            "BIND_ADDRESS": "127.0.0.1", "SECRET_KEY": key, "EMBED_TOKEN_SECRET": SECRET.decode(),
            "LTI_ALLOW_PRIVATE_NETWORKS": "true", "LOG_LEVEL": "warn", "PATH": os.environ["PATH"], **more,
        }  # fmt: skip

    def start(self) -> float:
        """Returns how many seconds it took until it was ready."""
        began = time.monotonic()
        where = tempfile.gettempdir()
        self.process = subprocess.Popen([self.program, "serve"], env=self.variables, cwd=where, stdout=self.log, stderr=self.log)
        self.until_ready()
        return time.monotonic() - began

    def until_ready(self) -> float:
        """Waits; returns for how many seconds."""
        began = time.monotonic()
        wait_until(self.is_ready, "the site is ready")
        return time.monotonic() - began

    def is_alive(self) -> bool:
        return self.is_well("/health/live")

    def is_ready(self) -> bool:
        return self.is_well("/health/ready")

    def is_well(self, path: str) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=3) as stream:
                stream.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                return stream.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def run(self, *arguments: str) -> str:
        return subprocess.run([self.program, *arguments], env=self.variables, cwd="/", check=True, capture_output=True, text=True).stdout

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(15)

    def memory(self) -> int:
        """Megabytes that it holds at the moment."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) // 1024

    def panics(self) -> int:
        self.log.seek(0)
        return self.log.read().count("panicked")
