"""Clients that send too slowly, or nothing; and a lecture hall at once."""

import multiprocessing
import resource
import socket
import threading
import time

from cluster import wait_until
from load import Learner
from stage import Stage

POST = "POST /lti/launch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nstate="
HEAD_TIME_LIMIT = 75
# Processes that the crowd comes from.
HALLS = 4


def slow(stage: Stage, size) -> list[str]:
    """Idle connections, heads that come letter by letter, bodies that never end: the others go on learning."""
    site = stage.site()
    before = site.memory()
    number = size(900, 10_000)
    # The kernel counts both ends of a connection.
    wanted = number + 500
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0]), hard))
    idle = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(number)]
    drips = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(100)]
    bodies = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(100)]
    began = time.monotonic()
    for each in bodies:
        each.sendall(POST.encode())
    ended = threading.Event()
    threading.Thread(target=drip, args=(drips, ended), daemon=True).start()
    load = stage.load(size(8, 20))
    load.start()
    try:
        wait_until(lambda: load.count() >= size(100, 1_000) or load.faults, "people learn meanwhile")
        held = site.memory()
        for each in bodies:
            each.settimeout(20)
        unanswered = sum(not each.recv(64).startswith(b"HTTP/1.1 503") for each in bodies)
        let_go = closed_after(idle + drips, began) if size(False, True) else None
    finally:
        load.stop()
        ended.set()
        for each in idle + drips + bodies:
            each.close()
    stage.details.append(
        f"{number} idle connections, 100 heads letter by letter, 100 bodies without an end: {before} MB before, {held} MB with them; "
        f"slowest launch {max(load.launches):.2f} s" + (f"; all let go after {let_go:.0f} s" if let_go else "")
    )
    faults = [f"{unanswered} bodies that never end were not answered"] if unanswered else []
    if held - before > 30 + number // 50:
        faults.append(f"memory grew from {before} to {held} MB")
    return faults + stage.faults(load)


def drip(streams: list, ended: threading.Event) -> None:
    """The first line of a request, a letter every second."""
    for letter in "GET / HTTP/1.1\r\nX-Slow: " + "x" * 1_000:
        for each in streams:
            try:
                each.sendall(letter.encode())
            except OSError:
                pass
        if ended.wait(1):
            return


def closed_after(streams: list, began: float) -> float:
    """How long it took until the site let all of them go."""
    for each in streams:
        each.settimeout(HEAD_TIME_LIMIT + 15)
        try:
            while each.recv(1_024):
                pass
        except ConnectionResetError:
            pass
    return time.monotonic() - began


def crowd(stage: Stage, size) -> list[str]:
    """A lecture hall: everybody launches at once; nobody is turned away for good."""
    site = stage.site()
    before = site.memory()
    number = size(200, 2_000)
    load = stage.load(0)
    # Threads of one Python take turns: some processes, so that it is not the clients who are late.
    context = multiprocessing.get_context("fork")
    gate, results = context.Barrier(HALLS + 1), context.Queue()
    halls = [context.Process(target=hall, args=(load, gate, results, range(n, number, HALLS))) for n in range(HALLS)]
    for each in halls:
        each.start()
    gate.wait()
    began = time.monotonic()
    for _ in halls:
        launches, acknowledged, faults, unanswered = results.get(timeout=300)
        load.launches += launches
        load.acknowledged += acknowledged
        load.faults += faults
        load.unanswered += unanswered
    took = time.monotonic() - began
    held = site.memory()
    stage.details.append(
        f"{number} launches at once in {took:.1f} s, {load.unanswered} of their requests made again, "
        f"slowest {max(load.launches, default=0):.1f} s; {before} MB before, {held} MB after"
    )
    faults = [] if len(load.launches) == number else [f"{number - len(load.launches)} learners were locked out"]
    if held - before > 100:
        faults.append(f"memory grew from {before} to {held} MB")
    return faults + stage.faults(load)


def hall(load, gate, results, numbers: range) -> None:
    """A part of the crowd, in a process of its own."""
    inner = threading.Barrier(len(numbers) + 1)
    threading.stack_size(256 * 1_024)
    threads = [threading.Thread(target=come, args=(load, inner, n), daemon=True) for n in numbers]
    for each in threads:
        each.start()
    gate.wait()
    inner.wait()
    for each in threads:
        each.join(280)
    results.put((load.launches, load.acknowledged, load.faults, load.unanswered))


def come(load, gate: threading.Barrier, number: int) -> None:
    learner = Learner(load, f"crowd-{number}")
    gate.wait()
    load.insist(learner, lambda: learner.finish("grain1"))
