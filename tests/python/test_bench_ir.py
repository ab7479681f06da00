"""The workload of tests/bench/ir. Every row runs, and does the same to objects of ours as to plain ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

IR = Path(__file__).parents[1] / "bench" / "ir"


def answers(system: str, rows: list[str]) -> tuple[list[str], dict[str, object]]:
    """Return the names of all rows, and what a system of these answers. The graph is small."""
    orders = "".join(json.dumps([row, 0.0]) + "\n" for row in rows)
    environment = os.environ | {"BENCH_IR_SYSTEM": system}
    command = [sys.executable, str(IR / "worker.py"), "400"]
    run = subprocess.run(command, input=orders, capture_output=True, text=True, env=environment, timeout=300)
    assert run.returncode == 0, run.stderr
    first, *found = map(json.loads, run.stdout.splitlines())
    assert all(nanoseconds > 0 for nanoseconds, _ in found)
    return first[1], dict(zip(rows, (agreed for _, agreed in found), strict=True))


@pytest.fixture(scope="module")
def plain() -> tuple[list[str], dict[str, object]]:
    rows, _ = answers("plain", [])
    return rows, answers("plain", rows)[1]


@pytest.mark.parametrize("system", ["bowline", "bowline mutable"])
def test_rows_agree(system: str, plain: tuple[list[str], dict[str, object]]) -> None:
    rows, expected = plain
    assert len(expected) == len(rows) > 30
    # What a row over a graph gives is no constant of nothing. It is true, or a number of nodes.
    assert expected["visit"] != expected["rewrite, all rebuilt"] and expected["rewrite, nothing changes"] == 0
    assert answers(system, rows)[1] == expected


def test_goals_are_of_rows(plain: tuple[list[str], dict[str, object]]) -> None:
    sys.path.insert(0, str(IR))
    try:
        import goals
    finally:
        sys.path.remove(str(IR))
    assert {*goals.PLAIN, *goals.TVM_FFI} <= {*plain[0]}
    assert goals.goal("visit", "plain", mutable=True) == 1.25 * 1.5
    assert goals.goal("x == y", "newest", mutable=False) == 1.0
