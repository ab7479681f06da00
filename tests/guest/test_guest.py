"""What a guest in Rust shares with its host. BOWLINE_PROBE is the path of the library of this folder's crate."""

import copy
import gc
import os
import pickle
import threading
import time

import bowline
import pytest
from bowline.core import KWARGS, MISSING
from bowline.dataclasses import c_class, py_class

_library = bowline.load_module(os.environ["BOWLINE_PROBE"])


@c_class("guest.Cell")
class Cell(bowline.Object):
    pass


@c_class("guest.Wide")
class Wide(bowline.Object):
    pass


@c_class("guest.Hidden")
class Hidden(bowline.Object):
    pass


@c_class("guest.Loud")
class Loud(bowline.Object):
    pass


@py_class("guest_test.Pair")
class Pair(bowline.Object):
    a: int
    b: str
    c: list[int]


def guest(name):
    return bowline.get_global_func(f"guest.{name}")


def objects():
    gc.collect()
    bowline.settle()
    bowline.trim()
    return bowline.stats()["objects_alive"]


def run_threads(*workers):
    errors = []

    def run(worker):
        try:
            worker()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
        assert not thread.is_alive()
    if errors:
        raise errors[0]


def test_loaded_again_it_is_the_same():
    again = bowline.load_module(os.environ["BOWLINE_PROBE"])
    assert again.kind == "library"
    assert Cell(1).number == 7


def test_objects_are_counted_by_the_host():
    before = objects()
    kept = [guest("make_cell")(n) for n in range(10)] + [Cell(n) for n in range(10)]
    assert objects() == before + 20 == guest("alive")()
    del kept
    assert objects() == before


def test_fields_of_every_storage():
    inner = Cell(1)
    values = dict(
        small=-5, byte=250, word=2**32 - 1, long=2**63 - 1, single=0.5, double=0.1, yes=True,
        dtype="float32x4", device=bowline.device("cuda", 3), text="a text beyond the inline ones", bytes=b"\0\1", any=[1, "x"],
        object=inner, maybe=None, array=[1, 2], list=["a"], map={"k": 1}, dict={1: inner}, function=lambda x: x + 1,
    )  # fmt: skip
    wide = Wide(**values)
    assert (wide.small, wide.byte, wide.word, wide.long) == (-5, 250, 2**32 - 1, 2**63 - 1)
    assert (wide.single, wide.double, wide.yes, wide.text, wide.bytes) == (0.5, 0.1, True, values["text"], b"\0\1")
    assert wide.dtype == "float32x4" and wide.device == values["device"]
    assert wide.object is inner and wide.dict[1] is inner and wide.maybe is None and wide.function(1) == 2
    assert list(wide.array) == [1, 2] and list(wide.list) == ["a"] and wide.map["k"] == 1
    for name in values:
        with pytest.raises(AttributeError):
            setattr(wide, name, getattr(wide, name))
    for name, wrong in [("small", 128), ("byte", -1), ("word", 2**32), ("text", 1), ("maybe", inner), ("array", ["x"])]:
        with pytest.raises((TypeError, ValueError, OverflowError)) as raised:
            Wide(**{**values, name: wrong})
        assert name in str(raised.value)
    twin = copy.copy(wide)
    assert twin is not wide and twin.object is inner and type(twin) is Wide
    assert list(guest("field_names")(wide)) == list(values)


def test_defaults_and_assignment():
    cell = Cell("x")
    assert (cell.value, cell.number, cell.text, cell.next) == ("x", 7, "seven", None)
    cell.next, cell.number = cell, 8
    assert cell.next is cell and guest("get_field")(cell, "number") == 8
    guest("set_field")(cell, "text", "from the guest")
    assert cell.text == "from the guest"
    with pytest.raises(TypeError, match="text"):
        guest("set_field")(cell, "text", 1)
    with pytest.raises(TypeError, match="number"):
        cell.number = "x"
    cell.next = None


def test_fields_are_written_and_read_by_both():
    before = objects()
    cell = Cell(None)
    values = [1, "a text beyond the inline ones", 0.5, Cell(3)]
    end = time.monotonic() + 1.5

    def guest_writes():
        while time.monotonic() < end:
            guest("write_cell")(cell, values, 50)

    def guest_reads():
        while time.monotonic() < end:
            guest("read_cell")(cell, 100)

    def python():
        while time.monotonic() < end:
            value, following = cell.value, cell.next
            assert value is None or value in values, value
            assert following is None or type(following) is Cell
            text = cell.text
            assert text.startswith("a text beyond the inline ones") or text in ("seven", "python"), text
            cell.value, cell.text, cell.next = values[1], "python", Cell(1)

    run_threads(guest_writes, guest_reads, python, python)
    cell.next = cell.value = None
    del cell, values
    assert objects() == before


def test_containers_are_changed_by_both():
    before = objects()
    numbers, names = bowline.List([]), bowline.Dict({})

    def python(stem):
        for n in range(500):
            numbers.append(n)
            names[f"{stem}.{n}"] = n
            assert len([n for n in numbers][:3]) <= 3
            for key in list(names)[:5]:
                names.get(key)

    run_threads(
        lambda: guest("push_many")(numbers, 3000),
        lambda: guest("fill")(names, "guest", 1000),
        lambda: python("a"),
        lambda: python("b"),
    )
    assert len(names) == 500 + 1000
    # Of three that the guest pushes it pops what is last, which may be Python's.
    assert len(numbers) == 3000 - 1000 + 1000
    assert guest("sum")(bowline.Dict({"a": 1, "b": 2})) == 3
    del numbers, names
    assert objects() == before


