"""Cycles that run through native objects are collected; what something native holds is not."""

import gc
import random
import threading
import weakref
from typing import Any

import bowline
import pytest
from bowline import List, py_class
from support import new_key


class Canary:
    """Something that tells of its end."""


@py_class(new_key())
class Box(bowline.Object):
    value: Any = None


def closing_over(thing, canary):
    return lambda: (thing, canary)


@pytest.mark.parametrize("make", [Box, lambda: List([])], ids=["field", "list"])
def test_a_callback_that_closes_over_its_holder(make):
    """Weakness 35: a cycle through a native field or list is collected."""
    holder, canary = make(), Canary()
    alive = weakref.ref(canary)
    callback = closing_over(holder, canary)
    if isinstance(holder, List):
        holder.append(callback)
    else:
        holder.value = callback
    del holder, canary, callback
    gc.collect()
    assert alive() is None


def test_through_containers_without_wrappers():
    holder, canary = Box(), Canary()
    alive = weakref.ref(canary)
    holder.value = [[1, (2, [closing_over(holder, canary)])]]
    del holder, canary
    gc.collect()
    assert alive() is None


def test_what_another_object_holds_stays():
    holder, canary = Box(), Canary()
    alive = weakref.ref(canary)
    other = Box(holder)
    holder.value = closing_over(holder, canary)
    del holder, canary
    gc.collect()
    assert alive() is not None
    assert other.value.value()[0] is other.value
    other.value.value = None
    gc.collect()
    assert alive() is None


def test_what_a_weak_handle_leads_to_stays():
    """It may become a strong one at any moment. That may be amid a collection, or when it is decided what goes."""
    holder, canary = List([]), Canary()
    alive = weakref.ref(canary)
    holder.append(List([closing_over(holder, canary)]))
    # Of an object on the way, whose wrapper is gone.
    handle = bowline._core.testing_weak_handle(holder[0])
    del holder, canary
    gc.collect()
    found, canary = handle()[0]()
    assert canary is alive() and found[0][0]()[0] is found
    del found, canary, handle
    gc.collect()
    assert alive() is None


def test_what_a_native_thread_holds_for_a_moment_stays():
    """Native counts come and go amid the passes of collections: nothing that lives is cleared."""
    holder, canary = Box(), Canary()
    alive = weakref.ref(canary)
    holder.value = closing_over(holder, canary)
    done = threading.Event()

    def hammer():
        while not done.is_set():
            bowline._core.testing_hammer(holder, 2, 0.05)

    thread = threading.Thread(target=hammer)
    thread.start()
    try:
        for _ in range(100):
            gc.collect()
            found = holder.value()
            assert found[0] is holder and found[1] is canary
            del found
    finally:
        done.set()
        thread.join()
    del holder, canary, hammer
    gc.collect()
    assert alive() is None


def cycle_of(holder, functions=1):
    """Make cycles through a List or Box, which is given up. Tells whether it is still there."""
    canary = Canary()
    for _ in range(functions):
        if isinstance(holder, List):
            holder.append(closing_over(holder, canary))
        else:
            holder.value = closing_over(holder, canary)
    return weakref.ref(canary)


def test_a_collection_need_not_be_told_of():
    callbacks = gc.callbacks[:]
    gc.callbacks.clear()
    try:
        small, large = cycle_of(List([])), cycle_of(List([]), 5000)
        gc.collect()
        assert small() is None
        # It may be a young one, as far as we know.
        assert large() is not None
    finally:
        gc.callbacks.extend(callbacks)
    gc.collect()
    assert large() is None


def test_young_collections_do_not_walk_far():
    small, large = cycle_of(List([]), 100), cycle_of(List([]), 5000)
    gc.collect(0)
    assert small() is None and large() is not None
    gc.collect()
    assert large() is None


