"""What each annotation accepts and what becomes of it, through constructor and setter."""

import ctypes
import fractions
import math
from collections.abc import Callable
from typing import Any, Optional, Union

import bowline
import pytest
from bowline import Array, Function, List, get_global_func
from bowline.core import TypeSchema
from shapes import Plain, Sub
from support import new_key

_made = {}


def holder(annotation):
    """A class with one field `v` of this annotation."""
    if repr(annotation) not in _made:
        namespace = {"__annotations__": {"v": annotation}, "__module__": __name__}
        cls = type(bowline.Object)("Held", (bowline.Object,), namespace)
        _made[repr(annotation)] = bowline.py_class(new_key("conversion"))(cls)
    return _made[repr(annotation)]


ACCEPTED = [
    (int, 0, 0),
    (int, -(2**63), -(2**63)),
    (int, 2**63 - 1, 2**63 - 1),
    (int, True, 1),
    (float, 1.5, 1.5),
    (float, 2, 2.0),
    (float, True, 1.0),
    (float, math.inf, math.inf),
    (float, fractions.Fraction(1, 2), 0.5),
    (bool, True, True),
    (bool, False, False),
    (bool, 2, True),
    (bool, 0, False),
    (str, "", ""),
    (str, "seven77", "seven77"),
    (str, "eight888", "eight888"),
    (str, "ünï 😀 \0 end", "ünï 😀 \0 end"),
    (str, bowline.String("s"), "s"),
    (bytes, b"", b""),
    (bytes, b"seven77", b"seven77"),
    (bytes, b"\0" * 100, b"\0" * 100),
    (bytes, bytearray(b"ab"), b"ab"),
    (None, None, None),
    (Any, None, None),
    (Any, 1, 1),
    (Any, True, True),
    (Any, 1.5, 1.5),
    (Any, "text that is long", "text that is long"),
    (Any, b"bytes", b"bytes"),
    (Optional[int], None, None),
    (Optional[int], 3, 3),
    (Optional[str], "s", "s"),
    (int | None, 3, 3),
    (Union[int, str], 3, 3),
    (Union[int, str], "s", "s"),
    (int | str | None, None, None),
    (list[int], [1, 2], [1, 2]),
    (list[int], (1, 2), [1, 2]),
    (list[int], [], []),
    (list, [1, "a", None], [1, "a", None]),
    (tuple[int, ...], (1, 2), [1, 2]),
    (tuple[int, ...], [1, 2], [1, 2]),
    (tuple[int, str], (1, "a"), [1, "a"]),
    (tuple, (1, "a"), [1, "a"]),
    (list[list[int]], [[1], [2, 3]], [[1], [2, 3]]),
    (list[float], [1, 2.5], [1.0, 2.5]),
    (Optional[list[int]], None, None),
]

REFUSED = [
    (int, "1"),
    (int, 1.0),
    (int, None),
    (int, 2**63),
    (int, -(2**63) - 1),
    (int, [1]),
    (float, "1.0"),
    (float, None),
    (float, 1j),
    (bool, "true"),
    (bool, 1.0),
    (bool, None),
    (str, 1),
    (str, b"bytes"),
    (str, None),
    (bytes, "text"),
    (bytes, [1]),
    (None, 0),
    (Optional[int], "s"),
    (Union[int, str], 1.5),
    (Union[int, str], None),
    (list[int], 1),
    (list[int], "ab"),
    (list[int], [1, "a"]),
    (list[int], None),
    (tuple[int, ...], (1, None)),
    (tuple[int, str], (1,)),
    (tuple[int, str], (1, "a", 2)),
    (tuple[int, str], ("a", 1)),
    (Plain, 1),
    (Plain, None),
    (Plain, "Plain"),
    (Callable[..., Any], 1),
    (Callable, None),
]


def value_of(v):
    if isinstance(v, (Array, List)):
        return [value_of(item) for item in v]
    return v


@pytest.mark.parametrize(("annotation", "given", "expected"), ACCEPTED, ids=repr)
def test_accepted(annotation, given, expected):
    cls = holder(annotation)
    one = cls(given)
    assert value_of(one.v) == expected
    assert type(value_of(one.v)) is type(expected)
    one.v = given
    assert value_of(one.v) == expected


@pytest.mark.parametrize(("annotation", "given"), REFUSED, ids=repr)
def test_refused(annotation, given):
    cls = holder(annotation)
    with pytest.raises((TypeError, OverflowError), match="v"):
        cls(given)


@pytest.mark.parametrize("annotation", [int, float, bool, str, bytes])
def test_a_refused_store_changes_nothing(annotation):
    one = holder(annotation)(annotation())
    with pytest.raises(TypeError):
        one.v = object()
    assert one.v == annotation()


def test_objects():
    cls = holder(Plain)
    plain, sub = Plain(1), Sub(2)
    assert cls(plain).v is plain
    assert cls(sub).v is sub
    with pytest.raises(TypeError, match=r"shapes\.Sub"):
        holder(Sub)(plain)
    with pytest.raises(TypeError):
        cls(Plain.__new__(Plain))


