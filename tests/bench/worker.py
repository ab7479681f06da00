"""One system in a process of its own. It does what it is told on stdin, one JSON array a line, and answers on stdout.

worker.py SYSTEM     [name, threads, shared, seconds] -> nanoseconds per operation of one thread, or null

With 0 threads it is the process's own that does the work.
"""

import importlib
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import works

CALIBRATION = 0.002


class Runs:
    """Prepared works, with the number of loops that fills the time asked for."""

    def __init__(self, system):
        self.system = system
        self.prepared = {}

    def get(self, name, threads, shared):
        key = name, threads, shared
        if key not in self.prepared:
            first, operations = works.prepared(name, self.system)
            # Warm: the interpreter specialises what runs often.
            works.timed(first, 2000 if operations < works.ELEMENTS else 200)
            loops = 1
            while (taken := works.timed(first, loops)) < CALIBRATION:
                loops *= 2
            self.prepared[key] = first, operations, taken / loops
        return self.prepared[key]

    def measure(self, name, threads, shared, seconds):
        try:
            run, operations, each = self.get(name, threads, shared)
        except (AttributeError, TypeError):
            return None
        loops = max(1, int(seconds / each))
        if threads == 0:
            taken = works.timed(run, loops)
        else:
            make = (lambda: run) if shared else lambda: works.prepared(name, self.system)[0]
            taken = works.timed_threads([make] * threads, loops)
        return taken / (loops * operations) * 1e9


def main():
    system = importlib.import_module(f"systems.{sys.argv[1]}")
    runs = Runs(system)
    print(json.dumps(getattr(sys, "_is_gil_enabled", lambda: True)()), flush=True)
    for line in sys.stdin:
        print(json.dumps(runs.measure(*json.loads(line))), flush=True)


main()
