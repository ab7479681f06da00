"""Times the works for all systems on one interpreter, interleaved, and prints a table.

run.py TAG PYTHON OURS NEWEST [--rounds N] [--seconds S] [--least] [--json FILE]

TAG names the interpreter in the targets; PYTHON has the peers; OURS is the folder in which `bowline` is installed, NEWEST
the one with the newest apache-tvm-ffi, or empty. Each system runs in a process of its own; they take turns, a round each.
FILE gets what the table of src/docs/performance.md is made of (summary.py). --least takes minima instead of medians, for a machine that has
other work to do.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
import targets  # noqa: E402
import works  # noqa: E402

SYSTEMS = [
    "bowline",
    "bowline_threads",
    "bowline_mutable",
    "slots",
    "nanobind_intrusive",
    "nanobind_shared",
    "pybind11_shared",
    "pyo3_held",
    "pyo3_arc",
    "tvm_ffi",
    "tvm_ffi_newest",
]
THREADED = ["bowline", "slots"]


class Worker:
    """A system in its process; `alive` becomes false when it ends by itself."""

    def __init__(self, options: argparse.Namespace, system: str) -> None:
        path = [options.ours] if system.startswith("bowline") else []
        module = system
        if system == "tvm_ffi_newest":
            path, module = [options.newest], "tvm_ffi"
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path)}
        command = [options.python, str(HERE / "worker.py"), module]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        self.alive = True
        self.gil = self._read()

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            self.alive = False
            return None
        return json.loads(line)

    def ask(self, *order):
        """Return the answer; None if the system cannot, or is gone."""
        if not self.alive:
            return None
        try:
            print(json.dumps(order), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            self.alive = False
            return None
        return self._read()

    def end(self) -> str:
        """End the process and return the last line that it had to say."""
        self.process.stdin.close()
        said = self.process.stderr.read().strip().splitlines()
        self.process.wait()
        return said[-1] if said else ""


def interleaved(workers, options, name, threads=0, shared=False):
    """Return the nanoseconds of each system that can do the work."""
    samples = {system: [] for system in workers}
    for _ in range(options.rounds):
        for system, worker in workers.items():
            found = worker.ask(name, threads, shared, options.seconds)
            if found is not None:
                samples[system].append(found)
    typical = min if options.least else statistics.median
    return {system: typical(found) for system, found in samples.items() if len(found) == options.rounds}


def single(workers, options):
    """Print the table of one thread, and what became of the targets."""
    print("| ns | " + " | ".join(workers) + " |\n|---|" + "---|" * len(workers))
    results, verdicts = {}, []
    for name in works.WORKS:
        found = results[name] = interleaved(workers, options, name)
        cells = []
        for system in workers:
            if system not in found:
                cells.append("–")
            elif system == "bowline" or "bowline" not in found:
                cells.append(f"{found[system]:.1f}")
            else:
                cells.append(f"{found[system]:.1f} ({found['bowline'] / found[system]:.2f})")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    print("\nIn parentheses: ours / theirs.\n\n| work | rival | ours / rival | with threads | wanted | |\n|" + "---|" * 6)
    for work, rival, limit in targets.limits(options.tag):
        found = results[work]
        if {"bowline", "bowline_threads", rival} <= found.keys():
            ratio, threads = (found[ours] / found[rival] for ours in ("bowline", "bowline_threads"))
            print(f"| {work} | {rival} | {ratio:.2f} | {threads:.2f} | {limit} | {verdict(ratio <= limit)} |")
            verdicts.append([f"{work} / {rival}", limit, ratio, ratio <= limit, threads])
    return verdicts


def verdict(reached: bool) -> str:
    """Return how a table says it."""
    return "reached" if reached else "not reached"


def threaded(workers, options):
    """Print throughputs of several threads, as multiples of one thread's of the same system."""
    print("\n| reads by threads, × one thread | " + " | ".join(workers) + " |\n|---|" + "---|" * len(workers))
    verdicts = []
    for name in ("live read", "dropped read"):
        one = interleaved(workers, options, name, 1)
        for threads in (2, 4):
            for shared in (False, True):
                found = interleaved(workers, options, name, threads, shared)
                label = f"{name}, {threads} threads, {'one object' if shared else 'own objects'}"
                gain = {s: threads * one[s] / found[s] for s in workers if s in found and s in one}
                cells = [f"{gain[s]:.2f}" if s in gain else "–" for s in workers]
                if {"bowline", "slots"} <= found.keys():
                    cells[0] += f" ({found['slots'] / found['bowline']:.2f}× slots)"
                print(f"| {label} | " + " | ".join(cells) + " |", flush=True)
                for work, count, one_object, rival, least in targets.THREADS:
                    if (work, count, one_object) == (name, threads, shared) and "bowline" in gain:
                        value = found[rival] / found["bowline"] if rival else gain["bowline"]
                        against = f"{rival}, the same" if rival else "one thread of ours"
                        verdicts.append([f"{label} / {against}", least, value, value >= least])
    print("\n| throughput | is | wanted | |\n|---|---|---|---|")
    for label, least, value, reached in verdicts:
        print(f"| {label} | {value:.2f} | {least} | {verdict(reached)} |")
    return verdicts