def test_at_any_depth():
    inner = outer = Box()
    for _ in range(100_000):
        outer = Box(outer)
    canary = Canary()
    alive = weakref.ref(canary)
    inner.value = [[closing_over(outer, canary)]]
    del inner, outer, canary
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_what_is_held_twice_from_within_stays(count):
    """A function that two lists hold is not followed, wherever the lists are."""
    holder, canary = List([List([]), List([])]), Canary()
    alive = weakref.ref(canary)
    callback = bowline.convert(closing_over(holder, canary))
    for _ in range(count):
        holder[0].append(callback)
    holder[1].append(callback)
    del callback, canary
    gc.collect()
    assert alive() is not None
    holder.clear()
    gc.collect()
    assert alive() is None


class Seen:
    """What a finalizer saw of its object."""

    order = []


@py_class(new_key())
class Witness(bowline.Object):
    __slots__ = ("__dict__", "__weakref__")
    n: int
    a: Any = None

    def __del__(self):
        Seen.order.append((self.n, self.number, self.a is None))


def witness(n):
    made = Witness(n)
    made.number = n
    return made


def test_a_finalizer_that_waits_for_other_garbage_sees_a_whole_object():
    """Its object is held by one that is garbage, too. That is cleared before the finalizer can run."""
    Seen.order.clear()
    x, y, z = (witness(n) for n in range(3))
    x.z = x
    y.a = x
    z.a = lambda y=y: y
    del x, y, z
    gc.collect()
    gc.collect()
    assert sorted(Seen.order) == [(0, 0, True), (1, 1, False), (2, 2, False)]


# What no single object owns stays to the end of the process.
@pytest.mark.keeps_objects
def test_finalizers_of_random_graphs_see_whole_objects():
    numbers = random.Random(17)
    made = 0
    Seen.order.clear()
    for _ in range(300):
        nodes = [witness(made + at) for at in range(4)]
        made += len(nodes)
        for node in nodes:
            far = numbers.choice(nodes)
            match numbers.randrange(4):
                case 0:
                    node.a = far
                case 1:
                    node.a = lambda far=far: far
                case 2:
                    node.z = far
            if numbers.randrange(2):
                node.own = numbers.choice([node, far])
        del nodes, node, far
        gc.collect()
    gc.collect()
    seen = [n for n, number, _ in Seen.order if n == number]
    assert len(seen) == len(set(seen)) == len(Seen.order)
    assert len(seen) > made // 2


@pytest.mark.parametrize("option", [{"forget": True}, {}], ids=["forget", "kept"])
def test_a_finalizer_of_cyclic_garbage_runs_in_each_life_that_has_one(option):
    """A class that forgets has one in each life, another one for each object."""
    ran = []

    @py_class(new_key(), **option)
    class Node(bowline.Object):
        __slots__ = ("__dict__", "__weakref__")
        n: int

        def __del__(self):
            ran.append((self.n, getattr(self, "note", None)))

    home = List([Node(7)])
    for life in range(3):
        node = home[0]
        node.me, node.note = node, life
        del node
        for _ in range(3):
            gc.collect()
        if option:
            # The first one is that of the wrapper which the list was made from.
            assert ran == [(7, None), *((7, before) for before in range(life + 1))]
        else:
            assert ran == []
            assert home[0].note == life
    home.clear()
    for _ in range(3):
        gc.collect()
    assert ran == ([(7, None), (7, 0), (7, 1), (7, 2)] if option else [(7, 2)])


def test_a_finalizer_that_a_class_gets_after_a_collection():
    """The collector asked before, and would not ask again."""
    ran = []

    @py_class(new_key())
    class Late(bowline.Object):
        __slots__ = ("__dict__",)
        n: int

    node = Late(1)
    node.me = node
    home = List([node])
    del node
    gc.collect()
    Late.__del__ = lambda self: ran.append((self.n, self.me is self))
    del home
    for _ in range(3):
        gc.collect()
    assert ran == [(1, True)]
