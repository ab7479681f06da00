"""Threads do to a few objects whatever Python can do to them. They do it at random, in rounds of a few seconds.

Each round has its own objects and threads. At its end everything is let go, and every counter of `bowline.stats()` must be
what it was before. A process of its own does the work; this one tells its last operations if it fails, crashes or hangs.

python tests/stress SECONDS [--threads N] [--seed S] [--round-seconds T] [--patience T]
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter

import bowline
import operations
import world
from counters import counters, differences
from history import LANES, History
from operations import OPERATIONS, Worker


def check_at_rest(now: world.World) -> None:
    """With one thread left, identity, address and counts are exact."""
    for root in now.stable:
        where, handle = id(root.get()), root.get().__chandle__()
        for _ in range(3):
            gc.collect()
            one = root.get()
            operations.expect(id(one) == where and one.__chandle__() == handle and one.n == root.n, root, one)
            operations.expect(one is root.get() and type(one) is root.cls, root, one)
            operations.expect(root.home in (None, where) and (root.home is None or one.mark[0] == root.n), root, one)
            count = bowline._core.strong_count(one)
            operations.expect(count == 2, root, "its place and its wrapper own a count each, found", count)
            del one


def run_round(seed: str, threads: int, seconds: float, patience: float, history: History) -> tuple[Counter[str], list[str]]:
    """Run one round; return how often each operation was done, and what failed."""
    faulthandler.dump_traceback_later(patience, exit=True)
    history.clear()
    now = world.current = world.World(seed, patience)
    workers = [Worker(now, lane, history, f"{seed} {lane}") for lane in range(threads)]
    running = [threading.Thread(target=worker.run, name=f"worker {worker.lane}") for worker in workers]
    for thread in running:
        thread.start()
    now.stop.wait(seconds)
    now.stop.set()
    for thread in [*running, *now.threads]:
        thread.join()
    now.threads.clear()
    now.clear()
    if not now.failures:
        try:
            # What native threads borrowed comes back by and by.
            end = time.monotonic() + patience / 2
            while any(bowline._core.strong_count(root.get()) != 2 for root in now.stable) and time.monotonic() < end:
                counters()
            check_at_rest(now)
        except Exception as error:
            now.failures.append(operations.describe(error, threads))
    world.current = None
    if now.failures:
        now.failures.insert(0, now.describe())
    return sum((worker.counts for worker in workers), Counter()), now.failures


def unraisable(failures: list[str]):
    """Finalizers must not fail either."""

    def hook(found) -> None:
        failures.append(operations.describe(found.exc_value, -1))
        if world.current is not None:
            world.current.stop.set()

    return hook


def work(options: argparse.Namespace, history: History) -> None:
    """Do rounds for the given time."""
    faulthandler.enable()
    faulthandler.register(signal.SIGALRM, chain=True)  # ends a child that hangs, and says where
    sys.setswitchinterval(1e-5)  # with the GIL, rare switches make rare windows rarer
    warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads around
    failures: list[str] = []
    sys.unraisablehook = unraisable(failures)
    threading.excepthook = lambda found: failures.append(operations.describe(found.exc_value, -1))
    # What the first round leaves for good is not to be counted. Caches and attributes of classes are such.
    run_round(f"{options.seed} warm-up", options.threads, 0.2, options.patience, history)
    before, start = counters(), bowline.stats()
    done, rounds, end = Counter(), 0, time.monotonic() + options.seconds
    while time.monotonic() < end:
        seconds = min(options.round_seconds, max(0.1, end - time.monotonic()))
        counts, failed = run_round(f"{options.seed} {rounds}", options.threads, seconds, options.patience, history)
        failures += failed
        done += counts
        if bowline.stats()["superseded"] != start["superseded"]:
            failures.append("a wrapper was superseded, though no stack was short")
        if not failures:
            failures += [f"{k} was {v[0]}, is {v[1]}" for k, v in differences(before, options.patience / 2).items()]
        rounds += 1
        if failures:
            print(f"FAILED in round {rounds - 1}", *failures, sep="\n", file=sys.stderr)
            sys.exit(1)
    faulthandler.cancel_dump_traceback_later()
    now = bowline.stats()
    for name, count in sorted(done.items()):
        print(f"{count:>12,} {name}")
    print(f"{done.total():>12,} operations in {rounds} rounds of {options.threads} threads")
    print(f"{now['revivals'] - start['revivals']:>12,} revivals")


def tell(history: History, count: int = 40) -> None:
    """Print the last operations of every thread."""
    print("last operations of each thread, the last one on the right:", file=sys.stderr)
    for lane in range(LANES):
        written, entries = history.last(lane, count)
        if written:
            print(f"  {lane:>3} ({written})", *(OPERATIONS[n].__name__ for n in entries), file=sys.stderr)


def main() -> int:
    """Start the process that works, and watch it."""
    parser = argparse.ArgumentParser(prog="stress", description=__doc__.splitlines()[0])
    parser.add_argument("seconds", type=float)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seed", default=None, help="of all random choices; each round and thread derives its own from it")
    parser.add_argument("--round-seconds", type=float, default=2.0)
    parser.add_argument("--patience", type=float, default=60.0, help="seconds after which a round is taken to hang")
    parser.add_argument("--only", nargs="+", metavar="OPERATION", help="leave the other operations out")
    parser.add_argument("--history", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not 0 < options.threads <= LANES // 2:
        parser.error(f"--threads must be between 1 and {LANES // 2}")
    if options.only:
        operations.keep_only(options.only)
    if options.history:
        work(options, History(options.history))
        return 0
    seed = options.seed or secrets.token_hex(4)
    free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
    print(f"Python {sys.version.split()[0]}{'t' * free_threaded}, seed {seed}, {options.threads} threads", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the process that works ends with this one
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "history")
        open(path, "x").close()
        history = History(path)
        arguments = [*sys.argv[1:], "--seed", seed, "--history", path]
        code = subprocess.run([sys.executable, os.path.dirname(__file__), *arguments], check=False).returncode
        if code:
            print(f"exit code {code}; again: --seed {seed} --threads {options.threads}", file=sys.stderr)
            tell(history)
    return 1 if code else 0


sys.exit(main())
