"""Many threads read one shared field; identity holds, nothing crashes, counters return (the fixture checks)."""

import functools
import gc
import threading

import bowline
import pytest
from bowline import List
from bowline.dataclasses import py_class
from shapes import HOLDERS, All, AnyHolder, Dict, FrozenHolder, Holder, Plain, Weak
from support import run_threads

SHAPES = pytest.mark.parametrize("cls", [Plain, Weak, Dict, All])


def reader(held, rounds, seen):
    def read():
        address = None
        for _ in range(rounds):
            one = held.value
            if one is not held.value:
                raise AssertionError("two wrappers at once")
            if address is None:
                address = id(one)
            elif id(one) != address:
                seen.append(id(one))
            del one
        seen.append(address)

    return read


def test_the_reader_sees_a_second_wrapper():
    class Untied:
        @property
        def value(self):
            return object()

    with pytest.raises(AssertionError, match="two wrappers"):
        run_threads(*[reader(Untied(), 10, [])] * 2)


@pytest.mark.parametrize("holder", HOLDERS)
def test_sixteen_threads_read_one_field(holder):
    held, seen = holder(Plain(1)), []
    run_threads(*[reader(held, 20_000, seen)] * 16)
    assert len(seen) == 16
    assert set(seen) == {id(held.value)}


@pytest.mark.parametrize("holder", [FrozenHolder, Holder])
def test_sixteen_threads_native_threads_and_gc(holder):
    held, seen = holder(Plain(1)), []
    stop = threading.Event()
    rounds = []

    def collect():
        while not stop.wait(0.001):
            gc.collect()

    def hammer():
        rounds.append(bowline._core.testing_hammer(held.value, 2, 2.0))

    def read():
        run_threads(*[reader(held, 20_000, seen)] * 16)
        stop.set()

    run_threads(collect, hammer, read)
    assert rounds[0] > 0
    assert len(seen) == 16
    assert set(seen) == {id(held.value)}


@SHAPES
def test_drop_and_refetch(cls):
    cls_deaths = getattr(cls, "deaths", [])
    held = Holder(cls(1))

    def work():
        for _ in range(5_000):
            one = held.value
            assert one is held.value
            assert one.n == 1
            del one

    run_threads(*[work] * 4)
    cls_deaths.clear()
    assert held.value.n == 1


@SHAPES
def test_replace_while_reading(cls):
    """Weakness 9: a getter against a setter."""
    held = Holder(cls(0))
    stop = threading.Event()

    def write():
        for n in range(3_000):
            held.value = cls(n)
        stop.set()

    def read():
        while not stop.is_set():
            one = held.value
            assert type(one) is cls
            assert 0 <= one.n < 3_000

    run_threads(write, read, read, read)
    getattr(cls, "deaths", []).clear()


def test_a_field_of_any_kind_is_never_torn():
    """Weakness 9: a value of two words is written whole."""
    texts = ["short", "a text that does not fit into eight bytes", "ünï"]
    held = AnyHolder(0)
    values = [1, 1.5, None, *texts, b"bytes that are long enough", True]
    shown = {repr(value) for value in [0, *values]}
    stop = threading.Event()

    def write():
        for _ in range(500):
            for value in values:
                held.value = value
            held.value = Plain(7)
            held.value = [1]
        stop.set()

    def read():
        while not stop.is_set():
            value = held.value
            if isinstance(value, Plain):
                assert value.n == 7
            elif isinstance(value, bowline.Array):
                assert list(value) == [1]
            else:
                assert repr(value) in shown

    run_threads(write, write, read, read)


def test_first_instances_of_a_class():
    """The plan of a class, and its table of fields, are made by racing threads."""
    for number in range(40):

        @py_class(f"test_stress.First{number}")
        class First(bowline.Object):
            n: int
            x: bowline.Object

        start, one, found = threading.Barrier(8), Plain(1), []

        def construct(n, cls=First, start=start, one=one, found=found):
            start.wait()
            made = cls(n, one)
            found.append((made.n, made.x is one, type(made) is cls))

        run_threads(*[functools.partial(construct, n) for n in range(8)])
        assert sorted(found) == [(n, True, True) for n in range(8)]


def test_wrappers_travel_between_threads():
    boxes = [Holder(Plain(n)) for n in range(20)]
    shelf = List(boxes)

    def work():
        for n in range(1_000):
            box = shelf[n % 20]
            assert box is shelf[n % 20]
            one = box.value
            assert one is shelf[n % 20].value
            shelf[n % 20] = box

    run_threads(*[work] * 4)


def test_threads_come_and_go():
    held = Holder(Plain(1))

    def work():
        for _ in range(50):
            assert held.value is held.value

    for _ in range(50):
        run_threads(*[work] * 4)


def test_trim_while_others_fetch():
    kept = [Holder(Plain(n)) for n in range(50)]
    stop = threading.Event()

    def trim():
        for _ in range(300):
            bowline.trim()
            bowline.stats()
        stop.set()

    def fetch():
        while not stop.is_set():
            for n, held in enumerate(kept):
                one = held.value
                assert one.n == n
                assert one is held.value

    run_threads(trim, fetch, fetch, fetch)


def test_weak_references_race_with_deaths():
    import weakref

    held = Holder(Weak(1))

    def work():
        for _ in range(3_000):
            one = held.value
            ref = weakref.ref(one)
            assert ref() is one
            del one
            found = ref()
            assert found is None or found is held.value

    run_threads(*[work] * 4)
