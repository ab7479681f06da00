"""Comparison, order and hash by content."""

import math
from typing import Any, Optional

import bowline
import pytest
from bowline import Array, List, field, py_class
from support import new_key


@py_class("content.Point", eq=True, order=True, unsafe_hash=True)
class Point(bowline.Object):
    x: int
    y: Any = None
    note: str = field(default="", compare=False)


@py_class("content.Point3", eq=True, order=True, unsafe_hash=True)
class Point3(Point):
    z: int = 0


@py_class("content.Node", eq=True)
class Node(bowline.Object):
    next: Optional["Node"] = None
    n: int = 0


@py_class("content.Frozen", eq=True, frozen=True)
class Frozen(bowline.Object):
    n: int


EQUAL = [None, 1, True, 1.5, math.nan, "a", "a text of some length", b"a", (1, "a"), [1, [2]]]


@pytest.mark.parametrize("value", EQUAL, ids=repr)
def test_equal(value):
    one, two = Point(1, value), Point(1, value)
    assert one == two
    assert not one != two
    assert hash(one) == hash(two)


def test_unequal():
    values = [None, 0, 1, True, 1.0, 1.5, "a", b"a", (1,), (1, 2), ("a",), Point(1)]
    made = [Point(1, value) for value in values]
    for i, one in enumerate(made):
        assert [one == other for other in made] == [i == k for k in range(len(made))]
    assert Point(1) != Point(2)
    assert Point(1) != 1
    assert Point(1) != Point3(1)
    assert Point(1, note="a") == Point(1, note="b")
    assert Point(1, -0.0) == Point(1, 0.0)
    assert hash(Point(1, -0.0)) == hash(Point(1, 0.0))


def test_cycles():
    a, b = Node(n=1), Node(n=1)
    a.next, b.next = a, b
    assert a == b
    b.n = 2
    assert a != b
    a.next = b.next = None


def test_deep_graphs():
    a = b = None
    for _ in range(100_000):
        a, b = Node(a), Node(b)
    assert a == b


def test_order():
    points = [Point(2), Point(1, "b"), Point(1, "a"), Point(1, None)]
    assert [(p.x, p.y) for p in sorted(points)] == [(1, None), (1, "a"), (1, "b"), (2, None)]
    assert Point(1) < Point(2)
    assert Point(1) <= Point(1)
    assert Point(2) > Point(1)
    assert Point(2) >= Point(2)
    assert not Point(1) < Point(1)
    assert Point(1, (1, 2)) < Point(1, (1, 3))
    assert Point(1, (1,)) < Point(1, (1, 2))


@pytest.mark.parametrize("pair", [(1, "a"), (math.nan, 1.0), (True, 1)], ids=repr)
def test_no_order(pair):
    a, b = pair
    with pytest.raises(TypeError):
        _ = Point(1, a) < Point(1, b)


def test_foreign_operands():
    with pytest.raises(TypeError):
        _ = Point(1) < 1
    assert Point(1).__eq__(1) is NotImplemented
    assert Point(1).__lt__(Frozen(1)) is NotImplemented


def test_hash_rules():
    assert hash(Frozen(1)) == hash(Frozen(1))
    with pytest.raises(TypeError, match="unhashable"):
        hash(Node())
    one = bowline.convert([1])
    assert hash(one) == hash(Array([1]))
    assert len({Frozen(1), Frozen(1), Frozen(2)}) == 2


def test_a_users_methods_win():
    @py_class(new_key(), eq=True, order=True, unsafe_hash=True)
    class Own(bowline.Object):
        n: int

        def __eq__(self, other):
            return "eq"

        def __lt__(self, other):
            return "lt"

        def __hash__(self):
            return 5

    assert (Own(1) == Own(2), Own(1) < Own(2), hash(Own(1))) == ("eq", "lt", 5)
    with pytest.raises(TypeError):
        _ = Own(1) > 5


def test_unequal_inverts_a_users_equal():
    @py_class(new_key())
    class Same(bowline.Object):
        def __eq__(self, other):
            return NotImplemented if other is None else other == 5 or other is self

        __hash__ = None

    one = Same()
    assert not one != 5
    assert one != 6
    assert one != None  # noqa: E711
    assert not one != one
    assert not Array([1]) != List([1])
    assert Array([1]) != [2]


def test_hash_looks_at_content_not_at_sharing():
    one, two = Frozen(1), Frozen(1)
    assert Array([one, one]) == Array([one, two])
    assert hash(Array([one, one])) == hash(Array([one, two]))
    assert hash(Array([1, ("a", 2.5)])) == hash((1, ("a", 2.5)))
    a, b = List([1]), List([1])
    a.append(a)
    b.append(List([1, b]))
    assert a == b
    assert hash(a) == hash(b)
    a.clear()
    b.clear()


def test_hash_of_deep_and_of_shared_graphs():
    deep = None
    for _ in range(100_000):
        deep = Array([deep])
    assert isinstance(hash(deep), int)
    # As a tree it has 2**60 leaves.
    wide = Array([])
    for _ in range(60):
        wide = Array([wide, wide])
    assert isinstance(hash(wide), int)
    assert wide == Array(list(wide))


def test_identity_without_eq():
    @py_class(new_key())
    class Plain(bowline.Object):
        n: int

    one = Plain(1)
    assert one == one
    assert one != Plain(1)
    assert len({one, Plain(1)}) == 2


def test_containers_of_objects():
    assert Array([Frozen(1)]) == List([Frozen(1)])
    assert Array([Frozen(1)]) == [Frozen(1)]
    assert Array([Frozen(1)]) != [Frozen(2)]
