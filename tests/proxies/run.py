"""Runs deploy/nginx.conf and deploy/Caddyfile before a stand-in of the site, sends what a browser and a
platform send, and looks for a handle, a ticket or a token in everything they wrote.

    run.py [--nginx PROGRAM] [--caddy PROGRAM]

Each request is one result for each proxy, and a proxy that is not given one that is skipped; ends with
« proxies: N passed, N failed, N skipped ».
"""

import argparse
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
HOST = "cours.example.org"
SECRET = "hush-4f1c9a7e0b"

# What is asked, the status expected, and the path that the log has to show. The last is asked when the
# site has stopped.
REQUESTS = {
    "a page in a frame": ("GET /s/SECRET/grains/grain8?finished=SECRET", 200, "/grains/grain8"),
    "the home of a frame": ("GET /s/SECRET/", 200, "/s/"),
    "a handle alone": ("GET /s/SECRET", 200, "/s/"),
    "a doubled slash": ("GET //s/SECRET/modules/module1", 200, "/modules/module1"),
    "a finished grain": ("POST /s/SECRET/grains/grain8/completion", 303, "/grains/grain8/completion"),
    "a ticket": ("GET /e/SECRET", 303, "/e/"),
    "a signed token": ("GET /embed?token=SECRET", 303, "/embed"),
    "a login": ("GET /lti/login?login_hint=SECRET", 200, "/lti/login"),
    "a registration": ("GET /lti/registration?registration_token=SECRET", 200, "/lti/registration"),
    "a whole address": (f"GET http://{HOST}/s/SECRET/sequences/sequence1", 200, "/sequences/sequence1"),
    "a page of a tab": ("GET /grains/grain2", 200, "/grains/grain2"),
    "an answer that breaks off": ("GET /s/SECRET/broken", 502, "/broken"),
    "a site that is gone": ("GET /s/SECRET/gone", 502, "/gone"),
}
# Refused before they reach the site; a complaint about them must not repeat them either.
REFUSED = {
    "a request without a host": "GET /s/SECRET/ HTTP/1.1\r\nConnection: close\r\n\r\n",
    "a control character": "GET /s/SECRET/\x01 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
    "a version that does not exist": "GET /s/SECRET/ HTTP/7.7\r\nHost: {host}\r\nConnection: close\r\n\r\n",
    "a body that is too long": "POST /s/SECRET/api/progress HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99999999\r\n"
    "Connection: close\r\n\r\n",
}


class Site(BaseHTTPRequestHandler):
    """Answers as the site does, with handles in Location and in cookies."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        if self.path.endswith("/broken"):
            self.close_connection = True
            return
        moves = self.command == "POST" or self.path.startswith(("/e/", "/embed"))
        self.send_response(303 if moves else 200)
        if moves:
            self.send_header("Location", f"/s/{SECRET}/")
        self.send_header("Set-Cookie", f"__Host-frame={SECRET}; Secure")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Proxy:
    """One proxy, running; everything that it writes is below its folder."""

    def __init__(self, name: str, folder: Path, command: list[str], environment: dict[str, str], port: int, tls: bool):
        self.name, self.folder, self.port, self.tls = name, folder, port, tls
        self.told: set[str] = set()
        self.host = HOST if tls else f"localhost:{port}"
        output = (folder / "output.log").open("w")
        self.process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output)
        for _ in range(500):
            if self.process.poll() is not None:
                sys.exit(f"{name} did not start:\n{self.written()}")
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                time.sleep(0.02)
        sys.exit(f"{name} does not listen:\n{self.written()}")

    def send(self, text: str) -> int:
        """Sends a request; returns the status of the answer, 0 without one."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        if self.tls:
            context = ssl._create_unverified_context()  # noqa: S323 (made for this test)
            connection = context.wrap_socket(connection, server_hostname=HOST)
        with connection:
            connection.sendall(text.replace("SECRET", SECRET).encode())
            answer = connection.recv(4096)
        found = re.match(rb"HTTP/\S+ (\d+)", answer)
        return int(found[1]) if found else 0

    def ask(self, line: str) -> int:
        origin = f"https://{HOST}"
        length = "Content-Length: 0\r\n" if line.startswith("POST") else ""
        return self.send(
            f"{line} HTTP/1.1\r\nHost: {self.host}\r\nReferer: {origin}/s/SECRET/\r\nOrigin: {origin}\r\n{length}"
            f"Cookie: __Host-frame=SECRET\r\nAuthorization: Bearer SECRET\r\nConnection: close\r\n\r\n"
        )

    def written(self) -> str:
        logs = sorted(self.folder.glob("**/*.log"))
        return "".join(log.read_text(errors="replace") for log in logs)

    def written_with(self, words: str) -> str:
        """What it wrote, once it holds these words; a line may come after its answer."""
        text = self.written()
        for _ in range(100):
            if words in text:
                break
            time.sleep(0.02)
            text = self.written()
        return text

    def leak(self) -> str:
        """The first line with a secret that was not told yet."""
        lines = [line for line in self.written().splitlines() if SECRET in line and line not in self.told]
        self.told.update(lines)
        return f"it is written: {lines[0]}" if lines else ""

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


