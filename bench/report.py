"""What was measured, said twice: on the terminal as it comes, and in a Markdown report."""
import os
import platform
import statistics
import subprocess
import time
from pathlib import Path


def spread(values, digits=0):
    """Median, lowest and highest."""
    middle, low, high = (f"{x:.{digits}f}" for x in (statistics.median(values), min(values), max(values)))
    return f"{middle} [{low}–{high}]"


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def load():
    return f"load average {os.getloadavg()[0]:.1f}"


class Report:
    def __init__(self, path, root, command, facts):
        self.path, self.sections, self.goals, self.missing = Path(path), [], [], []
        self.head = [
            "# What `bin/bench` measured", "",
            f"- date: {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC",
            f"- commit: {commit(root)}",
            f"- command: `{command}`",
            f"- machine: {machine()}; {load()} at the start",
        ] + [f"- {fact}" for fact in facts]

    def section(self, title, text):
        """One part that is done; the report is on the disk before the next begins."""
        print(f"\n{title}\n\n{text}", flush=True)
        self.sections.append(f"## {title}\n\n{text}\n\nAt the end of it: {load()}.")
        self.write()

    def goal(self, name, value, wanted, unit="", most=False, digits=2):
        """Notes a goal: at least `wanted`, or at most when `most`."""
        met = value <= wanted if most else value >= wanted
        sign = "≤" if most else "≥"
        if wanted:
            gap = f"{abs(value / wanted - 1) * 100:.0f} %"
        else:
            gap = f"{abs(value - wanted):.{digits}f}{unit}"
        self.goals.append((name, f"{value:.{digits}f}{unit}", f"{sign} {wanted:g}{unit}",
                           f"met, {gap} to spare" if met else f"**missed by {gap}**"))

    def unmeasured(self, name, why):
        self.goals.append((name, "–", "–", f"**not measured**: {why}"))

    def verdict(self):
        return table(["goal", "measured", "wanted", ""], self.goals) if self.goals else "Nothing was measured."

    def write(self):
        parts = ["\n".join(self.head), "## Goals\n\n" + self.verdict(), *self.sections]
        self.path.write_text("\n\n".join(parts) + "\n")


def commit(root):
    def git(*arguments):
        return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True).stdout.strip()

    name = git("rev-parse", "--short", "HEAD") or "unknown"
    dirty = git("status", "--porcelain", "--", "src", "templates", "assets", "migrations", "Cargo.lock", "build.rs")
    return name + (" with uncommitted changes" if dirty else "")


def machine():
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024 / 1024
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Linux {platform.release()}"
