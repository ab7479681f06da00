"""Weak references, and attributes of wrappers."""

from __future__ import annotations

import contextlib
import weakref

from .worker import Worker, expect, operation


@operation(32)
def weak(worker: Worker) -> None:
    root = worker.root()
    one = root.get()
    if not hasattr(type(one), "__weakref__"):
        return
    ref = weakref.ref(one, lambda _: root.get())
    expect(ref() is one, root)
    del one
    found = ref()
    # None in the moment in which another thread drops it. It stays so once the collector took it for garbage.
    expect(found is None or found is root.get(), root, found)


@operation(16)
def weak_cache(worker: Worker) -> None:
    root, cache = worker.root(), worker.world.cache
    one = root.get()
    if hasattr(type(one), "__weakref__"):
        cache[root.place] = one
        found = cache.get(root.place)
        expect(found is None or found.n >= 0, found)


@operation(100)
def state(worker: Worker) -> None:
    """P9: what was written last is there, by whatever thread, over any number of drops."""
    root = worker.root()
    if root.home is None:
        return
    for _ in range(8):
        one = root.get()
        expect(one.mark[0] == one.extra[0] == root.n and id(one) == root.home, root, one.mark, one.extra, hex(id(one)))
        del one
    if worker.random.random() < 0.2:
        root.get().mark = root.n, worker.lane
        root.get().extra = root.n, worker.lane


@operation(4)
def attributes(worker: Worker) -> None:
    root = worker.root()
    if root.home is not None:
        one = root.get()
        one.note, one.other = [worker.lane], one
        # Another thread may be at the same attributes of the same wrapper. It may delete one first.
        with contextlib.suppress(AttributeError):
            expect(one.other is one, one)
            del one.other
        # To the collector it is garbage now and then, until the round ends.
        one.me = one
