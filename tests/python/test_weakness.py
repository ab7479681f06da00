"""Weaknesses of the former layer, as far as no other file has their test. src/docs/weaknesses.md lists them all."""

import copy
import gc
import pickle
import threading
from collections.abc import Callable
from typing import Any

import bowline
import pytest
from bowline import Array, List, convert, py_class
from shapes import REGISTERED, All, AnyHolder, Del, Dict, FrozenHolder, Holder, Plain, Slot
from support import new_key, run_threads

count = bowline._core.strong_count
release = bowline._core.testing_release_on_thread


@pytest.mark.parametrize("cls", REGISTERED)
def test_code_amid_a_fetch_makes_others(cls):
    """Weaknesses 4 and 17: what the collector runs during a fetch gets its own storage. It may fetch the same object.

    Nothing is handed from one allocation to the next, and nothing is held while allocating. It is CPython 3.11 that would show
    it: from 3.12 on the collector waits for the next instruction.
    """
    held, frozen, others, found = Holder(cls(7)), Holder(FrozenHolder(None)), [], []
    address = id(held.value)
    amid = []

    def callback(phase, info):
        if phase == "start" and not amid:
            amid.append(True)
            others.append((All(1), Slot(2), Plain(3), held.value))
            amid.clear()

    thresholds = gc.get_threshold()
    gc.callbacks.append(callback)
    gc.set_threshold(1)
    try:
        for _ in range(200):
            one = held.value
            assert one is held.value
            assert id(one) == address
            # A container for the collector to count, so that it starts soon.
            found.append([one])
            if len(found) == 10:
                found.clear()
                others.clear()
            del one
        # What nothing has wrapped yet is here, too. What is put aside shifts the allocation at which the collector starts.
        for n in range(200):
            aside = [[] for _ in range(n // 2 % 3)]
            fresh = copy.deepcopy(frozen if n % 2 else held)
            kept = fresh.value
            assert kept is fresh.value
            assert type(kept) is (FrozenHolder if n % 2 else cls)
            assert kept.value is None if n % 2 else kept.n == 7
            del kept, aside
        # All kept, so that the collector starts amid the making of one.
        made = [cls(7) for _ in range(200)]
        assert {(type(one), one.n) for one in made} == {(cls, 7)}
        made.clear()
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks.remove(callback)
    assert [(a.n, b.n, c.n, d.n) for a, b, c, d in others] == [(1, 2, 3, 7)] * len(others)
    others.clear()
    found.clear()
    getattr(cls, "deaths", []).clear()
    All.deaths.clear()


@pytest.mark.parametrize("holder", [Holder, FrozenHolder, AnyHolder])
def test_fields_keep_one_count_of_what_they_hold(holder):
    """Weakness 16: a constructor or a store takes one count, not two. It is given back."""
    one = Plain(1)
    many = [holder(one) for _ in range(100)]
    assert count(one) == 101
    if holder is not FrozenHolder:
        for held in many:
            held.value = one
            held.value = held.value
        del held
        bowline.settle()
        assert count(one) == 101
    copies = [copy.copy(held) for held in many]
    assert count(one) == 201
    del many, copies
    gc.collect()
    bowline.settle()
    assert count(one) == 1
    for _ in range(100):
        convert(one)
        convert(lambda x: x)(one)
        List([one]).append(one)
    bowline.settle()
    assert count(one) == 1


@pytest.mark.parametrize("cls", REGISTERED)
def test_a_native_drop_while_this_thread_keeps_the_interpreter(cls):
    """Weakness 24: the dropping thread takes nothing that a thread has which waits for it."""
    before = bowline.stats()["objects_alive"]

    class Payload:
        def __call__(self):
            pass

    for live in (False, True):
        held = AnyHolder([cls(1), Payload(), [Payload()], lambda: None])
        one = held.value[0] if live else None
        release(held, attached=True)
        assert one is None or one.n == 1
        del one
    gc.collect()
    bowline.settle()
    assert bowline.stats()["objects_alive"] <= before
    Del.deaths.clear()
    All.deaths.clear()


def test_two_threads_wait_for_each_others_native_lock():
    """Weakness 24: many threads drop natively at once. Each keeps the interpreter meanwhile as long as it can."""

    @py_class(new_key())
    class Owner(bowline.Object):
        payload: Any
        callback: Callable

    def work():
        for n in range(50):
            release(Owner([n, object(), Plain(n)], lambda: n), attached=True)

    run_threads(*[work] * 4)
    gc.collect()
    bowline.settle()


def test_an_argument_that_is_not_consumed_stays_the_one_wrapper():
    """Weakness 31: after a call that left the offered object alone, reads give its wrapper."""
    one = Plain(1)
    held = Holder(one)
    for callee in (bowline.get_global_func("testing.nop"), bowline.get_global_func("testing.add_one")):
        try:
            callee(one._move())
        except TypeError:
            pass
        assert one.n == 1
        assert held.value is one
        assert Holder(one).value is one
    del one
    gc.collect()
    assert held.value.n == 1


def test_what_had_no_identity():
    """Weakness 30: functions made here, errors and Python's own objects have one identity.

    They are the same wherever they are read.
    """
    function = convert(lambda: 1)
    error = bowline._core.make_error("ValueError", "text")
    payload = object()
    for one in (function, error, payload):
        held = AnyHolder(one)
        assert held.value is one
        assert List([one])[0] is one
        assert Array([one])[0] is held.value
        assert convert(lambda x: x)(one) is one
    address = id(function)
    held = AnyHolder(function)
    del function, one
    gc.collect()
    assert id(held.value) == address


@pytest.mark.parametrize("base", [Plain, Dict, All])
def test_a_class_that_goes_before_its_instances_object(base):
    """Weakness 13: a wrapper keeps its class, and its storage is freed by that."""
    kept = []
    for n in range(20):
        cls = type("Passing", (base,), {"__slots__": ("more",), "__module__": __name__})
        one = cls(n)
        one.more = [n]
        kept.append(Holder(one))
        del cls, one
    gc.collect()
    assert [(type(held.value).__name__, held.value.n, held.value.more) for held in kept] == [
        ("Passing", n, [n]) for n in range(20)
    ]
    base_deaths = getattr(base, "deaths", [])
    kept.clear()
    base_deaths.clear()


def test_a_type_without_a_class_met_by_threads():
    """Weaknesses 23 and 33: threads that meet an unknown type agree on its class. A class may come later, too."""
    core = bowline._core
    for _ in range(20):
        key = new_key("weakness.unknown")
        index = core.new_type(key, core.type_index("ffi.Object"))
        core.define(index, [core.FieldSpec("n", bowline.core.TypeSchema("int"))], None, None)
        maker = bowline._fallback.make_fallback
        made = []
        run_threads(*[lambda: made.append(maker(index))] * 6)
        assert len(set(made)) == 1
        held = Holder(made[0](5))
        seen = []
        run_threads(*[lambda: seen.append(held.value)] * 4)
        assert len({id(one) for one in seen}) == 1
        seen.clear()

        @bowline.register_object(key)
        class Known(bowline.Object):
            extra = "class attribute"

        assert type(Known(1)) is Known


def test_sharing_between_pickles_of_fields():
    """Weakness 34: what two separately pickled wrappers share is shared afterwards."""
    shared = Plain(1)
    a, b = AnyHolder(shared), AnyHolder([shared])
    a2, b2 = pickle.loads(pickle.dumps([a, b]))
    assert a2.value is b2.value[0]


def test_readers_of_a_wrapper_that_is_moved():
    """Weakness 8: moves and re-initialisations on one thread, reads on others. They read a value that was there, or none."""
    one = Plain(1)
    stop = threading.Event()

    def move():
        for n in range(300):
            other = Plain.__new__(Plain)
            other.__move_handle_from__(one)
            assert other.n >= 1
            one.__move_handle_from__(other)
            one.__init__(n + 2)
        stop.set()

    def read():
        while not stop.is_set():
            try:
                assert one.n >= 1
                assert Holder(one).value.n >= 1
            except (AttributeError, TypeError):
                # Moved away just now.
                pass

    run_threads(move, read, read)
    assert one.n == 301
