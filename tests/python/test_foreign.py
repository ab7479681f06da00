"""P7: threads that Python does not know drop objects without touching Python. What they owe is paid later."""

import gc
import time
import weakref
from collections.abc import Callable
from typing import Any

import bowline
import pytest
from bowline import Array, List, py_class
from shapes import REGISTERED, All, Del, Holder, Plain, Weak
from support import new_key, run_threads

release = bowline._core.testing_release_on_thread
hammer = bowline._core.testing_hammer


@pytest.mark.parametrize("cls", REGISTERED)
def test_the_last_drop_on_a_native_thread(cls):
    before = bowline.stats()["objects_alive"]
    holders = [Holder(cls(n)) for n in range(100)]
    for held in holders:
        assert held.value.n >= 0
        release(held)
    bowline.settle()
    assert bowline.stats()["objects_alive"] == before
    assert bowline.stats()["queued"] == 0


def test_payloads_and_callbacks_are_released_later():
    class Payload:
        def __call__(self):
            pass

    @py_class(new_key())
    class Owner(bowline.Object):
        payload: Any
        callback: Callable

    payload, callback = Payload(), Payload()
    dead = [weakref.ref(payload), weakref.ref(callback)]
    owner = Owner([payload], callback)
    del payload, callback
    release(owner)
    bowline.settle()
    gc.collect()
    assert [ref() for ref in dead] == [None, None]


def test_a_live_wrapper_outlives_a_native_drop():
    one = Plain(1)
    items = List([one])
    release(items)
    assert one.n == 1
    assert Holder(one).value is one


def test_no_thread_waits_for_the_dropping_one():
    before = bowline.stats()["objects_alive"]
    deep = None
    for _ in range(10_000):
        deep = Array([deep, Plain(1)])
    release(deep)
    deadline = time.monotonic() + 10
    while bowline.stats()["objects_alive"] > before and time.monotonic() < deadline:
        bowline.settle()
    assert bowline.stats()["objects_alive"] == before


@pytest.mark.parametrize("cls", [Plain, Weak, All])
def test_native_threads_hold_and_drop_while_python_reads(cls):
    held = Holder(cls(1))

    def read():
        for _ in range(5_000):
            one = held.value
            assert one is held.value
            del one

    rounds = []
    run_threads(lambda: rounds.append(hammer(held.value, 2, 0.5)), read, read)
    assert rounds[0] > 0
    bowline.settle()
    assert bowline._core.strong_count(held.value) == 2
    Del.deaths.clear()
    All.deaths.clear()
