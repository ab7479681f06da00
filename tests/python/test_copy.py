"""Copies: shallow, deep, with changes."""

import copy
import sys
from typing import Any, Optional

import bowline
import pytest
from bowline import Array, List, py_class
from bowline.dataclasses import replace
from bowline.testing import testing as native
from shapes import All, Dict, Holder, Plain, Slot, Sub


@py_class("copy.Node")
class Node(bowline.Object):
    name: str
    next: Optional["Node"] = None
    items: Any = None


@py_class("copy.Fixed", frozen=True)
class Fixed(bowline.Object):
    n: int
    child: Optional[Plain] = None


@pytest.mark.parametrize("cls", [Plain, Sub, Slot, Dict])
def test_a_shallow_copy(cls):
    one = cls(3)
    two = copy.copy(one)
    assert type(two) is cls
    assert two is not one
    assert two.__chandle__() != one.__chandle__()
    two.n = 4
    assert (one.n, two.n) == (3, 4)


def test_a_shallow_copy_shares():
    inner = Plain(1)
    one = Node("a", items=[inner])
    two = copy.copy(one)
    assert two.items is one.items
    assert copy.copy(Holder(inner)).value is inner
    assert (two.name, two.next) == ("a", None)


@pytest.mark.parametrize("cls", [Dict, All])
def test_the_instance_dict(cls):
    one = cls(3)
    one.note = note = ["a"]
    assert copy.copy(one).note is note
    deep = copy.deepcopy(one)
    assert deep.note == note
    assert deep.note is not note


def test_a_deep_copy_keeps_sharing_and_cycles():
    shared = Plain(1)
    a = Node("a", items=[shared, shared])
    a.next = Node("b", next=a, items=shared)
    b = copy.deepcopy(a)
    assert b is not a
    assert b.next.next is b
    assert b.items[0] is b.items[1] is b.next.items
    assert b.items[0] is not shared
    assert b.items[0].n == 1
    a.next = b.next = None


def test_a_deep_copy_uses_the_callers_memo():
    shared = Plain(1)
    a, b = copy.deepcopy([Holder(shared), Holder(shared)])
    assert a.value is b.value
    assert a.value is not shared
    known = Plain(9)
    assert copy.deepcopy(Holder(shared), {id(shared): known}).value is known


def test_containers():
    inner = Plain(1)
    items = List([inner, [inner]])
    shallow = copy.copy(items)
    shallow.append(5)
    assert len(items) == 2
    assert shallow[0] is inner
    deep = copy.deepcopy(items)
    assert deep[0] is deep[1][0]
    assert deep[0] is not inner
    array = copy.deepcopy(Array([inner, inner]))
    assert array[0] is array[1]
    assert array[0] is not inner
    assert list(copy.copy(Array([1, 2]))) == [1, 2]


def test_a_list_that_holds_itself():
    items = List([1])
    items.append(items)
    deep = copy.deepcopy(items)
    assert deep is not items
    assert deep[1] is deep
    items.clear()
    deep.clear()


def test_replace():
    child = Plain(1)
    one = Fixed(1, child)
    two = replace(one, n=5)
    assert (two.n, two.child) == (5, child)
    assert two.child is child
    assert one.n == 1
    if sys.version_info >= (3, 13):
        assert copy.replace(one, n=6).n == 6
    with pytest.raises(TypeError):
        replace(one, unknown=1)
    with pytest.raises(TypeError):
        replace(one, n="no int")


def test_an_empty_wrapper():
    empty = Plain.__new__(Plain)
    for made in (copy.copy(empty), copy.deepcopy(empty)):
        assert made.__chandle__() == 0


def test_functions_are_not_copied_apart():
    function = bowline.convert(lambda: 5)
    held = Holder(function)
    assert copy.copy(held).value is function
    try:
        deep = copy.deepcopy(held)
    except TypeError:
        return
    assert deep.value() == 5


