"""One system in a process of its own that has started a thread.

It answers on stdout what it is told on stdin, one JSON array a line.

worker.py COUNT     a graph of COUNT nodes; [row, seconds] -> [nanoseconds per operation, what all systems must agree on], or null
"""

from __future__ import annotations

import gc
import json
import pathlib
import sys
import threading
import time

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

# From here on the process has had a second thread, as those of users have. NumPy starts some at its import.
_first = threading.Thread(target=lambda: None)
_first.start()
_first.join()
sys.setrecursionlimit(100_000)

import rows  # noqa: E402
import statements  # noqa: E402


class Rows:
    """Prepared rows, each with the loops that it is timed for."""

    def __init__(self, count: int) -> None:
        self.load = rows.Workload(count)
        self.names = statements.scope()
        self.loops: dict[str, int] = {}
        self.prepared: dict[str, rows.Row] = {}

    def measure(self, name: str, seconds: float) -> list[object]:
        if name in rows.ROWS:
            return self.over_graph(name)
        run, operations = statements.compiled(name, self.names)
        if name not in self.loops:
            run(3 if name == "class creation" else 100)
            loops = 1
            while (taken := timed(run, loops)) < 0.002:
                loops *= 2
            self.loops[name] = max(1, int(seconds / taken * loops))
        loops = self.loops[name]
        return [timed(run, loops) / (loops * operations) * 1e9, None]

    def over_graph(self, name: str) -> list[object]:
        if name not in self.prepared:
            self.prepared[name] = rows.ROWS[name](self.load)
        row = self.prepared[name]
        gc.collect()
        start = time.process_time()
        agreed = row.run()
        return [(time.process_time() - start) / row.operations * 1e9, agreed]


def timed(run, loops: int) -> float:
    """Return the seconds of the processor that a run takes."""
    start = time.process_time()
    run(loops)
    return time.process_time() - start


def main() -> None:
    found = Rows(int(sys.argv[1]))
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(json.dumps([gil, [*rows.ROWS, *statements.STATEMENTS]]), flush=True)
    for line in sys.stdin:
        print(json.dumps(found.measure(*json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
