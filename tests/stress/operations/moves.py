"""Moves, new objects for old wrappers. Others may move what was fetched, so anything may be empty, or filled anew, at any time."""

from __future__ import annotations

import bowline
from world import EMPTY, FRESH, Holder

from .worker import Worker, expect, operation


@operation(24)
def move(worker: Worker) -> None:
    root = worker.world.moving
    source, target = root.get(), root.cls.__new__(root.cls)
    target.__move_handle_from__(source)
    try:
        expect(not target.__chandle__() or target.n == root.n or target.n >= FRESH, root, target)
    except EMPTY:
        return  # a fetch by another thread found the target, and moved on from it


@operation(16)
def move_to_a_call(worker: Worker) -> None:
    root = worker.world.moving
    echo = bowline.testing.echo
    try:
        result = echo(root.get()._move())
    except EMPTY:
        return
    try:
        expect(result is None or result.n == root.n or result.n >= FRESH, root, result)
    except EMPTY:
        return


@operation(3)
def offer_and_forget(worker: Worker) -> None:
    worker.world.moving.get()._move()


@operation(24)
def read_moving(worker: Worker) -> None:
    root = worker.world.moving
    one, other = root.get(), root.get()
    handles = one.__chandle__(), other.__chandle__(), one.__chandle__()
    # No operation puts an object back into a wrapper that a fetch returned. If both held it now, they always did.
    if handles[0] and len({*handles}) == 1:
        expect(one is other, root, one, other)
    try:
        expect(one.n == root.n or one.n >= FRESH, root, one)
    except EMPTY:
        return


@operation(6)
def init_again(worker: Worker) -> None:
    root, n = worker.world.moving, worker.number()
    one = root.get() if worker.random.random() < 0.5 else root.cls(n)
    one.__init__(n)
    try:
        expect(one.n == root.n or one.n >= FRESH, root, one)
    except EMPTY:
        return


@operation(4)
def remake(worker: Worker) -> None:
    one = worker.world.remade
    if worker.random.random() < 0.7:
        one.__init__(worker.number())
    else:
        one.__setstate__(type(one)(worker.number()).__reduce_ex__(2)[2])


@operation(60)
def read_remade(worker: Worker) -> None:
    one = worker.world.remade
    expect(one.n >= FRESH and one.__chandle__() != 0, one)
    expect(Holder(one).value.n >= FRESH, one)


@operation(2)
def set_state(worker: Worker) -> None:
    root = worker.world.moving
    one = root.get()
    one.__setstate__(root.cls(worker.number()).__reduce_ex__(2)[2])
    try:
        expect(one.n == root.n or one.n >= FRESH, root, one)
    except EMPTY:
        return


@operation(2)
def fail_to_init(worker: Worker) -> None:
    one = worker.world.moving.cls(worker.number()) if worker.random.random() < 0.5 else worker.world.moving.get()
    try:
        one.__init__("no number")
    except TypeError:
        return
    raise AssertionError("a text was taken for a number")