def test_walks_show_what_was_there_when_they_began():
    names = bowline.Dict({f"k{n}": n for n in range(10)})
    # A walk of the guest's while Python changes the dict, and the other way round.
    assert guest("sum_while")(names, lambda key: names.clear()) == 45
    assert len(names) == 0
    names = bowline.Dict({f"k{n}": n for n in range(10)})
    walk = iter(names.items())
    first = next(walk)
    guest("fill")(names, "more", 100)
    assert [first, *walk] == [(f"k{n}", n) for n in range(10)]


def test_weak_handles():
    before = objects()
    assert guest("weak")() is True
    assert objects() == before


def test_members_that_python_does_not_see():
    before = objects()
    inner = Cell(1)
    hidden = Hidden(inner)
    hidden.note("one")
    assert list(hidden.lines()) == ["begun", "one"] and hidden.first is inner
    again = Hidden.twice(inner)
    assert list(again.first.lines()) == ["begun"]
    for refused in [copy.copy, copy.deepcopy, pickle.dumps]:
        with pytest.raises((TypeError, RuntimeError), match="cop"):
            refused(hidden)
    assert list(guest("field_names")(hidden)) == ["first"]
    del inner, hidden, again
    assert objects() == before


def test_a_subclass_in_python():
    @py_class("guest_test.Sub")
    class Sub(Hidden):
        extra: int

    # What is made once for a class is there. So is what is made for the record of its type.
    assert guest("get_field")(Sub(Cell(0), 4), "extra") == 4
    before = objects()
    sub = Sub(Cell(1), 5)
    sub.note("in a subclass")
    assert list(sub.lines()) == ["begun", "in a subclass"] and sub.extra == 5
    assert guest("is_instance")(sub, "guest.Hidden") and not guest("is_instance")(sub, "guest.Cell")
    assert guest("get_field")(sub, "extra") == 5
    del sub
    assert objects() == before


def test_an_end_that_panics_ends_in_the_guest():
    before = objects()
    for make in [Loud, guest("make_loud")]:
        loud = make(Cell(1))
        assert type(loud.value) is Cell
        del loud
        assert objects() == before


def test_objects_of_python_as_the_guest_sees_them():
    pair = Pair(1, "x", [1, 2])
    assert list(guest("field_names")(pair)) == ["a", "b", "c"]
    assert guest("get_field")(pair, "c") is pair.c
    guest("set_field")(pair, "a", 5)
    assert pair.a == 5
    with pytest.raises(TypeError):
        guest("set_field")(pair, "a", "x")
    twin = guest("copy")(pair)
    assert type(twin) is Pair and twin is not pair and list(twin.c) == [1, 2]
    assert guest("equal")(pair, twin) and not guest("equal")(pair, Pair(6, "x", [1, 2]))
    wide = guest("copy")(Cell("x"))
    assert type(wide) is Cell and wide.value == "x"


def test_attributes_are_one():
    cell = Cell(1)
    assert guest("attribute")(cell, "guest_test.attribute") is None
    guest("set_attribute")(cell, "guest_test.attribute", "by the guest")
    assert guest("attribute")(Cell(2), "guest_test.attribute") == "by the guest"
    guest("set_attribute")(cell, "__ffi_repr__", lambda this, recurse: "shown by a hook")
    assert repr(cell) == "shown by a hook"
    guest("set_attribute")(cell, "__any_hash__", lambda this: this.number)
    guest("set_attribute")(cell, "__any_equal__", lambda a, b: a.number == b.number)
    assert guest("map_get")(bowline.Map({Cell(1): "found"}), Cell(2)) == "found"
    with pytest.raises(ZeroDivisionError):
        guest("set_attribute")(cell, "__any_hash__", lambda this: 1 // 0)
        guest("map_get")(bowline.Map({}), Cell(2))
    guest("set_attribute")(cell, "__any_hash__", lambda this: this.number)


def test_names_are_one():
    guest("name")("guest_test.named", lambda x: x * 2, False)
    assert bowline.get_global_func("guest_test.named")(4) == 8
    with pytest.raises(RuntimeError, match="already registered"):
        guest("name")("guest_test.named", lambda x: x, False)
    bowline.register_global_func("guest_test.python", lambda x: x + 1)
    assert guest("call")("guest_test.python", 1) == 2
    with pytest.raises(KeyError, match="no function `guest_test.none`"):
        guest("call")("guest_test.none", 1)
    assert "int" in str(bowline.get_global_func_metadata("guest.alive"))


def test_errors_cross_both_ways():
    def raise_it():
        raise FileNotFoundError("gone")

    assert guest("kind_of")(raise_it) == "FileNotFoundError: gone"
    error = ValueError("the same")

    def raise_again():
        raise error

    with pytest.raises(ValueError) as raised:
        guest("call")("guest_test.raising", bowline.register_global_func("guest_test.raising", lambda _: raise_again(), override=True))
    assert raised.value is error
    with pytest.raises(RuntimeError, match="a panic's text"):
        guest("panic")("a panic's text")
    assert guest("kind_of")(lambda: guest("panic")("inside")) == "RuntimeError: inside"


def test_sentinels_are_one():
    assert list(guest("is_sentinel")(MISSING)) == [True, False]
    assert list(guest("is_sentinel")(KWARGS)) == [False, True]
    assert list(guest("is_sentinel")(1)) == [False, False]
    assert guest("missing")() is MISSING


def test_streams_and_tensors():
    tensor = guest("tensor")(5)
    assert tuple(tensor.shape) == (5,) and str(tensor.dtype) == "float32"
    numpy = pytest.importorskip("numpy")
    assert numpy.from_dlpack(tensor).tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert guest("stream")(2, 0) == 0
