"""The demo's threads: they share nodes, while wrappers are dropped, collected and fetched again."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from typing import Any

import bowline

from .layout import Add, Cell, Layout, Var, make
from .report import Report

THREADS = 4


class Tally:
    """What the threads saw."""

    def __init__(self) -> None:
        self.reads = 0
        self.stores = 0
        self.strangers = 0
        self.addresses: set[int] = set()
        self.errors: list[BaseException] = []
        self.lock = threading.Lock()


def _read(layout: Layout, cell: Cell, tally: Tally, until: float) -> None:
    reads = stores = strangers = 0
    addresses = set()
    while time.monotonic() < until:
        for _ in range(200):
            # Nothing else holds these wrappers: between two rounds they die, unless another thread reads them.
            offset = layout.offset
            a = offset.a
            if a is not layout.axes[0] or a is not offset.a or offset is not layout.offset:
                strangers += 1
            addresses.add(id(a))
            del a, offset
            value = cell.value
            if not isinstance(value, Var):
                strangers += 1
            reads += 7
        cell.value = Var("new")
        held = Add(layout.axes[0], layout.axes[1])
        if held.a is not layout.offset.a:
            strangers += 1
        stores += 1
    with tally.lock:
        tally.reads += reads
        tally.stores += stores
        tally.strangers += strangers
        tally.addresses |= addresses


def run(report: Report, seconds: float) -> None:
    """Let the threads run for a while, with the collector running beside them."""
    layout, cell, tally = make(), Cell(Var("first")), Tally()
    before = id(layout.offset.a)
    revivals = bowline.stats()["revivals"]
    until = time.monotonic() + seconds
    rounds = _run_all(lambda: _read(layout, cell, tally, until), tally, until)
    for error in tally.errors:
        report.line(f"a thread raised {error!r}")
    report.line(
        f"{THREADS} threads, {seconds:g} s: {tally.reads:,} reads, {tally.stores:,} stores, {rounds:,} collections, "
        f"{bowline.stats()['revivals'] - revivals:,} wrappers revived"
    )
    report.claim("no thread raised anything", not tally.errors)
    report.claim(f"no thread ever saw a second wrapper of a living one ({tally.strangers} seen)", tally.strangers == 0)
    report.claim("every thread saw the variable at one and the same address", tally.addresses == {before})


def _run_all(work: Callable[[], None], tally: Tally, until: float) -> int:
    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            tally.errors.append(error)

    threads: list[Any] = [threading.Thread(target=guarded) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    rounds = 0
    while time.monotonic() < until:
        gc.collect()
        rounds += 1
        time.sleep(0.002)
    for thread in threads:
        thread.join()
    return rounds
