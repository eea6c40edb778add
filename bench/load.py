"""Requests and stopwatches of our own: what the peers' bench.py does not measure, and what stands in for it."""
import http.client
import json
import os
import re
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from servers import HERE, fail, group


def sign_in(app, users):
    """The cookies of these learners, one session each."""
    connection, cookies = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10), []
    for user in users:
        connection.request("GET", f"/?moodle_user_id={user}")
        answer = connection.getresponse()
        answer.read()
        if not answer.headers["Set-Cookie"]:
            fail(f"{user} could not sign in: status {answer.status}")
        cookies.append(answer.headers["Set-Cookie"].split(";")[0])
    connection.close()
    return cookies


def wrk(app, lines, connections, seconds, each_second=lambda: None):
    """Requests, METHOD TAB path TAB cookie, each sent by whichever connection is free."""
    threads = min(2, connections)
    with tempfile.NamedTemporaryFile("w", suffix=".requests") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "5s",
                   "-s", HERE / "requests.lua", app.base, "--", file.name, threads]
        with group(command) as process:
            while process.poll() is None:
                each_second()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(1)
            out = process.stdout.read()
    found = re.search(r"^RESULT (.*)$", out, re.M)
    if not found:
        fail(f"wrk ended without a result:\n{out}")
    result = json.loads(found[1])
    if result["errors"]:
        fail(f"{result['errors']} of {result['requests']} requests failed; {app.log} says why")
    result["rps"] = result["requests"] / (result["micros"] / 1e6)
    return result


def resident_mb(pid):
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Rss:\s+(\d+)", text, re.M)[1]) / 1024


def watch_memory(app, lines, connections, seconds):
    """Resident MB, once a second, while `connections` read pages."""
    samples = []

    def look():
        samples.append(resident_mb(app.process.pid))
        if app.log.stat().st_size > 100e6:
            os.truncate(app.log, 0)

    return samples, wrk(app, lines, connections, seconds, look)


def first_answer_ms(app, port):
    """From the start of a process to the first 200 on `/`, asked once a millisecond."""
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    started = time.perf_counter()
    process = app.processes.start([app.binary], app.log, app.env(port))
    while time.perf_counter() - started < 30:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(request)
                if connection.recv(64).startswith(b"HTTP/1.1 200 "):
                    elapsed = time.perf_counter() - started
                    app.processes.stop(process)
                    return 1000 * elapsed
        except OSError:
            pass
        time.sleep(0.001)
    return fail(f"no answer 30 s after the start; see {app.log}")
