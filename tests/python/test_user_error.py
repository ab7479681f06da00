"""Exceptions from user code, wherever native code calls it. They come out as they are and leave everything as it was."""

import gc
from typing import Any

import bowline
import pytest
from bowline import Array, List, Map, convert, field, py_class
from shapes import Holder, Plain, Weak
from support import new_key


class Oops(Exception):
    pass


def oops(*_, **__):
    raise Oops("now")


@py_class("user_error.Touchy")
class Touchy(bowline.Object):
    n: int = 0

    __eq__ = __hash__ = oops


@pytest.mark.parametrize("cls", [Array, List], ids=["Array", "List"])
def test_comparisons_of_items(cls):
    items = cls([Touchy(1), 2])
    for compare in (
        lambda: items.index(Touchy(1)),
        lambda: items.count(Touchy(1)),
        lambda: Touchy(1) in items,
        lambda: Touchy(1) == 1,
        lambda: Touchy(1) != 1,
        lambda: hash(Touchy(1)),
    ):
        with pytest.raises(Oops, match="now"):
            compare()
    assert items[0].n == 1
    assert len(items) == 2


def test_a_removal_that_cannot_compare_removes_nothing():
    items = List([1, Touchy(1), 2])
    with pytest.raises(Oops):
        items.remove(Touchy(2))
    assert len(items) == 3
    items.remove(1)
    assert len(items) == 2


def test_keys_are_compared_without_user_code():
    one = Touchy(1)
    entries = bowline.Dict()
    entries[one] = "found"
    assert entries[one] == "found"
    assert Touchy(1) not in entries
    assert Map(entries)[one] == "found"


@pytest.mark.keeps_objects(reason="hooks are attributes of types")
def test_hooks_of_content():
    @py_class(new_key())
    class Hooked(bowline.Object):
        __ffi_eq__ = __ffi_hash__ = oops

    items = Array([Hooked()])
    for fail in (lambda: hash(items), lambda: items == Array([Hooked()]), lambda: {items: 1}):
        with pytest.raises(Oops):
            fail()


class Broken:
    """An iterable that ends with an exception."""

    def __iter__(self):
        yield Plain(1)
        raise Oops("now")

    def keys(self):
        return ["a"]

    __getitem__ = items = oops


def test_iterables_that_fail():
    items = List([Plain(0)])
    for fail in (
        lambda: items.extend(Broken()),
        lambda: items.__setitem__(slice(0, 1), Broken()),
        lambda: Array(Broken()),
        lambda: List(Broken()),
    ):
        with pytest.raises(Oops):
            fail()
    assert [one.n for one in items] == [0]


class Number:
    __index__ = __int__ = __float__ = __bool__ = oops


class Protocol:
    __tvm_ffi_value__ = __tvm_ffi_object__ = oops


@py_class("user_error.Fields")
class Fields(bowline.Object):
    i: int = 1
    a: Any = "before"


@pytest.mark.parametrize("value", [Protocol(), [1, Protocol()], {"k": Protocol()}], ids=["alone", "in list", "in dict"])
def test_conversions_that_raise(value):
    one = Fields()
    for fail in (
        lambda: setattr(one, "a", value),
        lambda: Fields(a=value),
        lambda: convert(value),
        lambda: convert(lambda x: x)(value),
        lambda: convert(lambda: value)(),
        lambda: List([value]),
        lambda: bowline.Dict({1: value}),
    ):
        with pytest.raises(Oops):
            fail()
    assert (one.i, one.a) == (1, "before")


def test_indices_that_raise():
    items = List([1, 2])
    for fail in (
        lambda: items[Number()],
        lambda: items.__setitem__(Number(), 5),
        lambda: items.__delitem__(Number()),
        lambda: items[Number() :],
        lambda: items.pop(Number()),
        lambda: items.insert(Number(), 5),
    ):
        with pytest.raises(Oops):
            fail()
    assert list(items) == [1, 2]


@pytest.mark.keeps_objects("a class's factory is a native function")
def test_construction_that_raises():
    @py_class(new_key())
    class Factory(bowline.Object):
        n: Any = field(default_factory=oops)

    @py_class(new_key())
    class Post(bowline.Object):
        n: Any = None

        def __post_init__(self):
            raise Oops("now")

    one = Post.__new__(Post)
    for fail in (Factory, Post, lambda: Post(Plain(1)), one.__init__):
        with pytest.raises(Oops):
            fail()
    # It was whole when the user's code began.
    assert one.n is None
    assert Holder(one).value is one


def test_callbacks_between_native_calls():
    apply = bowline.get_global_func("testing.apply")
    inner = convert(oops)
    one = Plain(1)
    before = bowline._core.strong_count(one)
    for fail in (lambda: inner(one), lambda: apply(inner, one), lambda: apply(apply, inner, [one])):
        with pytest.raises(Oops) as raised:
            fail()
        raised.value.__traceback__ = None
        del raised
    gc.collect()
    bowline.settle()
    assert bowline._core.strong_count(one) == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_end_of_a_wrapper():
    """The interpreter reports a `__del__` or a weakref callback that raises. The end goes on."""
    import weakref

    @py_class(new_key())
    class Dying(bowline.Object):
        n: int = 0

        def __del__(self):
            raise Oops("now")

    for _ in range(3):
        held, weak = Holder(Dying(5)), Holder(Weak(6))
        ref = weakref.ref(weak.value, oops)
        assert (held.value.n, ref().n) == (5, 6)
        held.value = weak.value = None
        assert ref() is None


def test_state_that_raises():
    one = Fields(i=3)
    with pytest.raises(Oops):
        one.__setstate__(((4, Protocol()),))
    assert (one.i, one.a) == (3, "before")
