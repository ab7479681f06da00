"""Reads, and what must hold of what they return."""

from __future__ import annotations

import bowline

from .worker import Worker, expect, operation


@operation(300)
def read(worker: Worker) -> None:
    root = worker.root()
    one = root.get()
    expect(one is root.get() and type(one) is root.cls and one.n == root.n, root, one)


@operation(200)
def drop_and_read(worker: Worker) -> None:
    root = worker.root()
    for _ in range(8):
        expect(root.get().n == root.n, root)


@operation(100)
def hold(worker: Worker) -> None:
    root = worker.root()
    worker.held[worker.random.randrange(len(worker.held))] = (root, root.get())


@operation(100)
def let_go(worker: Worker) -> None:
    worker.held[worker.random.randrange(len(worker.held))] = None


@operation(100)
def compare_held(worker: Worker) -> None:
    for entry in worker.held:
        if entry is not None:
            root, one = entry
            expect(root.get() is one and one.n == root.n, root, one, root.get())


@operation(100)
def post(worker: Worker) -> None:
    root = worker.root()
    worker.world.board[worker.random.randrange(4)] = (root, root.get())


@operation(100)
def compare_posted(worker: Worker) -> None:
    entry = worker.world.board[worker.random.randrange(4)]
    if entry is not None:
        root, one = entry
        expect(root.get() is one and one.n == root.n, root, one, root.get())


@operation(100)
def address(worker: Worker) -> None:
    """P4: the address changes only over a trim. It does not then if the wrapper has attributes."""
    world, root = worker.world, worker.root()
    if root.home is not None:
        expect(id(root.get()) == root.home, root, "was at", hex(root.home))
        return
    ended = world.trims_ended
    where = id(root.get())
    if root in worker.addresses:
        before, trims = worker.addresses[root]
        expect(where == before or world.trims_begun != trims, root, "was at", hex(before), "is at", hex(where))
    worker.addresses[root] = where, ended


@operation(20)
def equal_and_hash(worker: Worker) -> None:
    root = worker.root()
    one = root.get()
    expect(one == root.get() and not one != root.get() and hash(one) == hash(root.get()), root)
    expect({one: 1}[root.get()] == 1 and one.same_as(root.get()), root)


@operation(3)
def through_native(worker: Worker) -> None:
    root = worker.root()
    one = root.get()
    apply = bowline.testing.apply
    expect(apply(lambda value: value, one) is one and apply(lambda _: root.get(), one) is one, root)