def nginx(program: str, folder: Path, site: int) -> Proxy:
    plain, tls = free_port(), free_port()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={HOST}"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    text = (DEPLOY / "nginx.conf").read_text()
    for pattern, value in (
        (r"(?m)^.*listen \[::\].*\n", ""),
        (r"listen 80;", f"listen 127.0.0.1:{plain};"),
        (r"listen 443 ", f"listen 127.0.0.1:{tls} "),
        (r"127\.0\.0\.1:3000", f"127.0.0.1:{site}"),
        (r"/etc/letsencrypt/\S+/fullchain\.pem", str(certificate)),
        (r"/etc/letsencrypt/\S+/privkey\.pem", str(key)),
        (r"/var/log/nginx", str(folder)),
    ):
        text, count = re.subn(pattern, value, text)
        if not count:
            sys.exit(f"deploy/nginx.conf has no {pattern}")
    (folder / "site.conf").write_text(text)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    # As Debian's nginx.conf does: its own logs, which the example has to keep the requests out of.
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/main-error.log; events {{}}\n"
        f"http {{ access_log {folder}/main.log; {temporary} include {folder}/site.conf; }}\n"
    )
    return Proxy("nginx", folder, [program, "-p", str(folder), "-c", str(folder / "nginx.conf")], {}, tls, tls=True)


def caddy(program: str, folder: Path, site: int) -> Proxy:
    port = free_port()
    # Without its administration, whose port somebody else may hold.
    text, count = re.subn(r"(?m)^\{\n", "{\n\tadmin off\n", (DEPLOY / "Caddyfile").read_text(), count=1)
    if not count:
        sys.exit("deploy/Caddyfile has no global options")
    (folder / "Caddyfile").write_text(text)
    environment = {
        "SITE_HOST": f"http://localhost:{port}", "SITE_UPSTREAM": f"127.0.0.1:{site}",
        "DIRECTUS_HOST": f"http://localhost:{free_port()}", "ACME_EMAIL": "nobody@example.org",
        "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
    }  # fmt: skip
    command = [program, "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return Proxy("caddy", folder, command, environment, port, tls=False)


class Results:
    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0

    def add(self, what: str, fault: str) -> None:
        if fault:
            self.failed += 1
            print(f"FAILED {what}: {fault}")
        else:
            self.passed += 1


def check(proxy: Proxy, site: ThreadingHTTPServer, results: Results) -> None:
    for what, (line, expected, path) in REQUESTS.items():
        if line.endswith("/gone"):
            site.shutdown()
            site.server_close()
        status = proxy.ask(line)
        written = proxy.written_with(path)
        fault = proxy.leak()
        if status != expected:
            fault = fault or f"answered {status}, not {expected}"
        if path not in written:
            fault = fault or f"no line shows {path}"
        results.add(f"{proxy.name}, {what}", fault)
    for what, text in REFUSED.items():
        proxy.send(text.format(host=proxy.host) if "{host}" in text else text)
        results.add(f"{proxy.name}, {what}", proxy.leak())


def main() -> None:
    parser = argparse.ArgumentParser()
    makers = {"nginx": nginx, "caddy": caddy}
    for name in makers:
        parser.add_argument(f"--{name}")
    arguments = vars(parser.parse_args())
    results = Results()
    for name, make in makers.items():
        if not arguments[name]:
            results.skipped += 1
            continue
        site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
        threading.Thread(target=site.serve_forever, daemon=True).start()
        with tempfile.TemporaryDirectory(prefix="mini-site-proxy-") as folder:
            Path(folder).chmod(0o755)
            proxy = make(arguments[name], Path(folder), site.server_address[1])
            try:
                check(proxy, site, results)
            finally:
                proxy.stop()
            results.add(f"{name}, its last words", proxy.leak())
    print(f"proxies: {results.passed} passed, {results.failed} failed, {results.skipped} skipped")
    sys.exit(results.failed > 0)


if __name__ == "__main__":
    main()
