"""Times what Python does to a function of apache-tvm, by bowline and by apache-tvm-ffi.

run.py TAG OURS RIVAL TVM [--rounds N] [--seconds S] [--least] [--json FILE]

OURS is a python that has bowline, RIVAL one that has apache-tvm-ffi, TVM the folder of apache-tvm's wheel, unpacked. Both systems
are in processes of their own, and take turns. Times are those of the processor. --least takes minima instead of medians, for a
machine that has other work to do. Exit code 1 if the systems do not agree about a row, or one of them does not start.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


class Worker:
    """A system in its process."""

    def __init__(self, python: str, system: str, folder: str) -> None:
        command = [python, str(HERE / "worker.py"), system, folder]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.gil, self.tied, self.rows = self._read()

    def _read(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else sys.exit(f"{self.process.args} has ended: {self.process.wait()}")

    def ask(self, name: str, seconds: float):
        print(json.dumps([name, seconds]), file=self.process.stdin, flush=True)
        return self._read()


def time_text(nanoseconds: float) -> str:
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:,.2f} {unit}"
    return f"{nanoseconds:,.0f} ns"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("tag", "ours", "rival", "tvm"):
        parser.add_argument(name)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--least", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    workers = {
        "bowline": Worker(options.ours, "bowline", options.tvm),
        "tvm_ffi": Worker(options.rival, "tvm_ffi", options.tvm),
    }
    print(f"\n## A function of apache-tvm, Python {options.tag}\n")
    for name, worker in workers.items():
        print(f"- {name}: the GIL is {'on' if worker.gil else 'off'}; `e.a is e.a` is {worker.tied}")
    print("\n| | bowline | tvm_ffi | tvm_ffi : bowline |\n|---|---:|---:|---:|")
    typical, found = min if options.least else statistics.median, {}
    for row in workers["bowline"].rows:
        samples: dict[str, list[float]] = {name: [] for name in workers}
        for _ in range(options.rounds):
            answers = {name: worker.ask(row, options.seconds) for name, worker in workers.items()}
            if len({json.dumps(agreed) for _, agreed in answers.values()}) > 1:
                sys.exit(f"the systems do not agree about {row}: {answers}")
            for name, (taken, _) in answers.items():
                samples[name].append(taken)
        times = found[row] = {name: typical(each) for name, each in samples.items()}
        ratio = times["tvm_ffi"] / times["bowline"]
        print(f"| {row} | {time_text(times['bowline'])} | {time_text(times['tvm_ffi'])} | {ratio:.2f} |", flush=True)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(found, indent=1))
    for worker in workers.values():
        worker.process.stdin.close()
        worker.process.wait()


main()
