"""Runs the commands of docs/MIGRATION_BDD.md between two PostgreSQL clusters, while people learn.

    run.py PROGRAM [--users N] [--by-hand] [--newer FOLDER] [--passes empty,full,hand]

PROGRAM is the mini-site to use. FOLDER holds the programs of a newer PostgreSQL, for the new server.
Each pass is one result; ends with « move: N passed, N failed ».
"""

import argparse
import base64
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import document
from servers import STAND_INS, Address, Server, wait_for
from traffic import Traffic

PROJECT = Path(__file__).resolve().parents[2]
SECRET = "for-the-test-of-the-move-and-nothing-else"

# People who were there before, each with the first ten grains finished.
CROWD = """
    INSERT INTO users (moodle_user_id, name) SELECT 'before-' || n, 'Personne ' || n FROM generate_series(1, {users}) AS n;
    INSERT INTO progress (user_id, grain_id, module_id, sequence_id)
    SELECT users.id, grains.id, module_id, sequence_id FROM users, grains WHERE moodle_user_id LIKE 'before-%' AND grains.position <= {grains};
"""
CROWD_GRAINS = 10


class Pass:
    def __init__(self, name: str, users: int, by_hand: bool):
        self.name, self.users, self.by_hand = name, users, by_hand


def prepare_old(old: Server, new: Server, address: Address, users: int) -> None:
    for server in (old, new):
        server.ask("DROP DATABASE IF EXISTS mini_site WITH (FORCE)", "postgres")
        for file in server.home.iterdir():
            if file.is_file():
                file.unlink()
    old.ask("CREATE DATABASE mini_site ENCODING 'UTF8' TEMPLATE template0", "postgres")
    key = base64.b64encode(SECRET.encode()).decode()
    settings = {
        "DATABASE_URL": old.url(), "API_URL": f"http://localhost:{address.port}", "BIND_ADDRESS": "127.0.0.1",
        "SECRET_KEY": key, "EMBED_TOKEN_SECRET": SECRET, "LOG_LEVEL": "warn",
    }  # fmt: skip
    (old.home / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    for server in (old, new):
        service = "[ancien]\nhost={}\ndbname=mini_site\nuser=mini_site\n[nouveau]\nhost={}\ndbname=mini_site\nuser=mini_site\n"
        (server.home / ".pg_service.conf").write_text(service.format(old.socket, new.socket))
    old.run("systemctl start mini-site")
    wait_for(old.port)
    if users:
        old.ask(CROWD.format(users=users, grains=CROWD_GRAINS))
        old.ask("VACUUM ANALYZE")


def take_steps(steps: list, old: Server, new: Server, address: Address) -> dict[str, float]:
    """Runs the commands; returns what some of them took, in seconds."""
    took = {}
    for step in steps:
        began = time.monotonic()
        if step.place == "bascule":
            address.target = new.port
            continue
        server = {"ancien": old, "nouveau": new}[step.place]
        server.run(step.commands, answer=new.url() + "\n")
        seconds = time.monotonic() - began
        for words in ("read-only on", "mini-site dump --output move", "mini-site restore", "set_read_only"):
            if words in step.commands:
                took[f"line {step.line}"] = seconds
    return took


def wait_until(condition, what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not after {seconds} s")
        time.sleep(0.05)


def check(traffic: Traffic, old: Server, new: Server, users: int) -> list[str]:
    """What is wrong in the end."""
    query = "SELECT moodle_user_id, grain_id FROM progress JOIN users ON users.id = user_id WHERE moodle_user_id NOT LIKE 'before-%'"
    rows = {tuple(line.split("|")) for line in new.ask(query).splitlines()}
    acknowledged = {(learner, grain) for _, learner, grain in traffic.acknowledged}
    faults = list(traffic.faults)
    lost = acknowledged - rows
    if lost:
        faults.append(f"{len(lost)} acknowledged completions are not in the new database, such as {sorted(lost)[:3]}")
    crowd = int(new.ask("SELECT count(*) FROM progress JOIN users ON users.id = user_id WHERE moodle_user_id LIKE 'before-%'"))
    if crowd != users * CROWD_GRAINS:
        faults.append(f"{crowd} completions of those who were there before, {users * CROWD_GRAINS} expected")
    if traffic.refusals == 0:
        faults.append("nobody was refused: read-only mode was not tried")
    if not (old.ask("SELECT is_on FROM internal.read_only") == "t\n" and new.ask("SELECT is_on FROM internal.read_only") == "f\n"):
        faults.append("the old database must end in read-only mode, and the new one without it")
    directus = new.ask("SET ROLE directus; SELECT count(*) FROM users")
    if int(directus) == 0:
        faults.append("the role of Directus sees nobody")
    for server in (old, new):
        if "panicked" in (server.home / "server.log").read_text():
            faults.append(f"the program panicked on « {server.name} »")
    return faults


def play(one: Pass, old: Server, new: Server) -> list[str]:
    address = Address(old.port)
    prepare_old(old, new, address, one.users)
    steps = document.procedure(document.read(PROJECT / "docs/MIGRATION_BDD.md"), one.by_hand)
    traffic = Traffic(address, SECRET.encode())
    traffic.start()
    try:
        wait_until(lambda: len(traffic.acknowledged) > 100, "a hundred completions before the move")
        took = take_steps(steps, old, new, address)
        moved = time.monotonic()
        wait_until(lambda: traffic.count_since(moved) > 100, "a hundred completions after the move")
    finally:
        traffic.stop()
    faults = check(traffic, old, new, one.users)
    for server in (old, new):
        server.stop_site()
    details = ", ".join(f"{name}: {seconds:.1f} s" for name, seconds in took.items())
    print(
        f"{one.name}: {traffic.longest_pause():.1f} s without writes ({details}); "
        f"{len(traffic.acknowledged)} completions acknowledged, {traffic.refusals} refused, {traffic.readings} pages read",
        flush=True,
    )
    return faults


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=Path)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--newer", type=Path)
    parser.add_argument("--passes", default="empty,full,hand")
    options = parser.parse_args()
    passes = {
        "empty": Pass("by mini-site, 20 learners", 0, by_hand=False),
        "full": Pass(f"by mini-site, {options.users} users more", options.users, by_hand=False),
        "hand": Pass("by hand in plain SQL, 1000 users more", 1000, by_hand=True),
    }
    scratch = Path(tempfile.mkdtemp(prefix="mini-site-move-", dir="/tmp"))
    scratch.chmod(0o755)
    (scratch / "path").mkdir()
    for name, text in STAND_INS.items():
        file = scratch / "path" / name
        file.write_text(f"#!/bin/sh\n{text}")
        file.chmod(0o755)
    (scratch / "path/mini-site").symlink_to(options.program.resolve())
    servers: list[Server] = []
    failed = 0
    names = options.passes.split(",")
    try:
        newer = [str(options.newer)] if options.newer else []
        base = subprocess.run(
            ["bash", "-c", f". {PROJECT}/bin/lib/base.sh; . {PROJECT}/bin/lib/install.sh; find_postgres"],
            check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip
        both = [("ancien", [base]), ("nouveau", [*newer, base])]
        with ThreadPoolExecutor() as pool:
            servers += pool.map(lambda one: Server(one[0], scratch, PROJECT, one[1]), both)
        versions = [server.ask("SHOW server_version", "postgres").split()[0] for server in servers]
        print(f"from PostgreSQL {versions[0]} to {versions[1]}", flush=True)
        for name in names:
            faults = play(passes[name], *servers)
            failed += bool(faults)
            for fault in faults[:10]:
                print(f"FAILED  {passes[name].name}: {fault}")
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"move: {len(names) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    os.umask(0o022)
    main()
