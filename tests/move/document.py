"""Reads the commands of docs/MIGRATION_BDD.md: the fences that follow a comment « essai »."""

import re
from dataclasses import dataclass
from pathlib import Path

MARK = re.compile(r"^<!-- essai( à la main)? : (\w+) -->$")


@dataclass
class Step:
    place: str  # ancien, nouveau, or bascule, which has no command
    by_hand: bool
    line: int
    commands: str


def read(path: Path) -> list[Step]:
    lines = path.read_text(encoding="utf-8").splitlines()
    steps = []
    for number, line in enumerate(lines):
        mark = MARK.match(line)
        if not mark:
            continue
        by_hand, place = bool(mark[1]), mark[2]
        commands = ""
        if place != "bascule":
            if lines[number + 1] != "```sh":
                raise SystemExit(f"{path}:{number + 2}: a fence ```sh is expected after « essai »")
            end = lines.index("```", number + 2)
            commands = "\n".join(lines[number + 2 : end]) + "\n"
        steps.append(Step(place, by_hand, number + 2, commands))
    return steps


def procedure(steps: list[Step], by_hand: bool) -> list[Step]:
    """The steps to take; by hand, one of them stands for reading-only, dump, restore and comparison."""
    if not by_hand:
        return [step for step in steps if not step.by_hand]
    manual = [step for step in steps if step.by_hand]
    taken = []
    for step in steps:
        if step.by_hand:
            continue
        if "rehearse" in step.commands or "repetition" in step.commands:
            continue
        if "read-only on" in step.commands:
            taken += manual
        elif "mini-site restore" not in step.commands:
            taken.append(step)
    return taken
