"""A small disk, in memory, that can be filled to its last block."""

import os
import subprocess
from pathlib import Path

BLOCK = 4_096


class Skipped(Exception):
    """This machine lacks what a scenario needs."""


class Disk:
    def __init__(self, folder: Path, megabytes: int):
        if os.getuid() != 0:
            raise Skipped("only root can mount a disk of its own")
        folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], capture_output=True, text=True)
        if mounted.returncode != 0:
            raise Skipped(f"a disk of its own cannot be mounted: {mounted.stderr.strip()}")
        self.folder, self.ballast = folder, folder / "ballast"

    def fill(self) -> None:
        with open(self.ballast, "ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"\0" * BLOCK)
            except OSError:
                pass

    def make_room(self) -> None:
        self.ballast.unlink(missing_ok=True)

    def remove(self) -> None:
        subprocess.run(["umount", self.folder], check=True)
