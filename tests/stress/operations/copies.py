"""Copies, pickles and texts."""

from __future__ import annotations

import copy
import pickle

from world import Holder

from .worker import Worker, expect, operation


@operation(3)
def pickled(worker: Worker) -> None:
    root = worker.root()
    one, other, lone = pickle.loads(pickle.dumps((root.get(), root.get(), Holder(root.get()))))
    expect(one is other and lone.value is one and type(one) is root.cls and one.n == root.n, root, one, other)


@operation(2)
def copied(worker: Worker) -> None:
    root = worker.root()
    one = root.get()
    for other in (copy.copy(one), copy.deepcopy(one)):
        expect(other is not one and other.n == root.n and type(other) is root.cls, root, other)


@operation(1)
def shown(worker: Worker) -> None:
    root = worker.root()
    expect(f"n={root.n}" in repr(root.get()), root, repr(root.get()))
