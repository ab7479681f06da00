"""Python dicts become native ones at one moment, at one lock. Other threads may do to them what they like."""

import threading
import time

import bowline
import pytest
from bowline import Object
from bowline.dataclasses import field, py_class


@py_class("test_dict_conversion.WithDict")
class WithDict(Object):
    held: dict[str, int] = field(default_factory=dict)


@py_class("test_dict_conversion.WithList")
class WithList(Object):
    held: list[int] = field(default_factory=list)


def seconds(work):
    """What the thread works for one call, at best."""
    best = float("inf")
    for _ in range(5):
        begin = time.thread_time()
        work()
        best = min(best, time.thread_time() - begin)
    return best


def test_an_entry_of_a_dict_costs_what_items_of_a_list_do():
    # On 3.13t a lock within a lock made it the two hundredfold.
    entries = {n: n for n in range(5000)}
    items = list(entries)
    assert seconds(lambda: bowline.Map(entries)) < 30 * seconds(lambda: bowline.Array(items))


def test_a_class_with_an_empty_dict_as_default_is_made_as_one_with_an_empty_list():
    def make(cls):
        for _ in range(300):
            cls()

    assert seconds(lambda: make(WithDict)) < 10 * seconds(lambda: make(WithList))


class OwnDict(dict):
    """A subclass, whose own items count."""

    def items(self):
        return [(key, value + 1) for key, value in super().items()]


@pytest.mark.parametrize("make", [bowline.Map, bowline.Dict, bowline.convert, lambda entries: bowline.get_global_func("testing.echo")(entries)])
def test_all_entries_in_their_order(make):
    entries = {str(n): n for n in range(300)}
    for n in range(0, 300, 7):
        del entries[str(n)]
    assert list(make(entries).items()) == list(entries.items())
    assert list(make({}).items()) == []
    assert dict(make(OwnDict(a=1)).items()) == {"a": 2}



@pytest.mark.parametrize(
    "use",
    [
        bowline.convert,
        bowline.Map,
        bowline.Dict,
        lambda shared: bowline.Dict({}).update(shared),
        lambda shared: bowline.convert([shared, (shared,)]),
        lambda shared: bowline.convert(list(shared.values())),
        lambda shared: bowline.get_global_func("testing.echo")(shared),
    ],
    ids=["convert", "Map", "Dict", "update", "nested", "list", "argument"],
)
def test_a_dict_that_changes_meanwhile(use):
    shared = {n: n for n in range(200)}
    stop = threading.Event()

    def change():
        n = 0
        while not stop.is_set():
            shared[1000 + n % 50] = n
            shared.pop(1000 + n * 7 % 50, None)
            n += 1

    changers = [threading.Thread(target=change) for _ in range(2)]
    for changer in changers:
        changer.start()
    try:
        for _ in range(150):
            try:
                use(shared)
            except RuntimeError as error:
                # Python's own methods say so of the dicts that they iterate over.
                assert "dictionary" in str(error)
    finally:
        stop.set()
        for changer in changers:
            changer.join()


def test_a_list_that_changes_meanwhile():
    shared = list(range(200))
    stop = threading.Event()

    def change():
        while not stop.is_set():
            shared.append(1)
            shared.pop(0)
            del shared[150:]
            shared.extend(range(50))

    changer = threading.Thread(target=change)
    changer.start()
    try:
        for _ in range(300):
            assert all(isinstance(item, int) for item in bowline.convert(shared))
            assert all(isinstance(item, int) for item in bowline.List(shared))
    finally:
        stop.set()
        changer.join()


def test_a_dict_that_its_own_values_change():
    class Grows:
        def __init__(self, holder):
            self.holder = holder

        def __tvm_ffi_value__(self):
            self.holder[len(self.holder)] = 0
            return 1

    holder = {}
    holder.update({-n: Grows(holder) for n in range(1, 9)})
    assert dict(bowline.Map(holder).items()) == {-n: 1 for n in range(1, 9)}
    assert len(holder) == 16


def test_keywords_that_change_while_they_replace_fields():
    @py_class("test_dict_conversion.Pair")
    class Pair(Object):
        a: int
        b: int

    keywords = {}

    class Changes:
        def __index__(self):
            keywords.clear()
            return 7

    import numbers

    numbers.Integral.register(Changes)
    Changes.__int__ = Changes.__index__
    keywords.update(a=Changes(), b=2)
    # `functools.partial` and the like hand on their own dict.
    made = type(Pair(0, 0)).__replace__(Pair(0, 0), **keywords)
    assert (made.a, made.b) == (7, 2)


def test_a_state_that_changes_while_it_is_set():
    slots = {}

    @py_class("test_dict_conversion.Slotted")
    class Slotted(Object):
        __slots__ = ("one", "two")
        n: int = 0

        def __setattr__(self, name, value):
            slots[f"more_{len(slots)}"] = 1
            super().__setattr__(name, value)

    slots.update(one=1, two=2)
    state = (None, None, slots)
    made = Slotted.__new__(Slotted)
    made.__setstate__(state)
    assert (made.one, made.two) == (1, 2)
