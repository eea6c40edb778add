"""What fails, fails under load, and nothing that was acknowledged is lost.

    run.py PROGRAM [SCENARIO…]

PROGRAM is the mini-site to use. FULL=1 takes the numbers of docs/FIABILITE.md in place of small ones.
Each scenario is one result; ends with « failures: N passed, N failed, N skipped ».
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import clients
import database
import kills
from disk import Skipped
from stage import Stage

SCENARIOS = {
    "program": kills.program, "postgres": kills.postgres, "instances": kills.one_of_two,
    "full": database.full, "cut": database.cut, "exhausted": database.exhausted, "replica": database.replica,
    "slow": clients.slow, "crowd": clients.crowd,
}  # fmt: skip


def size(small: int, full: int) -> int:
    return full if os.environ.get("FULL") == "1" else small


def programs() -> Path:
    """Where PostgreSQL's programs are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: int(each.parent.name))
    return found[-1] if found else Path(subprocess.check_output(["pg_config", "--bindir"], text=True).strip())


def main() -> None:
    program, *names = sys.argv[1:]
    program = str(Path(program).resolve())
    count = {"ok": 0, "FAILED": 0, "SKIPPED": 0}
    for name in names or SCENARIOS:
        began = time.monotonic()
        stage = Stage(program, programs())
        try:
            faults = SCENARIOS[name](stage, size)
            verdict = "FAILED" if faults else "ok"
        except SystemExit as error:
            verdict, faults = "FAILED", [str(error)]
        except Skipped as reason:
            verdict, faults = "SKIPPED", [str(reason)]
        finally:
            stage.end()
        count[verdict] += 1
        print(f"{verdict} {name} ({time.monotonic() - began:.0f} s): {'; '.join(stage.details)}", flush=True)
        for fault in faults:
            print(f"    {fault}", flush=True)
    print(f"failures: {count['ok']} passed, {count['FAILED']} failed, {count['SKIPPED']} skipped")
    sys.exit(count["FAILED"] > 0)


main()
