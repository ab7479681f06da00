"""Bytes that an object with two object fields and an int takes. It counts never wrapped, wrapped, and after its wrapper's end.

By the growth of the process, over so many objects that nothing else counts.
"""

import gc
import json
import os
import pathlib

import bowline
from systems.bowline import Leaf, Node

COUNT = 200_000
PAGE = os.sysconf("SC_PAGE_SIZE")
# An item of the array that holds the objects.
ITEM = 16


def resident() -> int:
    gc.collect()
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * PAGE


def per_object(before: int) -> float:
    return (resident() - before) / COUNT


def measured() -> dict[str, float]:
    start = resident()
    array = copies(Node(x, y, 3), COUNT)
    never = per_object(start) - ITEM
    kept = [None] * COUNT
    start = resident()
    for at in range(COUNT):
        kept[at] = array[at]
    wrapped = never + per_object(start)
    living.append(array)
    living.append(kept)
    return {"never wrapped": never, "wrapped": wrapped}


x, y = Leaf(1), Leaf(2)
copies = bowline.testing.copies
living: list = []
# The first ones take what memory the process had to spare.
for _ in range(4):
    measured()
start = resident()
found = measured()
living.pop().clear()
print(json.dumps(found | {"after the wrapper's end": per_object(start) - ITEM}))
