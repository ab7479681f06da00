"""Unions take what a value is before what it can become."""

from typing import Any, Optional, Union

import bowline
import numpy
import pytest
from bowline import Array, Dict, List, Map, dtype, py_class
from bowline.core import TypeSchema
from support import new_key


def schema(annotation):
    return TypeSchema.from_annotation(annotation)


def taken(annotation, value):
    """The value as a field and as a schema of this type take it."""

    class Holder(bowline.Object):
        __annotations__ = {"value": annotation}

    cls = py_class(new_key("union"))(Holder)
    found = cls(value).value
    again = cls(None) if annotation is Any else cls(value)
    again.value = value
    assert type(again.value) is type(found)
    return found


pytestmark = pytest.mark.keeps_objects(reason="classes stay registered")


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (Union[bool, int], 5, 5),
        (Union[int, bool], True, True),
        (Union[bool, int], True, True),
        (Union[float, int], 5, 5),
        (Union[int, float], 5.0, 5.0),
        (Union[float, bool], True, True),
        (Union[bool, float, int], 5, 5),
        (Optional[Union[bool, int]], 5, 5),
        (Union[bool, int, None], None, None),
        (Union[float, str], 5, 5.0),
        (Union[bool, str], 5, True),
        (Union[str, bytes], b"x", b"x"),
        (Union[dtype, str], "float32", "float32"),
        (Union[str, dtype], dtype("float32"), dtype("float32")),
        (Union[bool, int], numpy.int64(5), 5),
        (Union[int, float], numpy.float32(1.5), 1.5),
        (Union[float, int], numpy.int8(5), 5),
        (Union[int, bool], numpy.bool_(True), True),
        (Union[int, str], numpy.bool_(True), 1),
    ],
    ids=repr,
)
def test_what_a_value_is_comes_first(annotation, value, expected):
    found = taken(annotation, value)
    assert type(found) is type(expected)
    assert found == expected


@pytest.mark.parametrize(
    ("annotation", "value", "kind", "items"),
    [
        (Union[list[bool], list[int]], [5], List, [5]),
        (Union[list[float], list[int]], [5, 6], List, [5, 6]),
        (Union[list[int], tuple[int, ...]], (1,), Array, [1]),
        (Union[tuple[int, ...], list[int]], [1], List, [1]),
        (Union[tuple[bool, ...], tuple[int, ...]], [5], Array, [5]),
        (Union[tuple[bool, bool], tuple[int, int]], (5, 6), Array, [5, 6]),
        (list[Union[bool, int]], [5, True], List, [5, True]),
        (Union[list[int], list[str]], ["a"], List, ["a"]),
        (Union[list[int], list[str]], [], List, []),
    ],
    ids=repr,
)
def test_also_of_items(annotation, value, kind, items):
    found = taken(annotation, value)
    assert isinstance(found, kind)
    assert list(found) == items
    assert [type(item) for item in found] == [type(item) for item in items]


def test_also_of_entries():
    found = taken(Union[dict[str, bool], dict[str, int]], {"a": 5})
    assert found["a"] == 5 and type(found["a"]) is int
    found = taken(Union[Map[int, str], Dict[int, str]], {1: "a"})
    assert isinstance(found, Dict)


@pytest.mark.parametrize(
    "annotation",
    [Union[int, bool], Union[bool, int], Union[float, int], Union[int, str], Union[str, int, None], Union[int, float], int, Optional[int]],
    ids=repr,
)
@pytest.mark.parametrize("value", [2**70, -(2**63) - 1, numpy.uint64(2**63)], ids=repr)
def test_an_int_that_is_too_large_says_so(annotation, value):
    with pytest.raises(TypeError, match="expected int in the int64 range, got a larger one"):
        taken(annotation, value)


@pytest.mark.parametrize("annotation", [Union[int, Any], Union[Any, int], Union[int, bowline.Object], Union[str, int, Any]], ids=repr)
@pytest.mark.parametrize("value", [2**70, -(2**63) - 1], ids=repr)
def test_what_takes_all_takes_an_int_that_is_too_large(annotation, value):
    assert taken(annotation, value) == value
    assert taken(annotation, 7) == 7
    assert list(taken(Union[list[int], annotation], [1, value])) == [1, value]


def test_one_among_items_says_so_too():
    with pytest.raises(TypeError, match=r"element \[1\].*int64 range"):
        taken(Union[list[int], str], [1, 2**70])


def test_objects():
    @py_class(new_key("union"))
    class Base(bowline.Object):
        pass

    @py_class(new_key("union"))
    class Child(Base):
        pass

    child = Child()
    assert taken(Union[int, Base], child) is child
    assert taken(Union[Base, Child], child) is child
    kept = Array([1])
    assert taken(Union[list[int], Array[int]], kept) is kept
    assert taken(Union[str, Array[bool], Array[int]], kept) is kept


def test_nothing_suits():
    with pytest.raises(TypeError, match=r"expected int \| str, got list"):
        taken(Union[int, str], [1])


def test_user_code_that_fails_while_it_is_asked():
    class Meta(type):
        def __getattribute__(cls, name):
            raise TypeError("asked")

    class Odd(metaclass=Meta):
        pass

    with pytest.raises(TypeError):
        taken(Union[int, str], Odd())
