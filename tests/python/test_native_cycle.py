"""Cycles that run through native objects are collected; what something native holds is not."""

import gc
import threading
import weakref

import bowline
import pytest
from bowline import List, py_class
from support import new_key
from typing import Any


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


def test_without_our_callback_nothing_is_collected_by_mistake():
    callbacks = gc.callbacks[:]
    holder, canary = Box(), Canary()
    alive = weakref.ref(canary)
    holder.value = closing_over(holder, canary)
    del holder, canary
    gc.callbacks.clear()
    try:
        gc.collect()
        assert alive() is not None
    finally:
        gc.callbacks.extend(callbacks)
    gc.collect()
    assert alive() is None
