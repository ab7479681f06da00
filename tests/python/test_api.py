"""Behaviours of the Python API that belong to no larger subject; see tests/python-api.md."""

from typing import Any, Optional

import bowline
import pytest
from bowline import Array, Dict, List, Map, field, py_class
from bowline.dataclasses import Field, fields
from shapes import Plain
from support import new_key


@pytest.mark.parametrize("cls", [Plain, Array, List, Map, Dict, bowline.Object])
def test_the_text_of_an_empty_wrapper(cls):
    empty = cls.__new__(cls)
    assert empty.__chandle__() == 0
    assert repr(empty) == f"{cls.__name__}(chandle=None)"


def test_a_handle_by_a_constructor():
    one, two = Plain(1), Plain(2)
    one.__init_handle_by_constructor__(lambda other: other, two)
    assert one.same_as(two)
    for wrong in (lambda: 5, lambda: None):
        with pytest.raises(ValueError, match="expected an object from the constructor"):
            one.__init_handle_by_constructor__(wrong)
    with pytest.raises(TypeError):
        one.__init_handle_by_constructor__()


ITEMS = [1, "two", (3.0, None), {"k": b"v"}]


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (Array(ITEMS), List(ITEMS), True),
        (Array(ITEMS), ITEMS, True),
        (List(ITEMS), tuple(ITEMS), True),
        (Array([[1]]), [[1]], True),
        (List([List([1])]), [[1]], True),
        (Array([1]), [1.0], False),
        (Array([1]), [True], False),
        (Array([1]), [1, 2], False),
        (Array([1]), [2**70], False),
        (Array(["a"]), "a", False),
        (Array([1]), {1: 2}, False),
        (Array([1]), {1}, False),
        (Map({1: 2}), {1: 2}, False),
        (Map({1: 2}), Dict({1: 2}), False),
        (Map({1: 2}), Map({1: 2}), True),
        (Dict({1: 2}), Dict({1: 2}), True),
        (Array([]), Map({}), False),
    ],
    ids=repr,
)
def test_equality_of_containers_with_other_values(a, b, equal):
    assert (a == b) is equal
    assert (b == a) is equal
    assert (a != b) is not equal


def test_containers_hash_as_what_they_are_equal_to():
    assert hash(Array(ITEMS[:3])) == hash(List(ITEMS[:3])) == hash(tuple(ITEMS[:3]))
    assert {Array([1, 2]): "found"}[(1, 2)] == "found"
    assert hash(Array([])) == hash(())
    assert hash(Array([-1, 0.5, 2**62, -(2**62), "é", "字", b"", True])) == hash(
        (-1, 0.5, 2**62, -(2**62), "é", "字", b"", True)
    )


def test_the_option_repr():
    @py_class(new_key(), repr=False)
    class Silent(bowline.Object):
        n: int

    key = new_key()

    @py_class(key)
    class Shown(bowline.Object):
        n: int = field(repr=False)

    # The root's text is that of the native object, too.
    assert "__repr__" not in Silent.__dict__
    assert repr(Shown(1)) == key


def test_order_needs_equality():
    with pytest.raises(ValueError, match="eq"):
        py_class(new_key(), order=True)(type(bowline.Object)("Ordered", (bowline.Object,), {"__annotations__": {"n": int}}))


def test_the_option_match_args():
    @py_class(new_key())
    class Parent(bowline.Object):
        a: int
        hidden: int = field(default=0, init=False)
        k: int = field(default=1, kw_only=True)

    @py_class(new_key())
    class Child(Parent):
        b: int = 2

    @py_class(new_key(), match_args=False)
    class Without(bowline.Object):
        a: int

    @py_class(new_key())
    class Own(bowline.Object):
        __match_args__ = ("b",)
        a: int
        b: int

    assert (Parent.__match_args__, Child.__match_args__) == (("a",), ("a", "b"))
    assert "__match_args__" not in Without.__dict__
    assert Own.__match_args__ == ("b",)
    match Child(1, 5):
        case Child(a, b):
            assert (a, b) == (1, 5)


def test_the_option_kw_only():
    @py_class(new_key(), kw_only=True)
    class Keywords(bowline.Object):
        a: int
        b: int = 2
        c: int = field(kw_only=False)

    assert (Keywords(3, a=1).a, Keywords(3, a=1).b, Keywords(3, a=1).c) == (1, 2, 3)
    with pytest.raises(TypeError, match="positional"):
        Keywords(3, 1)
    with pytest.raises(TypeError, match="'a'"):
        Keywords(3)


@pytest.mark.parametrize("slots", [True, False])
def test_the_option_slots_is_ignored(slots):
    @py_class(new_key(), slots=slots)
    class Slotted(bowline.Object):
        n: int

    with pytest.raises(AttributeError):
        Slotted(1).other = 2


def test_a_raw_field():
    """Unlike `field()` it does not count for comparisons, and counts for the hash."""
    raw, usual = Field(), field()
    assert (raw.hash, raw.compare) == (True, False)
    assert (usual.hash, usual.compare) == (None, True)

    @py_class(new_key(), eq=True)
    class Raw(bowline.Object):
        n: int = Field(default=1)
        m: int = field(default=2)

    assert Raw(1) == Raw(5)
    assert Raw(1, 2) != Raw(1, 3)
    assert [f.name for f in fields(Raw)] == ["n", "m"]
    with pytest.raises(ValueError, match="default"):
        Field(default=1, default_factory=int)
    with pytest.raises(TypeError):
        Field(default_factory=None)


def test_options_of_field():
    @py_class(new_key(), eq=True, unsafe_hash=True)
    class Options(bowline.Object):
        n: int
        unhashed: int = field(default=0, hash=False)
        uncompared: int = field(default=0, compare=False)
        documented: int = field(default=0, doc="what it is for")
        converted: int = field(default=0, converter=int)

    one = Options(1)
    assert hash(one) == hash(Options(1, unhashed=5)) == hash(Options(1, uncompared=5))
    assert hash(one) != hash(Options(2))
    assert one == Options(1, uncompared=5)
    assert one != Options(1, unhashed=5)
    described = {f.name: f.doc for f in Options.__tvm_ffi_type_info__.fields}
    assert described["documented"] == "what it is for"


LAYOUT = [
    (int, 8, 8),
    (float, 8, 8),
    (bool, 1, 1),
    (bowline.dtype, 4, 2),
    (bowline.Device, 8, 4),
    (str, 16, 8),
    (bytes, 16, 8),
    (Any, 16, 8),
    (Optional[int], 16, 8),
    (list[int], 8, 8),
    (Plain, 8, 8),
]


@pytest.mark.parametrize(("annotation", "size", "alignment"), LAYOUT, ids=lambda part: str(part))
def test_layout_of_fields(annotation, size, alignment):
    @py_class(new_key())
    class Laid(bowline.Object):
        flag: bool
        value: annotation
        last: bool

    flag, value, last = Laid.__tvm_ffi_type_info__.fields
    assert (value.size, value.alignment) == (size, alignment)
    assert flag.offset == 24
    assert value.offset % alignment == 0
    assert value.offset == max(25, 24 + alignment)
    assert last.offset == value.offset + size
    assert Laid.__tvm_ffi_type_info__.total_size % 8 == 0
