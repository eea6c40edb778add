"""The databases, the app and its peers: made, started, and ended again."""
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

PORT = 5546  # of PostgreSQL; the peers' targets.json names it, too
PEER_PORTS = {"limit": 3200, "express-1w": 3101, "express-2w": 3102}
HERE = Path(__file__).resolve().parent


def fail(sentence):
    sys.exit(f"bin/bench: {sentence}")


def run(command, what, **options):
    """A command whose words are shown only when it fails."""
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        fail(f"{what} failed:\n{done.stdout}")
    return done.stdout


class Cluster:
    """The PostgreSQL of `bin/postgres --bench`: its superuser by socket, everyone else by TCP and password."""

    def __init__(self, admin_url):
        self.admin_url, self.password = admin_url, secrets.token_hex(16)
        self.admin("DO $$ BEGIN CREATE ROLE bench; EXCEPTION WHEN duplicate_object THEN END $$",
                   f"ALTER ROLE bench LOGIN PASSWORD '{self.password}'")
        os.environ["PGPASSWORD"] = self.password  # for the pgbench of bench.py

    def admin(self, *statements):
        options = [word for statement in statements for word in ("-c", statement)]
        return run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *options, self.admin_url], "psql").strip()

    def url(self, database):
        return f"postgres://bench:{self.password}@127.0.0.1:{PORT}/{database}"

    def remake(self, database):
        self.admin(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", f"CREATE DATABASE {database} OWNER bench")

    def sql(self, database, statement):
        return run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, self.url(database)], "psql").strip()

    def settle(self):
        """Between two measures: what one left behind is no burden for the next."""
        ours = "SELECT datname FROM pg_database WHERE datdba = 'bench'::regrole AND datname <> 'bench_large'"
        for database in self.admin(ours).split():
            self.sql(database, "VACUUM (SKIP_LOCKED) users, progress")
        self.admin("CHECKPOINT")

    def version(self):
        return self.admin("SHOW server_version").split()[0]


# ------------------------------------------------------------------------------------- processes

@contextmanager
def group(command, **options):
    """A program, and those that it starts: none outlives the block."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True, start_new_session=True,
                               **options)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Processes:
    """What was started here; a file remembers it, in case this run is killed."""

    def __init__(self, folder):
        self.file, self.running = folder / "processes", []
        for line in self.file.read_text().split("\n") if self.file.exists() else []:
            pid, _, born = line.partition(" ")
            if born and birth(pid) == born:
                os.kill(int(pid), signal.SIGKILL)
        self.write()

    def start(self, command, log, env):
        with open(log, "ab") as output:
            process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.STDOUT, env=env, cwd="/")
        self.running.append(process)
        self.write()
        return process

    def stop(self, process):
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.running.remove(process)
        self.write()

    def stop_all(self):
        for process in list(self.running):
            self.stop(process)

    def write(self):
        self.file.write_text("".join(f"{p.pid} {birth(p.pid)}\n" for p in self.running))


def birth(pid):
    """When a process began; a number alone may be anybody's by now."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None


def refuse_taken(port, who):
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            fail(f"port {port} is taken, and {who} needs it; end the program that listens there (ss -ltnp).")


