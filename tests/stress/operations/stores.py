"""Stores into fields that others read."""

from __future__ import annotations

import bowline
from world import Holder, LateLeaf, Root

from .worker import Worker, expect, is_known, operation


class Payload:
    """Something of Python's in a native object; its end fetches."""

    def __init__(self, root: Root) -> None:
        self.root = root

    def __del__(self) -> None:
        expect(self.root.get().n == self.root.n, self.root)


@operation(100)
def store(worker: Worker) -> None:
    worker.random.choice(worker.world.cells).value = worker.fresh()


@operation(20)
def store_shared(worker: Worker) -> None:
    worker.random.choice(worker.world.cells).value = worker.root().get()


@operation(3)
def store_itself(worker: Worker) -> None:
    cell = worker.random.choice(worker.world.cells)
    cell.value = cell.value


@operation(3)
def store_other_kinds(worker: Worker) -> None:
    values = (None, 7, "a text of more than seven bytes", b"bytes", Payload(worker.root()))
    worker.world.cells[1].value = worker.random.choice(values)


@operation(100)
def read_cell(worker: Worker) -> None:
    cell = worker.random.choice(worker.world.cells)
    one, other = cell.value, cell.value
    if isinstance(one, bowline.Object) and isinstance(other, bowline.Object):
        expect(is_known(one) and is_known(other), one, other)
        same = one.__chandle__() == other.__chandle__()
        expect((one is other) == same, one, other)


@operation(3)
def subclass_in_cell(worker: Worker) -> None:
    """An instance of an unregistered subclass is the object's wrapper. It is so as long as the object lives."""
    cell, one = Holder(), LateLeaf(worker.number())
    cell.value = one
    expect(cell.value is one, one)
    where = id(one)
    del one
    expect(type(cell.value) is LateLeaf and id(cell.value) == where, cell.value)
