"""What became of tests of tvm-ffi. It is compared with the table of those that are known not to pass.

As a plugin of pytest it notes outcomes in the file that OUTCOMES names. As a program it takes the table, that file, and
one with the exit code of each process.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

# Exit codes of pytest with which a process came to its end.
ENDED = ("0", "1", "2", "5")


def note(file: str, test: str, outcome: str) -> None:
    with open(os.environ["OUTCOMES"], "a", encoding="utf-8") as notes:
        notes.write(f"{Path(file).name}\t{test}\t{outcome}\n")


def pytest_runtest_logreport(report: Any) -> None:
    file, _, test = report.nodeid.partition("::")
    if report.failed or hasattr(report, "wasxfail"):
        note(file, test, "xfailed" if report.skipped else report.outcome)
    elif report.when == "call":
        note(file, test, report.outcome)


def pytest_collectreport(report: Any) -> None:
    if report.failed:
        # No test of it runs.
        note(report.nodeid, "*", "failed")


def rows(file: str) -> list[list[str]]:
    return [line.split("\t") for line in Path(file).read_text(encoding="utf-8").splitlines()]


def main(table: str, outcomes: str, ended: str) -> int:
    """Say what is not as the table has it; return the exit code."""
    known = {(file, test) for file, test, _ in rows(table)[1:]}
    found = {(file, test): outcome for file, test, outcome in rows(outcomes)}
    codes = dict(line.split() for line in Path(ended).read_text(encoding="utf-8").splitlines())
    failed = {one for one, outcome in found.items() if outcome == "failed"}
    wrong = [f"{file} ended with exit code {code}" for file, code in codes.items() if code not in ENDED]
    wrong += [f"{file}::{test} fails" for file, test in sorted(failed - known)]
    wrong += [f"{file}::{test} is in the table and passes" for file, test in sorted(known - failed) if found.get((file, test)) == "passed"]
    wrong += [f"{file}::{test} is in the table and not there" for file, test in sorted(known - set(found)) if file in codes]
    print(f"{sum(outcome == 'passed' for outcome in found.values())} pass, {len(failed)} are known not to")
    print("\n".join(wrong))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
