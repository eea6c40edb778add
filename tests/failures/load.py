"""Learners who come by LTI and finish one grain after the other, and remember what was acknowledged."""

import http.client
import re
import threading
import time
from urllib.parse import parse_qs, urlencode, urlsplit

from moodle import CLIENT, Moodle

GRAINS = 29
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Busy(Exception):
    """An answer that says « a little later », and when."""


class Refused(Exception):
    """An answer that a learner must never get."""


class Load:
    """`ports` are taken in turn, as a balancer does, and another one when there is no answer."""

    def __init__(self, moodle: Moodle, ports: list[int], public: int, people: int, name: str = "learner"):
        self.moodle, self.ports, self.public = moodle, ports, public
        self.stopped, self.lock = threading.Event(), threading.Lock()
        self.acknowledged: list[tuple[float, str, str]] = []
        self.launches: list[float] = []
        self.faults: list[str] = []
        self.unanswered = 0
        # Those of them that were told « a little later »; the others had no answer.
        self.told_later = 0
        self.threads = [threading.Thread(target=self.live, args=(f"{name}-{n}",), daemon=True) for n in range(people)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join(30)

    def live(self, name: str) -> None:
        turn = 0
        while not self.stopped.is_set():
            learner = Learner(self, f"{name}-{turn}")
            turn += 1
            for grain in range(1, GRAINS + 1):
                if not self.insist(learner, lambda: learner.finish(f"grain{grain}")):
                    return

    def insist(self, learner, act) -> bool:
        """Again until it is done; false when the load ends before."""
        while not self.stopped.is_set():
            try:
                if learner.root is None:
                    learner.launch()
                act()
                return True
            except (Busy, OSError, http.client.HTTPException) as error:
                learner.turn += 1
                with self.lock:
                    self.unanswered += 1
                    self.told_later += isinstance(error, Busy)
                # A session may go on with ten posts a second.
                time.sleep(0.1)
            except Refused as error:
                with self.lock:
                    self.faults.append(f"{learner.name}: {error}")
                return False
        return False

    def count(self) -> int:
        with self.lock:
            return len(self.acknowledged)

    def longest_pause(self) -> float:
        times = sorted(at for at, _, _ in self.acknowledged)
        return max((later - earlier for earlier, later in zip(times, times[1:])), default=0.0)


class Learner:
    def __init__(self, load: Load, name: str):
        self.load, self.name = load, name
        self.root, self.cookies, self.turn = None, {}, hash(name)

    def ask(self, method: str, path: str, headers: dict | None = None, body: str | None = None, timeout: float = 15):
        port = self.load.ports[self.turn % len(self.load.ports)]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        host = {"Host": f"localhost:{self.load.public}"}
        try:
            connection.request(method, path, body, {**host, **cookies, **(headers or {})})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status == 503:
            if "Retry-After" not in answer.headers:
                raise Refused(f"{method} {path}: 503 that does not say when to come back")
            raise Busy
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer, text

    def launch(self) -> None:
        moodle, target = self.load.moodle, f"http://localhost:{self.load.public}/"
        began = time.monotonic()
        hints = {"iss": moodle.origin, "client_id": CLIENT, "login_hint": self.name, "target_link_uri": target}
        answer, text = self.ask("GET", f"/lti/login?{urlencode(hints)}")
        if answer.status != 303:
            raise Refused(f"login: {answer.status} {shown(text)}")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
        form = {"state": asked["state"], "id_token": moodle.token(self.name, asked["nonce"], target)}
        answer, text = self.ask("POST", "/lti/launch", {**FORM, "Origin": moodle.origin}, urlencode(form))
        if answer.status != 303:
            raise Refused(f"launch: {answer.status} {shown(text)}")
        answer, text = self.ask("GET", urlsplit(answer.headers["Location"]).path)
        found = re.search(r'content="0;url=(/s/[^/"]+)', text)
        if not found:
            raise Refused(f"entry: {answer.status} {shown(text)}")
        self.root = found[1]
        with self.load.lock:
            self.load.launches.append(time.monotonic() - began)

    def finish(self, grain: str) -> None:
        answer, text = self.ask("POST", f"{self.root}/grains/{grain}/completion", {"Sec-Fetch-Site": "same-origin"})
        if answer.status != 303:
            raise Refused(f"completion: {answer.status} {shown(text)}")
        with self.load.lock:
            self.load.acknowledged.append((time.monotonic(), self.name, grain))

    def read(self, grain: str, is_done: bool) -> None:
        """The page of a grain, which says whether it is finished."""
        answer, text = self.ask("GET", f"{self.root}/grains/{grain}")
        if answer.status != 200 or ("Vous avez terminé ce grain" in text) != is_done:
            raise Refused(f"{grain}, {'' if is_done else 'not '}finished: {answer.status} {shown(text)}")


def shown(text: str) -> str:
    main = re.search(r"<main.*?</main>", text, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", main[0] if main else text).split())[:200]
