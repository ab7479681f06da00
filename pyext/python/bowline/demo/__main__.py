"""``python -m bowline.demo [--quick]``."""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import platform
import sys
import time

import bowline

from . import threads, timing, untied
from .layout import Add, Layout, Var, make, rewrite, sharing
from .report import Report


def main(arguments: list[str]) -> int:
    """Run everything; return the exit code."""
    quick = "--quick" in arguments
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(f"bowline {bowline.__version__} on {platform.python_implementation()} {platform.python_version()}", end="")
    print(f"{'t' if 'free-threading' in sys.version else ''}, GIL {'on' if gil else 'off'}")
    report = Report()
    if "free-threading" in sys.version:
        report.claim("importing the package left the GIL off", not gil)
    _settle()
    start = bowline.stats()

    report.section("One wrapper per object")
    _identity(report)
    report.section("The same, kept in a rewriter's memo")
    _memo(report)
    report.section("Threads")
    threads.run(report, 0.5 if quick else 3.0)
    report.section("Worker processes")
    _workers(report)
    report.section("Counters")
    _counters(report, start)
    report.section("Timings of one read")
    timing.run(report)
    return report.end()


def _identity(report: Report) -> None:
    report.line("i, j = Var('i'), Var('j')")
    report.line("layout = Layout(axes=(i, j), offset=Add(a=i, b=j))")
    report.line()
    before = untied.make()
    i, j = Var("i"), Var("j")
    layout = Layout(axes=(i, j), offset=Add(a=i, b=j))
    report.line("                                           untied   tied")
    for text, was, now in [
        ("layout.axes[0] is layout.offset.a", before.axes[0] is before.offset.a, layout.axes[0] is layout.offset.a),
        ("layout.offset is layout.offset", before.offset is before.offset, layout.offset is layout.offset),
    ]:
        report.line(f"{text:42} {was!s:8} {now}")
    report.claim("layout.axes[0] is layout.offset.a is i", layout.axes[0] is layout.offset.a is i)
    addresses = id(i), id(j), id(layout.offset)
    del i, j
    gc.collect()
    found = id(layout.axes[0]), id(layout.axes[1]), id(layout.offset)
    report.claim("after `del i, j` and a collection: the same addresses", found == addresses)
    report.line(f"{layout!r}")


def _memo(report: Report) -> None:
    report.line("Each node of the layout is visited twice; the memo's key is the id of the wrapper.")
    for text, layout, kept in (("untied", untied.make(), []), ("tied", make(), None)):
        memo: dict[int, object] = {}
        hits: list[int] = []
        for _ in range(2):
            for expr in (*layout.axes, layout.offset):
                rewrite(expr, memo, hits, kept)
            del expr
            gc.collect()
        report.line(f"{text:7} {len(memo):2} nodes rewritten, {len(hits)} hits")
    report.claim("the memo hits on every revisit: three nodes, five revisits", (len(memo), len(hits)) == (3, 5))


def _workers(report: Report) -> None:
    layout = make()
    pair = (layout.axes, layout.offset)
    wanted = sharing(pair)
    was = untied.make()
    lost = pickle.loads(pickle.dumps((was.axes, was.offset)))
    report.line(f"untied, after pickle: axes[0] is offset.a: {lost[0][0] is lost[1].a}")
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        report.claim(f"pickle protocol {protocol}", sharing(pickle.loads(pickle.dumps(pair, protocol))) == wanted)
    for method in ("fork", "spawn", "forkserver"):
        if method not in multiprocessing.get_all_start_methods():
            report.line(f"{method}: this platform does not have it")
            continue
        began = time.perf_counter()
        with multiprocessing.get_context(method).Pool(2) as pool:
            found = pool.map(sharing, [pair] * 4)
        took = time.perf_counter() - began
        report.claim(f"Pool.map, {method}: axes and offset share their variables there ({took:.2f} s)", found == [wanted] * 4)


def _counters(report: Report, start: dict[str, int]) -> None:
    layout = make()
    layout.offset.a
    now = bowline.stats()
    for name, value in now.items():
        report.line(f"{name:18} {value:10,}")
    trimmed = bowline.trim()
    report.claim(f"trim() released the storage of {trimmed} inactive wrappers", trimmed >= 1)
    del layout
    _settle()
    end = bowline.stats()
    for name in ("objects_alive", "wrappers_live", "wrappers_inactive", "inactive_bytes", "queued"):
        report.claim(f"{name} is back at its start ({start[name]:,})", end[name] == start[name])


def _settle() -> None:
    for _ in range(3):
        gc.collect()
        bowline.settle()
        bowline.trim()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
