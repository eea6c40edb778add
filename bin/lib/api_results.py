"""Sums up a schemathesis report: an operation passes when none of the requests made to it fails."""

import json
import sys

report = json.load(open(sys.argv[1], encoding="utf-8"))
failed = {name for failure in report["failures"] for name in failure["operations"]}
failed |= {"an error"} if report["errors"] else set()
passed = max(report["operations"]["tested"] - len(failed), 0)
print(f"{report['test_cases']['generated']} requests to {report['operations']['tested']} operations")
print(f"api: {passed} passed, {len(failed)} failed")
