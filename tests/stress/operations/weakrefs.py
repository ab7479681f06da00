"""Weak references, and attributes of wrappers."""

from __future__ import annotations

import contextlib
import weakref

from world import Ghost, Loose

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
    # A finalizer may have resurrected it after another took its place.
    expect(found is None or found is root.get() or isinstance(found, Ghost) and found.n == root.n, root, found)


@operation(16)
def weak_cache(worker: Worker) -> None:
    root, cache = worker.root(), worker.world.cache
    one = root.get()
    if hasattr(type(one), "__weakref__"):
        cache[root.place] = one
        found = cache.get(root.place)
        expect(found is None or found.n >= 0, found)


@operation(4)
def attributes(worker: Worker) -> None:
    root = worker.root()
    if issubclass(root.cls, Loose):
        one = root.get()
        one.note, one.extra = [worker.lane], one
        one.me = one
        # Another thread may be at the same attributes of the same wrapper, and delete one first.
        with contextlib.suppress(AttributeError):
            expect(one.extra is one, one)
            del one.extra
