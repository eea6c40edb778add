"""Twenty learners who keep finishing grains, through one address, and remember what was acknowledged."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import threading
import time

from servers import Address

GRAINS = 29
PAUSE_SECONDS = 0.03
# After a refusal: an attempt may be two posts, and a session may go on with ten a second.
AGAIN_SECONDS = 0.2


def token(learner: str, secret: bytes) -> str:
    def encode(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": learner, "exp": int(time.time()) + 3600}]
    signed = ".".join(encode(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


class Traffic:
    def __init__(self, address: Address, secret: bytes, people: int = 20):
        self.address, self.secret = address, secret
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.acknowledged: list[tuple[float, str, str]] = []
        self.refusals = 0
        self.faults: list[str] = []
        self.readings = 0
        kinds = [Caller, Reader]
        self.threads = [threading.Thread(target=kinds[n % 2](self, n).live, daemon=True) for n in range(people)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(20)
            if thread.is_alive():
                self.faults.append("a learner does not stop")

    def note(self, learner: str, grain: str) -> None:
        with self.lock:
            self.acknowledged.append((time.monotonic(), learner, grain))

    def fault(self, text: str) -> None:
        with self.lock:
            self.faults.append(text)

    def count_since(self, moment: float) -> int:
        with self.lock:
            return sum(1 for at, _, _ in self.acknowledged if at > moment)

    def longest_pause(self) -> float:
        times = sorted(at for at, _, _ in self.acknowledged)
        return max((later - earlier for earlier, later in zip(times, times[1:])), default=0.0)


class Learner:
    """What both kinds do: one grain after the other, again until it is acknowledged."""

    def __init__(self, traffic: Traffic, number: int):
        self.traffic, self.number = traffic, number
        self.name, self.cookies = "", {}

    def live(self) -> None:
        turn = 0
        while not self.traffic.stopped.is_set():
            self.name, self.cookies = f"learner-{self.number}-{turn}", {}
            turn += 1
            try:
                self.take_the_course()
            except Exception as error:  # noqa: BLE001 - told, whatever it is
                self.traffic.fault(f"{self.name}: {type(error).__name__} {error}")
                return

    def take_the_course(self) -> None:
        for number in range(1, GRAINS + 1):
            while not self.finish(f"grain{number}"):
                if self.traffic.stopped.is_set():
                    return
                time.sleep(AGAIN_SECONDS)
            self.traffic.note(self.name, f"grain{number}")
            time.sleep(PAUSE_SECONDS)

    def ask(self, method: str, path: str, headers: dict, body: str | None = None):
        """The answer and its text; a connection of its own for each request, as after a change of address."""
        connection = http.client.HTTPConnection("localhost", self.traffic.address.port, timeout=15)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.request(method, path, body, {**headers, **({"Cookie": cookies} if cookies else {})})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer, text

    def refused(self, answer, text: str, what: str) -> None:
        """Counts the answer of read-only mode; what is neither that nor a busy site is a fault."""
        is_read_only = "lecture seule" in text and answer.headers["Retry-After"] == "120"
        if answer.status != 503 or not (is_read_only or answer.headers["Retry-After"] == "5"):
            self.traffic.fault(f"{what}: {answer.status} {text[:200]}")
        elif is_read_only:
            with self.traffic.lock:
                self.traffic.refusals += 1


class Caller(Learner):
    """Comes by the JSON API, with a signed token."""

    def finish(self, grain: str) -> bool:
        headers = {"Authorization": f"Bearer {token(self.name, self.traffic.secret)}", "Content-Type": "application/json"}
        answer, text = self.ask("POST", "/api/progress", headers, json.dumps({"grain_id": grain}))
        if answer.status in (200, 201):
            return True
        if answer.status == 401 and json.loads(text)["error"]["code"] == "no_profile":
            profile, text = self.ask("POST", "/api/auth/profile", headers, json.dumps({"moodle_user_id": self.name}))
            if profile.status not in (200, 201):
                self.refused(profile, text, "POST /api/auth/profile")
            return False
        self.refused(answer, text, "POST /api/progress")
        return False


class Reader(Learner):
    """Comes by a signed token in a frame, reads the page, presses the button."""

    root: str | None = None

    def take_the_course(self) -> None:
        self.root = None
        super().take_the_course()

    def open(self) -> None:
        """Opens a session; in read-only mode somebody new reads without one, and is told why.

        Unless the address changed in between: over there nothing is read-only any more.
        """
        target = self.traffic.address.target
        answer, text = self.ask("GET", f"/embed?token={token(self.name, self.traffic.secret)}", {})
        where = answer.headers["Location"] or ""
        if answer.status != 303:
            self.refused(answer, text, "GET /embed")
            return
        page, text = self.ask("GET", where, {})
        if page.status != 200:
            # A session opened a moment before the address changed is not on the other side.
            if page.status != 401:
                self.traffic.fault(f"GET {where[:4]}…: {page.status} {text[:200]}")
            return
        found = re.search(r'content="0;url=(/s/[^/"]+)', text)
        if found:
            self.root = found[1]
        elif "Lecture seule" not in text and target == self.traffic.address.target:
            self.traffic.fault("somebody new has no session, and no banner says why")

    def finish(self, grain: str) -> bool:
        if self.root is None:
            self.open()
            return False
        same = {"Sec-Fetch-Site": "same-origin"}
        page, text = self.ask("GET", f"{self.root}/grains/{grain}", same)
        if page.status == 401:
            self.root = None
            return False
        if page.status != 200:
            self.refused(page, text, "GET /grains/…")
            return False
        with self.traffic.lock:
            self.traffic.readings += 1
        answer, text = self.ask("POST", f"{self.root}/grains/{grain}/completion", same)
        if answer.status == 303:
            return True
        if answer.status == 401:
            self.root = None
            return False
        self.refused(answer, text, "POST /grains/…/completion")
        return False
