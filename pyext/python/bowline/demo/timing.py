"""The demo's timings: reads of fields beside reads of `__slots__` attributes."""

from __future__ import annotations

import timeit
from typing import Any

from .layout import Add, Var
from .report import Report


class Slotted:
    """The rival: an ordinary Python object."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x


def nanoseconds(statement: str, **names: Any) -> float:
    """Return the time of a statement: the best of several runs, without the loop's own."""

    def best(statement: str, loops: int = 20_000) -> float:
        return min(timeit.repeat(";".join([statement] * 10), globals=names, number=loops, repeat=7)) / (10 * loops)

    best(statement, 1_000)
    return max(best(statement) - best("a"), 0.0) * 1e9


def run(report: Report) -> None:
    """Measure and print. No claim is made of times: machines differ, and are busy."""
    i = Var("i")
    for text, time in [
        ("a.x, a `__slots__` attribute", nanoseconds("a.x", a=Slotted(Slotted(None)))),
        ("a.a, a field whose wrapper is alive", nanoseconds("a.a", a=Add(i, i))),
        ("a.a, a field whose wrapper is dropped after each read", nanoseconds("a.a", a=Add(Var("i"), Var("j")))),
        ("a.name, a short string", nanoseconds("a.name", a=i)),
    ]:
        report.line(f"{time:7.1f} ns  {text}")