def wait_until_it_answers(url, process, log, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    tail = "\n".join(Path(log).read_text(errors="replace").splitlines()[-15:])
    fail(f"{url} does not answer; the end of {log}:\n{tail}")


# ------------------------------------------------------------------------------------------- app

class App:
    """The release, in development mode for its login, with the log of production."""

    def __init__(self, processes, binary, cluster, database, port, folder):
        self.processes, self.binary, self.database, self.port = processes, binary, database, port
        self.cluster, self.process = cluster, None
        self.base, self.log = f"http://127.0.0.1:{port}", folder / f"{database}.log"

    def env(self, port):
        return {"PATH": os.environ["PATH"], "DATABASE_URL": self.cluster.url(self.database),
                "DATABASE_MAX_CONNECTIONS": "16", "PORT": str(port), "BIND_ADDRESS": "127.0.0.1",
                "API_URL": f"http://127.0.0.1:{port}", "APP_ENV": "development", "DEV_LOGIN": "true",
                "LOG_FORMAT": "json", "LOG_LEVEL": "info"}

    def start(self):
        refuse_taken(self.port, "the app")
        self.log.write_bytes(b"")
        self.process = self.processes.start([self.binary], self.log, self.env(self.port))
        wait_until_it_answers(self.base + "/health/ready", self.process, self.log)

    def stop(self):
        if self.process:
            self.processes.stop(self.process)
            self.process = None

    def restart(self):
        self.stop()
        self.start()

    def seed(self, learners):
        """Fills its database; millions of rows are kept for the next run while nothing changed."""
        mark = f"{learners} learners, {digest([HERE / 'seed.sql', *(HERE.parent / 'migrations').iterdir()])}"
        known = self.cluster.admin("SELECT shobj_description(oid, 'pg_database') FROM pg_database "
                                   f"WHERE datname = '{self.database}'")
        if learners < 100_000 or known != mark:
            print(f"seeding {self.database} with {learners} learners", file=sys.stderr)
            self.cluster.remake(self.database)
            self.start()
            self.stop()
            seeded = run(["psql", "-X", "-q", "-v", f"learners={learners}", "-f", HERE / "seed.sql",
                          self.cluster.url(self.database)], "seeding")
            print(seeded.strip(), file=sys.stderr)
            self.cluster.admin(f"COMMENT ON DATABASE {self.database} IS '{mark}'")
        self.start()

    def target(self, name="app", **more):
        return {"name": name, "base": self.base, "login": "/?moodle_user_id={user}", "expect": "<progress",
                "post_path": "/grains/{grain}/completion", **more}


# ----------------------------------------------------------------------------------------- peers

class Peers:
    """The programs of the folder PEERS, built in a copy of it."""

    def __init__(self, source, folder, cluster):
        self.folder, self.source, self.cluster = folder / "peers", folder / "peers" / "source", cluster
        self.env = os.environ | {"PEERS_DIR": str(self.folder), "DATABASE_URL": cluster.url("peers")}
        files = [path for path in sorted(source.rglob("*"))
                 if path.is_file() and not {"node_modules", "target", "__pycache__"} & set(path.parts)]
        mark, built = digest(files), self.folder / "built"
        if built.exists() and built.read_text() == mark:
            return
        print("building the peers (minutes)", file=sys.stderr)
        shutil.rmtree(self.source, ignore_errors=True)
        for path in files:
            copy = self.source / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            copy.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
        self.script("build")
        built.write_text(mark)

    def script(self, *arguments):
        return run([self.source / "peers.sh", *arguments], f"peers.sh {arguments[0]}", env=self.env)

    def seed(self, learners):
        print(f"seeding the peers with {learners} learners", file=sys.stderr)
        self.cluster.remake("peers")
        self.script("seed", learners)

    def start(self):
        self.stop()
        for name, port in PEER_PORTS.items():
            refuse_taken(port, f"the peer {name}")
        self.script("up")

    def stop(self):
        """Ends those that run from this folder, politely first."""
        for number in [signal.SIGINT] + 50 * [0] + [signal.SIGKILL]:
            pids = self.running()
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            if not pids:
                break
            time.sleep(0.1)
        for file in self.folder.glob("*.pid"):
            file.unlink()

    def running(self):
        """Processes whose program, or whose script, stands in this folder."""
        ours, found = str(self.folder).encode() + b"/", []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    if any(word.startswith(ours) and not word.endswith(b".sh") for word in words[:2]):
                        found.append(int(entry.name))
        return found


def digest(files):
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(file.name.encode() + b"\0" + file.read_bytes())
    return total.hexdigest()[:16]
