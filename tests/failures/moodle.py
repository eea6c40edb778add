"""A platform, as far as launches and grades need one: a key, tokens, a gradebook that remembers all it accepted."""

import base64
import hashlib
import json
import random
import secrets
import threading
import time
from collections import Counter
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
CLIENT, DEPLOYMENT = "failures", "1"
# PKCS #1 1.5: what stands before a SHA-256 that is signed.
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def is_prime(number: int) -> bool:
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        power = pow(random.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def prime() -> int:
    while True:
        number = secrets.randbits(1024) | (3 << 1022) | 1
        if (number - 1) % 65537 and is_prime(number):
            return number


class Key:
    """RS256, without a library."""

    def __init__(self):
        self.p, self.q = prime(), prime()
        self.n = self.p * self.q
        self.d = pow(65537, -1, (self.p - 1) * (self.q - 1))
        self.inverse = pow(self.q, -1, self.p)

    def jwks(self) -> dict:
        public = {"n": encode(self.n.to_bytes(256, "big")), "e": "AQAB"}
        return {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", **public}]}

    def sign(self, claims: dict) -> str:
        parts = [{"typ": "JWT", "alg": "RS256", "kid": "1"}, claims]
        signed = ".".join(encode(json.dumps(part).encode()) for part in parts)
        digest = DIGEST_INFO + hashlib.sha256(signed.encode()).digest()
        padded = int.from_bytes(b"\0\1" + b"\xff" * (253 - len(digest)) + b"\0" + digest, "big")
        return f"{signed}.{encode(self.power(padded).to_bytes(256, 'big'))}"

    def power(self, number: int) -> int:
        """`number ** d % n`, by the two primes apart: four times as fast."""
        one = pow(number, self.d % (self.p - 1), self.p)
        other = pow(number, self.d % (self.q - 1), self.q)
        return other + self.q * ((one - other) * self.inverse % self.p)


class Server(ThreadingHTTPServer):
    request_queue_size = 1_024

    def handle_error(self, request, client_address):
        """Who asked was killed meanwhile."""


class Moodle:
    def __init__(self, ahead_seconds: int = 0):
        self.key, self.ahead_seconds = Key(), ahead_seconds
        self.lock = threading.Lock()
        # Of each learner, the scores that were accepted, in their order: (timestamp, given).
        self.grades: dict[str, list[tuple[datetime, int]]] = {}
        # All that came, refused or not: (learner, timestamp, given).
        self.arrivals: list[tuple[str, datetime, int]] = []
        self.server = Server(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.origin = f"http://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()

    def registration(self) -> list[str]:
        places = {"--authorization-url": "/auth", "--token-url": "/token", "--jwks-url": "/keys"}
        names = {"--name": "Moodle", "--issuer": self.origin, "--client-id": CLIENT, "--deployment-id": DEPLOYMENT}
        options = {**names, **{name: self.origin + path for name, path in places.items()}}
        return ["lti", "add", *(word for option in options.items() for word in option)]

    def token(self, learner: str, nonce: str, target: str) -> str:
        now = int(time.time()) + self.ahead_seconds
        line_item = {"scope": [SCORE_SCOPE], "lineitem": f"{self.origin}/columns/1"}
        return self.key.sign({
            "iss": self.origin, "aud": CLIENT, "sub": learner, "nonce": nonce, "iat": now, "exp": now + 60,
            f"{CLAIM}deployment_id": DEPLOYMENT, f"{CLAIM}target_link_uri": target, f"{CLAIM}version": "1.3.0",
            f"{CLAIM}message_type": "LtiResourceLinkRequest", f"{CLAIM}resource_link": {"id": "1", "title": "Cours"},
            f"{CLAIM}roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            f"{CLAIM}context": {"id": "1", "title": "Classe"},
            "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": line_item,
        })  # fmt: skip

    def receive(self, score: dict) -> int:
        """The rules of Moodle: a score that is not newer is refused."""
        at = datetime.fromisoformat(score["timestamp"].replace("Z", "+00:00"))
        with self.lock:
            self.arrivals.append((score["userId"], at, score["scoreGiven"]))
            known = self.grades.setdefault(score["userId"], [])
            if known and at <= known[-1][0]:
                return 409
            known.append((at, score["scoreGiven"]))
            return 200

    def scores(self) -> dict[str, int]:
        """The grade that each learner sees."""
        with self.lock:
            return {learner: known[-1][1] for learner, known in self.grades.items()}

    def received(self) -> int:
        with self.lock:
            return len(self.arrivals)

    def doubled(self) -> list[str]:
        """Who was told one score twice, as of the same moment."""
        with self.lock:
            return [learner for (learner, *_), count in Counter(self.arrivals).items() if count > 1]

    def handler(self):
        moodle = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status: int, value) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.answer(200, moodle.key.jwks())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/token":
                    self.answer(200, {"access_token": "t", "token_type": "Bearer", "expires_in": 3600, "scope": SCORE_SCOPE})
                else:
                    self.answer(moodle.receive(json.loads(body)), "")

        return Handler
