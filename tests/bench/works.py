"""What is timed, for any system.

A system is a module with ``Leaf(n)``, ``Node(x, y, n)``, ``Root(a)``, ``array(items)``, ``echo(v)``, ``nop()``,
``apply(f, v)``; a work is a statement, repeated so that the loop around it hardly counts, and the names that it uses.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

UNROLLED = 20
ELEMENTS = 200


class Work(NamedTuple):
    """One statement: its text, its names for a system, and how many operations it is."""

    statement: str
    names: Callable[[ModuleType], dict[str, Any]]
    operations: int = 1


def _node(system: ModuleType) -> Any:
    return system.Node(system.Leaf(1), system.Leaf(2), 3)


def _live(system: ModuleType) -> dict[str, Any]:
    a = _node(system)
    return {"a": a, "x": a.x, "y": a.y}


def _dropped(system: ModuleType) -> dict[str, Any]:
    return {"a": _node(system)}


def _rich_live(system: ModuleType) -> dict[str, Any]:
    a = system.rich_node()
    return {"a": a, "x": a.x}


def _rich_dropped(system: ModuleType) -> dict[str, Any]:
    return {"a": system.rich_node()}


def _chained(system: ModuleType) -> dict[str, Any]:
    return {"r": system.Root(_node(system))}


def _call(system: ModuleType) -> dict[str, Any]:
    return {"f": lambda value: None, "v": system.Leaf(1)} | {
        name: getattr(system, name) for name in ("echo", "nop", "apply")
    }


def _array(system: ModuleType) -> dict[str, Any]:
    items = [system.Leaf(n) for n in range(ELEMENTS)]
    return {"items": items, "array": system.array(items)}


def _construct(system: ModuleType) -> dict[str, Any]:
    return {"Node": system.Node, "x": system.Leaf(1), "y": system.Leaf(2)}


WORKS = {
    "live read": Work("a.x", _live),
    "dropped read": Work("a.x", _dropped),
    "rich live read": Work("a.x", _rich_live),
    "rich dropped read": Work("a.x", _rich_dropped),
    "chained read": Work("r.a.x", _chained, 2),
    "int read": Work("a.n", _live),
    "echo": Work("echo(v)", _call),
    "no-argument call": Work("nop()", _call),
    "callback": Work("apply(f, v)", _call),
    "index": Work("array[3]", _array),
    "iteration": Work("for _ in array: pass", _array, ELEMENTS),
    "construct": Work("Node(x, y, 1)", _construct),
    "method": Work("a.m()", _live),
}


# Loops after which the interpreter has specialised what runs.
WARM = 200


def prepared(name: str, system: ModuleType) -> tuple[Callable[[int], None], int]:
    """Return ``run(loops)`` for a work and how many operations a loop is. AttributeError if the system cannot."""
    work = WORKS[name]
    names = work.names(system)
    times = UNROLLED if work.operations < ELEMENTS else 1
    lines = [f"def run(loops, {', '.join(names)}):", "    for _loop in range(loops):"]
    lines += [f"        {work.statement}"] * times
    scope: dict[str, Any] = {}
    exec("\n".join(lines), scope)
    return lambda loops: scope["run"](loops, **names), times * work.operations


def timed(run: Callable[[int], None], loops: int) -> float:
    """Return the seconds of a run."""
    start = time.perf_counter()
    run(loops)
    return time.perf_counter() - start


def timed_threads(makers: list[Callable[[], Callable[[int], None]]], loops: int) -> float:
    """Return the seconds that several threads take together, from when all are ready.

    Each does the run that its maker gives, which the thread itself calls: what is made there is the thread's own, as
    free-threaded CPython counts it.
    """
    ready = threading.Barrier(len(makers) + 1)

    def thread(make: Callable[[], Callable[[int], None]]) -> None:
        run = make()
        run(WARM)
        ready.wait()
        run(loops)

    threads = [threading.Thread(target=thread, args=(make,)) for make in makers]
    for each in threads:
        each.start()
    ready.wait()
    start = time.perf_counter()
    for each in threads:
        each.join()
    return time.perf_counter() - start
