"""Long looks at the one tie: what drops leave, and how changes scale.

python tests/stress/one_tie.py note [SECONDS] [THREADS...]      60 seconds each for 2, 4 and 8 threads
python tests/stress/one_tie.py scale [ROUNDS]                   what 2 threads cost beside one

`note` fails when an attribute is missed or the wrapper's address changes. `scale` prints what a change of a tie (a re-init, two moves,
reads, and trims now and then) costs of the processor's time, with one thread and with two that have objects of their own, and how many
times as many two threads do that have a core each. Time by the clock says nothing where other processes run: so it is the
threads' own, the least of many rounds that take turns; beside it is how often a thread waited for something.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from typing import Any

import bowline
from bowline import List, py_class


@py_class("one_tie.Node")
class Node(bowline.Object):
    __slots__ = ("__dict__", "__weakref__")
    any: Any = None


@py_class("one_tie.Leaf")
class Leaf(bowline.Object):
    n: int = 0


@py_class("one_tie.Holder")
class Holder(bowline.Object):
    child: bowline.Object | None = None


def run(workers: list) -> None:
    """Run each in a thread of its own."""
    threads = [threading.Thread(target=worker) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def note(threads: int, seconds: float) -> None:
    """Read an attribute of a wrapper that no thread holds for longer than that."""
    holder = Holder(Node(1))
    holder.child.note = "kept"
    where, superseded = id(holder.child), bowline.stats()["superseded"]
    end = time.monotonic() + seconds
    reads, missed, moved = [0] * threads, [0] * threads, [0] * threads

    def work(at: int) -> None:
        while time.monotonic() < end:
            for _ in range(1000):
                try:
                    missed[at] += holder.child.note != "kept"
                except AttributeError:
                    missed[at] += 1
                moved[at] += id(holder.child) != where
            reads[at] += 2000

    run([lambda at=at: work(at) for at in range(threads)])
    superseded = bowline.stats()["superseded"] - superseded
    found = f"{sum(reads):,} reads, {sum(missed)} missed, {sum(moved)} at another address, {superseded} superseded"
    print(f"{threads} threads, {seconds:g} s: {found}", flush=True)
    if sum(missed) + sum(moved) + superseded:
        sys.exit("the tie did not hold")


def change(times: int) -> None:
    """Move, re-initialise, read and drop own objects, and trim now and then."""
    place = List([0])
    for n in range(times):
        for cls in (Leaf, Node):
            one = cls(n)
            place[0] = one
            one.__init__(n + 1)  # its former object is held elsewhere
            former = place[0]
            target = cls.__new__(cls)
            target.__move_handle_from__(former)  # and moved out while it is
            place[0] = one._move()
            place[0] = 0
        if n % 5000 == 4999:
            bowline.trim()


def cost(threads: int, times: int) -> tuple[float, float]:
    """Return the processor's seconds for a thousand changes, and how often a thread waited meanwhile."""
    used, waited, barrier = [0.0] * threads, [0] * threads, threading.Barrier(threads)

    def work(at: int) -> None:
        barrier.wait()
        begin, waits = time.thread_time(), resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
        change(times)
        used[at] = time.thread_time() - begin
        waited[at] = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw - waits

    run([lambda at=at: work(at) for at in range(threads)])
    bowline.settle()
    thousands = threads * times / 1000
    return sum(used) / thousands, sum(waited) / thousands


def scale(rounds: int) -> None:
    """Let one thread and two take turns."""
    found: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(rounds):
        for threads, costs in found.items():
            costs.append(cost(threads, 5000))
    # The median of the waits: most rounds have a core too few.
    (one, _), (two, _) = min(found[1]), min(found[2])
    waits = {threads: sorted(waited for _, waited in costs)[len(costs) // 2] for threads, costs in found.items()}
    print(f"a change costs {1000 * one:.2f} µs with 1 thread, {1000 * two:.2f} µs with 2: {2 * one / two:.2f} times as many")
    print(f"waits in 1000 changes: {waits[1]:.2f} with 1 thread, {waits[2]:.2f} with 2", flush=True)


def main() -> None:
    mode, *numbers = sys.argv[1:]
    if mode == "note":
        seconds = float(numbers[0]) if numbers else 60
        for threads in map(int, numbers[1:] or ["2", "4", "8"]):
            note(threads, seconds)
    elif mode == "scale":
        scale(int(numbers[0]) if numbers else 40)
    else:
        sys.exit(__doc__)


main()
