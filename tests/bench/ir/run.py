"""Times the workload of an intermediate representation for all systems on one interpreter.

Runs are interleaved; a table with ratios is printed.

run.py TAG OURS RIVALS [--newest FOLDER] [--count N] [--rounds N] [--seconds S] [--row TEXT]... [--least] [--json FILE]

OURS is a python that has bowline, RIVALS one that has apache-tvm-ffi; FOLDER has its newest release. Each system runs in a process of
its own that has started a thread. They take turns, a round each. --count is the size of the graph, --row picks the rows with TEXT in their name.
Times are those of the processor: other work on the machine counts only as far as it empties the caches.
--least takes minima instead of medians, for a machine that has other work to do. Exit code 1 if the systems do not agree about a row.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
import goals  # noqa: E402

RIVALS = ["plain", "0.1.13", "newest"]


class Worker:
    """A system in its process."""

    def __init__(self, python: str, system: str, count: int, folder: str = "") -> None:
        environment = os.environ | {"BENCH_IR_SYSTEM": system, "PYTHONPATH": folder}
        command = [python, str(HERE / "worker.py"), str(count)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.gil, self.rows = self._read() or (None, [])
        # Of a release without a wheel for the interpreter there is nothing to time.
        self.alive = bool(self.rows)

    def _read(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def ask(self, *order):
        """Return the answer; None if the process has ended."""
        if not self.alive:
            return None
        print(json.dumps(order), file=self.process.stdin, flush=True)
        answer = self._read()
        self.alive = answer is not None
        return answer


def imports(options, ways, samples):
    """Add to the samples what an import takes, in a process of its own."""
    for name, (python, system, folder) in ways.items():
        module = "dataclasses" if system == "plain" else system.split()[0]
        code = f"import time; t = time.process_time(); import {module}; print(time.process_time() - t)"
        run = subprocess.run([python, "-c", code], env=os.environ | {"PYTHONPATH": folder}, capture_output=True, text=True)
        if run.returncode == 0:
            samples[name].append(float(run.stdout) * 1e9)


def measure(options, ways, workers, name):
    """Return the nanoseconds of each system, and end the program if they do not agree."""
    samples = {system: [] for system in workers}
    agreed = {}
    for _ in range(options.rounds):
        if name == "import":
            imports(options, ways, samples)
            continue
        for system, worker in workers.items():
            if (answer := worker.ask(name, options.seconds)) is not None:
                samples[system].append(answer[0])
                agreed[system] = answer[1]
    if len({json.dumps(value) for value in agreed.values()}) > 1:
        sys.exit(f"the systems do not agree about {name}: {agreed}")
    typical = min if options.least else statistics.median
    return {system: typical(found) for system, found in samples.items() if len(found) == options.rounds}


def shown(found, row, ours, rival):
    """Return a cell: the ratio, its goal, and bold if that is not reached."""
    if ours not in found or rival not in found:
        return "–"
    ratio, limit = found[ours] / found[rival], goals.goal(row, rival, ours != "bowline")
    if limit is None:
        return f"{ratio:.2f}"
    return f"{ratio:.2f} of {limit:g}" if ratio <= limit else f"**{ratio:.2f}** of {limit:g}"


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("tag", "ours", "rivals"):
        parser.add_argument(name)
    parser.add_argument("--newest", default="")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.02)
    parser.add_argument("--row", action="append", default=[])
    parser.add_argument("--least", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    ways = {
        "bowline": (options.ours, "bowline", ""),
        "bowline mutable": (options.ours, "bowline mutable", ""),
        "plain": (options.ours, "plain", ""),
        "0.1.13": (options.rivals, "tvm_ffi", ""),
    }
    if options.newest:
        ways["newest"] = (options.rivals, "tvm_ffi", options.newest)
    workers = {name: Worker(python, system, options.count, folder) for name, (python, system, folder) in ways.items()}
    workers = {name: worker for name, worker in workers.items() if worker.alive}
    typical = "minima" if options.least else "medians"
    print(f"\n## {options.tag}: {options.count} nodes, {typical} of {options.rounds} interleaved runs\n")
    for name in [name for name in ways if name not in workers]:
        print(f"- {name}: left out, it does not start here")
    for name, worker in workers.items():
        if worker.gil and options.tag.endswith("t"):
            print(f"- {name} turns the GIL on")
    columns = [f"{kind} / {rival}" for kind in ("frozen", "mutable") for rival in RIVALS if rival in workers]
    print(f"\n| ns | ours | mutable | {' | '.join(columns)} |\n|---|---|---|{'---|' * len(columns)}")
    results = {}
    for name in [*workers["bowline"].rows, "import"]:
        if options.row and not any(text in name for text in options.row):
            continue
        found = results[name] = measure(options, ways, workers, name)
        cells = [f"{found[kind]:.0f}" if kind in found else "–" for kind in ("bowline", "bowline mutable")]
        cells += [shown(found, name, kind, rival) for kind in ("bowline", "bowline mutable") for rival in RIVALS if rival in workers]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print("\nOur time divided by the rival's, of what is to be reached at most; bold is not reached.")
    if options.json:
        options.json.write_text(json.dumps({"tag": options.tag, "count": options.count, "rows": results}, indent=2) + "\n")


main()