class Opaque:
    """Crosses native code as it is."""

    def __init__(self, held=None):
        self.held = held


def test_python_objects_within_a_graph_are_copied_by_python():
    """With one memo: the sharing between both worlds, and cycles through both, stay."""
    inner = Plain(1)
    opaque = Opaque([inner])
    one = List([opaque, inner, opaque])
    opaque.held.append(one)
    two = copy.deepcopy(one)
    assert two[0] is two[2]
    assert two[0] is not opaque
    assert two[0].held[0] is two[1]
    assert two[0].held[1] is two
    assert two[1] is not inner
    again = copy.deepcopy(opaque)
    assert again.held[1][0] is again
    for items in (one, two, again.held[1]):
        items.clear()


def test_an_array_in_a_cycle_through_a_python_object():
    opaque = Opaque()
    one = Array([opaque])
    opaque.held = one
    two = copy.deepcopy(one)
    assert two[0].held.same_as(two)
    opaque.held = two[0].held = None


def test_what_python_objects_raise_comes_out():
    class Refuses:
        def __deepcopy__(self, memo):
            raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        copy.deepcopy(List([Refuses()]))


def test_what_is_shared_by_deep_copies():
    function = bowline.convert(lambda: 5)
    variant = native._TestCxxIntEnum.low
    one = List([function, variant, "a text of some length"])
    two = copy.deepcopy(one)
    assert two[0] is function
    assert two[1] is variant
    assert copy.deepcopy(variant) is variant
    assert copy.deepcopy(function) is function


def test_what_cannot_be_copied():
    one = bowline.testing.TestNonCopyable(1)
    with pytest.raises(TypeError, match="TestNonCopyable"):
        copy.copy(one)
    for value in (one, List([one]), [one]):
        with pytest.raises(RuntimeError, match="TestNonCopyable"):
            copy.deepcopy(value)


def test_a_deep_copy_keeps_nothing_of_its_original():
    """Frozen fields too: what they began with would be kept for their readers."""
    start = bowline.stats()["objects_alive"]
    copies = copy.deepcopy(List([Fixed(1, Plain(2)), Node("a", items=[Plain(3)])]))
    bowline.settle()
    # The List, two objects, an Array, and two more.
    assert bowline.stats()["objects_alive"] == start + 6
    assert copies[0].child.n == 2


@py_class("copy.Link", frozen=True)
class Link(bowline.Object):
    next: Any = None


def test_a_cycle_through_frozen_fields():
    items = List([])
    one = Link(Link((items,)))
    items.append(one)
    for root in (one, one.next, one.next.next, items):
        copied = copy.deepcopy(root)
        assert copied is not root
        assert repr(copied) == repr(root)
        while not isinstance(copied, List):
            copied = copied.next if isinstance(copied, Link) else copied[0]
        assert copied is not items
        copied.clear()
    items.clear()


def test_slots_of_a_wrapper_that_lead_back():
    one = Slot(3)
    one.extra = [one]
    two = copy.deepcopy(one)
    assert two.extra[0] is two
    assert two.extra is not one.extra
    del one.extra, two.extra


def test_an_unregistered_class():
    class Mine(Plain):
        pass

    one = Mine(1)
    assert type(copy.deepcopy(one)) is type(copy.copy(one)) is Mine


def test_without_a_memo():
    assert Plain(1).__deepcopy__(None).n == 1
    with pytest.raises(TypeError):
        Plain(1).__deepcopy__("no memo")


def test_two_wrappers_of_one_graph_in_one_copy():
    shared = Plain(1)
    a, b = Holder(List([shared])), Holder(List([shared]))
    del shared
    c, d = copy.deepcopy([a, b])
    assert c.value[0] is d.value[0]
    assert copy.deepcopy((a, a.value))[0].value is not a.value
    outer, inner = copy.deepcopy((a, a.value))
    assert outer.value is inner