@pytest.mark.parametrize(
    ("given", "kind"),
    [([1, 2], Array), ((1,), Array), ({"a": 1}, bowline.Map), (len, Function), (ValueError("x"), bowline.core.Error), (object(), object)],
    ids=lambda case: getattr(case, "__name__", None),
)
def test_what_becomes_an_object(given, kind):
    one = holder(bowline.Object)(given)
    assert type(one.v) is kind
    assert one.v is given or isinstance(one.v, bowline.Object)


@pytest.mark.parametrize("given", [[2, 3], (2, 3), Array([2, 3]), List([2, 3]), bowline.Shape((2, 3))], ids=repr)
def test_what_becomes_a_shape(given):
    shape = TypeSchema("ffi.Shape").convert(given).to_py()
    assert type(shape) is bowline.Shape
    assert shape == (2, 3)


def test_an_optional_object():
    one = holder(Optional[Plain])(None)
    assert one.v is None
    one.v = plain = Plain(1)
    assert one.v is plain
    one.v = None
    assert one.v is None


def test_containers_are_kept_if_they_fit():
    items = List([1, 2])
    one = holder(list[int])(items)
    assert one.v is items
    items.append(3)
    assert list(one.v) == [1, 2, 3]
    fixed = Array([1, 2])
    assert holder(tuple[int, ...])(fixed).v is fixed
    assert list(holder(tuple[int, ...])(items).v) == [1, 2, 3]


def test_nested_errors_say_where():
    with pytest.raises(TypeError, match=r"\[1\]"):
        holder(list[int])([1, "two"])
    with pytest.raises(TypeError, match=r"element \[0\]: element \[1\]"):
        holder(list[list[int]])([[1, "two"]])
    with pytest.raises(TypeError, match=r"Expected `?int`?|expected `?int`?"):
        holder(int)("two")


def test_callables():
    cls = holder(Callable[[int], int])
    one = cls(lambda x: x + 1)
    assert isinstance(one.v, Function)
    assert one.v is one.v
    assert one.v(1) == 2
    function = one.v
    one.v = function
    assert one.v is function


def test_opaque_python_objects():
    class Anything:
        pass

    thing = Anything()
    one = holder(Any)(thing)
    assert one.v is thing
    one.v = {1, 2}
    assert one.v == {1, 2}
    one.v = None


def test_unions_take_what_a_value_is():
    assert type(holder(Union[float, int])(1).v) is int
    assert type(holder(Union[int, float])(1).v) is int
    assert type(holder(Union[bool, int])(True).v) is bool


def test_pointers():
    cls = holder(ctypes.c_void_p)
    assert cls(ctypes.c_void_p(4096)).v.value == 4096
    assert cls(None).v is None or cls(None).v.value is None
    with pytest.raises(TypeError):
        cls("4096")


def test_failed_conversions_leak_nothing():
    # The fixture counts objects.
    cls = holder(list[Plain])
    for _ in range(10):
        with pytest.raises(TypeError):
            cls([Plain(1), Plain(2), "no Plain"])


def test_convert():
    assert bowline.convert(1) == 1
    assert bowline.convert(None) is None
    assert bowline.convert(1.5) == 1.5
    assert isinstance(bowline.convert("s"), bowline.String)
    assert isinstance(bowline.convert(b"s"), bowline.Bytes)
    assert isinstance(bowline.convert([1]), Array)
    assert isinstance(bowline.convert((1,)), Array)
    assert isinstance(bowline.convert(len), Function)
    plain = Plain(1)
    assert bowline.convert(plain) is plain


def test_hooks_are_those_of_the_type_and_not_of_its_class():
    class Meta(type):
        asked = []

        def __getattr__(cls, name):
            Meta.asked.append(name)
            raise AttributeError(name)

        @property
        def __tvm_ffi_int__(cls):
            raise RuntimeError("not a hook of the instances")

    class Value(metaclass=Meta):
        pass

    value = Value()
    assert get_global_func("testing.echo")(value) is value
    with pytest.raises(TypeError, match="expected List"):
        holder(list)(value)
    assert not [name for name in Meta.asked if name.startswith("__tvm_ffi")]


def test_a_subclass_of_a_built_in_class_may_have_hooks():
    class Items(list):
        def __tvm_ffi_value__(self):
            return [7]

    class Number(int):
        def __tvm_ffi_object__(self):
            return Plain(3)

    assert list(holder(list)(Items([1, 2])).v) == [7]
    assert list(holder(list)([1, 2]).v) == [1, 2]
    assert get_global_func("testing.echo")(Number(5)).n == 3


@pytest.mark.parametrize("value", [[1, 2], (1, 2)])
def test_convert_of_a_container(value):
    assert list(bowline.convert(value)) == [1, 2]
    assert type(bowline.convert(value)) is Array
    assert dict(bowline.convert({"a": 1})) == {"a": 1}
