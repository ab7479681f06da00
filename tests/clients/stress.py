"""Threads do to the nodes of apache-tvm at random what its users do.

Identity, state and counts must hold. They build, read, drop, pickle, compare and hash nodes, simplify them in C++, walk and replace with Python callbacks, run
passes, and print and parse modules. They do it in rounds of a few seconds. At the end of a round all is let go, and every
counter of `bowline.stats()` must be what it was before. A failure prints the seed.

python tests/clients/stress.py FOLDER MINUTES [--threads N] [--seed S] [--round-seconds T] [--patience T] [--only OPERATION...]
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import secrets
import sys
import threading
import time
import traceback
from collections import Counter
from pathlib import Path

import bowline

sys.path[:0] = [sys.argv[1], str(Path(__file__).resolve().parent.parent / "stress")]
bowline.provide_tvm_ffi()

import stress_operations as operations  # noqa: E402
from counters import counters, differences  # noqa: E402


def run_round(seed: str, threads: int, seconds: float, patience: float, names: list[str]) -> tuple[Counter[str], list[str]]:
    """Run one round; return how often each operation was done, and what failed."""
    faulthandler.dump_traceback_later(patience + seconds, exit=True)
    world = operations.World(random.Random(seed))
    failures: list[str] = []
    counts: list[Counter[str]] = []

    def work(lane: int) -> None:
        draw, done = random.Random(f"{seed} {lane}"), Counter()
        counts.append(done)
        try:
            while not world.stop.is_set():
                name = draw.choice(names)
                done[name] += 1
                operations.OPERATIONS[name](world, draw)
        except BaseException as error:
            failures.append(f"thread {lane}, {name}: " + "".join(traceback.format_exception(error)))
            world.stop.set()
            error.__traceback__ = None

    running = [threading.Thread(target=work, args=(lane,)) for lane in range(threads)]
    for thread in running:
        thread.start()
    world.stop.wait(seconds)
    world.stop.set()
    for thread in running:
        thread.join()
    if not failures:
        try:
            world.check_at_rest(patience / 2)
        except Exception as error:
            failures.append("at rest: " + "".join(traceback.format_exception(error)))
            error.__traceback__ = None
    world.clear()
    return sum(counts, Counter()), failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("minutes", type=float)
    parser.add_argument("--threads", type=int, default=6)
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--round-seconds", type=float, default=5.0)
    parser.add_argument("--patience", type=float, default=120.0)
    parser.add_argument("--only", nargs="+", default=[], choices=list(operations.OPERATIONS))
    options = parser.parse_args()
    print(f"seed {options.seed}, Python {sys.version.split()[0]}, {options.threads} threads", flush=True)
    faulthandler.enable()
    sys.setswitchinterval(1e-5)  # with the GIL, rare switches make rare windows rarer
    failures: list[str] = []
    sys.unraisablehook = lambda found: failures.append("in a finalizer: " + "".join(traceback.format_exception(found.exc_value)))
    weighted = [name for name in options.only or operations.OPERATIONS for _ in range(operations.WEIGHTS[name])]
    # What the first rounds leave for good is not to be counted. Caches are such.
    for name in options.only or operations.OPERATIONS:
        failures += run_round(f"{options.seed} {name}", 1, 0.05, options.patience, [name])[1]
    failures += run_round(f"{options.seed} warm-up", options.threads, 1, options.patience, weighted)[1]
    start, revivals = counters(), bowline.stats()["revivals"]
    done, rounds, end = Counter(), 0, time.monotonic() + 60 * options.minutes
    while not failures and time.monotonic() < end:
        seconds = min(options.round_seconds, max(0.1, end - time.monotonic()))
        counts, failed = run_round(f"{options.seed} {rounds}", options.threads, seconds, options.patience, weighted)
        done += counts
        failures += failed
        if not failures:
            failures += [f"{name} was {was}, is {now}" for name, (was, now) in differences(start, options.patience / 2).items()]
        rounds += 1
    if failures:
        print(f"FAILED in round {rounds - 1}, seed {options.seed}", *failures, sep="\n", file=sys.stderr)
        return 1
    faulthandler.cancel_dump_traceback_later()
    for name, count in sorted(done.items()):
        print(f"{count:>12,} {name}")
    print(f"{done.total():>12,} operations in {rounds} rounds of {options.threads} threads")
    print(f"{bowline.stats()['revivals'] - revivals:>12,} revivals")
    return 0


if __name__ == "__main__":
    sys.exit(main())
