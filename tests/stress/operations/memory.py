"""The collector, trims, settling; cycles and deep drops."""

from __future__ import annotations

import gc

import bowline
from bowline import List, _core
from world import AnyHolder, FrozenHolder, Loose

from .worker import Worker, expect, operation


@operation(1)
def collect(worker: Worker) -> None:
    gc.collect(worker.random.choice((0, 1, 2)))


@operation(1)
def trim(worker: Worker) -> None:
    worker.world.trim()


@operation(1)
def settle(worker: Worker) -> None:
    bowline.settle()


@operation(1)
def stats(worker: Worker) -> None:
    expect(all(value >= 0 for key, value in bowline.stats().items() if key.startswith("wrappers")), bowline.stats())


@operation(2)
def cycle(worker: Worker) -> None:
    """Cycles that the collector sees. Each native object in them is held by its wrapper or by one other object."""
    items, box = List(), AnyHolder()
    items.append(lambda: (items, box))
    box.value = [1, [lambda: items]]
    loose = Loose(worker.number())
    loose.me, loose.extra = loose, items


@operation(1)
def deep(worker: Worker) -> None:
    chain = worker.fresh()
    for _ in range(worker.random.choice((10, 300, 2000))):
        chain = FrozenHolder(chain)
    if worker.random.random() < 0.5:
        _core.testing_release_on_thread(chain)
