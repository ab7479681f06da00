"""Constructors that native code calls, and sentinels among their arguments. Attributes of a class's type are here, too."""

import copy
import pickle
from typing import Any

import bowline
import pytest
from bowline import get_global_func, testing
from bowline.core import KWARGS, MISSING


def ffi(name, *args):
    return get_global_func(f"ffi.{name}")(*args)


@bowline.py_class("test.ffi_init.Made")
class Made(bowline.Object):
    a: int
    b: int = 4
    c: int = bowline.dataclasses.field(default=9, kw_only=True)
    d: list[int] = bowline.dataclasses.field(default_factory=list, init=False)


def attribute(name):
    return bowline.core._lookup_type_attr(Made.__tvm_ffi_type_info__.type_index, name)


# They last as long as the type. A test that made them would count them.
construct = attribute("__ffi_init__")
SIZE = bowline._core.total_size(Made.__tvm_ffi_type_info__.type_index)
ffi("_PyClassRegisterTypeAttrColumns", Made.__tvm_ffi_type_info__.type_index, SIZE)


@pytest.mark.parametrize("by_name", [(KWARGS, "c", 3), (KWARGS, "c", 3, "b", 4), (MISSING, KWARGS, "c", 3)])
def test_names_behind_kwargs(by_name):
    made = construct(1, *by_name)
    assert (type(made), made.a, made.b, made.c, list(made.d)) == (Made, 1, 4, 3, [])
    again = Made(7)
    again.__ffi_init__(1, *by_name)
    assert (again.a, again.b, again.c) == (1, 4, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "missing required argument: 'a'"),
        ((KWARGS,), "missing required argument: 'a'"),
        ((1, 2, 3), "takes 2 positional arguments but 3 were given"),
        ((1, KWARGS, "c"), "names and values by turns behind KWARGS, got 1"),
        ((1, KWARGS, 3, 3), "takes a str as a name behind KWARGS, got int"),
        ((1, KWARGS, "e", 3), "unexpected keyword argument 'e'"),
        ((1, KWARGS, "d", 3), "unexpected keyword argument 'd'"),
        ((1, KWARGS, "a", 3), "multiple values for argument 'a'"),
        ((1, KWARGS, "c", 3, "c", 4), "multiple values for argument 'c'"),
    ],
)
def test_what_does_not_suit_behind_kwargs(arguments, message):
    with pytest.raises(TypeError, match=message):
        construct(*arguments)
    made = Made(1)
    with pytest.raises(TypeError, match=message):
        made.__ffi_init__(*arguments)
    assert (made.a, made.b, made.c) == (1, 4, 9)


def test_names_behind_kwargs_and_keywords():
    made = Made(7)
    made.__ffi_init__(1, KWARGS, "b", 2, c=3)
    assert (made.a, made.b, made.c) == (1, 2, 3)
    with pytest.raises(TypeError, match="multiple values for argument 'c'"):
        made.__ffi_init__(1, KWARGS, "c", 2, c=3)


@bowline.py_class("test.ffi_init.Fits")
class Fits(bowline.Object):
    """Fields that a sentinel would fit."""

    a: Any = 5
    b: str = "b"


@bowline.py_class("test.ffi_init.Raw")
class Raw(bowline.Object):
    """One whose objects are made of their words."""

    a: bowline.Object
    b: int


def test_sentinels_are_no_values_of_fields_that_they_fit():
    fits = [Fits(MISSING, "c"), Fits(MISSING, type("Text", (str,), {})("c")), Fits(KWARGS, "b", "c")]
    assert [(made.a, made.b) for made in fits] == [(5, "c")] * 3
    with pytest.raises(TypeError, match="missing required argument: 'a'"):
        Raw(MISSING, 1)
    with pytest.raises(TypeError, match="names and values by turns behind KWARGS"):
        Fits(KWARGS, "b")


@pytest.mark.keeps_objects(reason="attributes belong to types")
def test_columns_of_a_class():
    info = Made.__tvm_ffi_type_info__
    with pytest.raises(ValueError, match=r"objects of `test\.ffi_init\.Made` have \d+ bytes, not 1"):
        ffi("_PyClassRegisterTypeAttrColumns", info.type_index, 1)
    ffi("_RegisterFFIInit", info.type_index)
    assert attribute("__ffi_init__") is construct
    blank = attribute("__ffi_new__")()
    assert (type(blank), blank.a, blank.b) == (Made, 0, 0)
    made = Made(1)
    other = attribute("__ffi_shallow_copy__")(made)
    assert other is not made
    assert (other.a, other.d) == (1, made.d)


@pytest.mark.parametrize("sentinel", [MISSING, KWARGS])
def test_sentinels_are_the_only_ones(sentinel):
    assert isinstance(sentinel, bowline.Object)
    assert testing.echo(sentinel) is sentinel
    assert bowline.Array([sentinel])[0] is sentinel
    assert bowline.convert(sentinel) is sentinel
    assert pickle.loads(pickle.dumps(sentinel)) is sentinel
    assert copy.copy(sentinel) is sentinel
    assert copy.deepcopy(bowline.List([sentinel]))[0] is sentinel
    assert repr(sentinel) == ffi("ReprPrint", sentinel) == f"<{sentinel.name}>"


@pytest.mark.keeps_objects(reason="attributes belong to types")
def test_functions_of_a_type_are_there_when_they_are_asked_for():
    @bowline.py_class(f"ffi_init.Late{id(object())}")
    class Late(bowline.Object):
        x: int

    lookup = bowline.core._lookup_type_attr
    index = Late.__tvm_ffi_type_info__.type_index
    blank, made = lookup(index, "__ffi_new__")(), Late(3)
    assert (type(blank), blank.x) == (Late, 0)
    copied = lookup(index, "__ffi_shallow_copy__")(made)
    assert copied is not made
    assert copied.x == 3
    assert copy.copy(made).x == 3
    for name in ("__ffi_new__", "__ffi_shallow_copy__", "__ffi_init__"):
        assert lookup(index, name) is lookup(index, name)
    plain = testing.TestNonCopyable.__tvm_ffi_type_info__.type_index
    assert lookup(plain, "__ffi_shallow_copy__") is None


def test_a_constructor_among_the_methods():
    info = testing.TestIntPair.__tvm_ffi_type_info__
    (method,) = (method for method in info.methods if method.name == "__ffi_init__")
    assert method.is_static
    made = testing.TestIntPair.__new__(testing.TestIntPair)
    made.__init_handle_by_constructor__(method.func, 10, 20)
    assert (made.a, made.b) == (10, 20)
    assert testing.TestIntPair(1, 2).sum() == 3
