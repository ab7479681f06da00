"""A rewrite of a million nodes over one worker and two. Threads share them; processes get and return them.

    travel.py [NODES]      with loky, as ci/check/travel installs it; prints seconds, the median of three
"""

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bowline
import loky
from bowline import py_class, structural_map

PARTS = 8


@py_class("bench.travel.Node", frozen=True)
class Node(bowline.Object):
    n: int
    left: Any = None
    right: Any = None


def tree(size):
    """A balanced tree of so many nodes: a pickler takes stack for each level."""
    if size <= 0:
        return None
    return Node(size, tree((size - 1) // 2), tree(size - 1 - (size - 1) // 2))


def moved(node):
    return Node(node.n + 1, node.left, node.right)


def rewrite(part):
    return structural_map(part, (Node, moved))


def seconds(pool, parts):
    start = time.perf_counter()
    found = list(pool.map(rewrite, parts))
    took = time.perf_counter() - start
    assert len(found) == PARTS and all(one.n == part.n + 1 for one, part in zip(found, parts, strict=True))
    return took


if __name__ == "__main__":
    parts = [tree(int(sys.argv[1] if len(sys.argv) > 1 else 1_000_000) // PARTS) for _ in range(PARTS)]
    for kind, make in (("threads", ThreadPoolExecutor), ("processes", loky.ProcessPoolExecutor)):
        for workers in (1, 2):
            with make(workers) as pool:
                list(pool.map(len, ["warm"] * workers))
                print(f"{workers} {kind}: {statistics.median(seconds(pool, parts) for _ in range(3)):.2f} s", flush=True)
