"""Something is killed with `kill -9`, at random moments, while people learn."""

import random

from cluster import wait_until
from stage import Stage


def program(stage: Stage, size) -> list[str]:
    site = stage.site()
    load = stage.load(size(12, 30))
    return kill_again(stage, load, size(5, 50), site.kill, site.start)


def postgres(stage: Stage, size) -> list[str]:
    site = stage.site()
    load = stage.load(size(12, 30))

    def start() -> float:
        stage.cluster.start()
        return site.until_ready()

    return kill_again(stage, load, size(2, 20), stage.cluster.kill, start)


def one_of_two(stage: Stage, size) -> list[str]:
    """Two instances behind a balancer: one dies, the other goes on; then the other way round."""
    first, second = stage.site(), stage.site()
    load = stage.load(size(12, 30))
    dead = [first]

    def kill() -> None:
        dead.append(second if dead[-1] is first else first)
        dead[-1].kill()

    return kill_again(stage, load, size(3, 20), kill, lambda: dead[-1].start())


def kill_again(stage: Stage, load, kills: int, kill, start) -> list[str]:
    load.start()
    slowest = 0.0
    try:
        for _ in range(kills):
            target = load.count() + random.randrange(20, 120)
            wait_until(lambda: load.count() > target or load.faults, "completions go on")
            kill()
            slowest = max(slowest, start())
        target = load.count() + 50
        wait_until(lambda: load.count() > target or load.faults, "completions go on in the end")
    finally:
        load.stop()
    stage.details.append(f"{kills} times, ready again after {slowest:.2f} s at most")
    return stage.faults(load)