def memory(options):
    """Print bytes for an object with two object fields and an int."""
    command = [options.python, str(HERE / "memory.py")]
    environment = os.environ | {"PYTHONPATH": options.ours}
    found = json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
    print("\n| bytes for an object | is | wanted | |\n|---|---|---|---|")
    verdicts = []
    for state, size in found.items():
        limit = targets.MEMORY.get(state)
        if limit is None:
            print(f"| {state} | {size:.0f} | | |")
        else:
            reached = round(size) <= limit
            verdicts.append([f"bytes, {state}", limit, size, reached])
            print(f"| {state} | {size:.0f} | {limit} | {verdict(reached)} |")
    return verdicts


def imports(options):
    """Print what importing costs: medians, less the bare interpreter's start."""
    modules = {"bowline": options.ours, "bench_nanobind_intrusive": "", "tvm_ffi": ""}
    samples = {module: [] for module in modules}
    for _ in range(options.rounds):
        for module, path in modules.items():
            code = (
                "import time; t = time.perf_counter()\n"
                f"try:\n import {module}\n print(time.perf_counter() - t)\nexcept ImportError: print('nan')"
            )
            environment = os.environ | {"PYTHONPATH": path}
            run = subprocess.run([options.python, "-c", code], env=environment, capture_output=True, text=True)
            samples[module].append(float(run.stdout or "nan"))
    print("\n| import | ms |\n|---|---|")
    found = {module: statistics.median(taken) * 1e3 for module, taken in samples.items()}
    for module, milliseconds in found.items():
        if milliseconds == milliseconds:
            print(f"| {module} | {milliseconds:.1f} |")
    return found


def processor() -> str:
    """The processor's name."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("tag", "python", "ours", "newest"):
        parser.add_argument(name)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.02)
    parser.add_argument("--least", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    systems = [s for s in SYSTEMS if s != "tvm_ffi_newest" or options.newest]
    version = subprocess.run([options.python, "-VV"], capture_output=True, text=True).stdout.strip()
    print(f"## {options.tag}\n\n{version}; {processor()}, {os.cpu_count()} processors; ", end="")
    runs = f"{'minima' if options.least else 'medians'} of {options.rounds} interleaved runs"
    print(f"{runs} of {options.seconds * 1e3:.0f} ms\n")
    workers = {}
    for system in systems:
        worker = Worker(options, system)
        if worker.alive:
            workers[system] = worker
        else:
            print(f"- {system}: left out: {worker.end()}")
    turned_on = [s for s, worker in workers.items() if worker.gil] if options.tag.endswith("t") else []
    for system in turned_on:
        print(f"- {system} turns the GIL on")
    print()
    verdicts = single(workers, options)
    for system, worker in workers.items():
        if not worker.alive:
            print(f"- {system} ended: {worker.end()}")
    if options.tag.endswith("t"):
        verdicts += threaded({s: workers[s] for s in THREADED}, options)
    verdicts += memory(options)
    imports(options)
    if options.json:
        machine = f"{processor()}, {os.cpu_count()} processors"
        about = {"tag": options.tag, "version": version, "machine": machine, "runs": runs}
        options.json.write_text(json.dumps(about | {"verdicts": verdicts}))


main()
