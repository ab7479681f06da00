"""Copies: shallow, deep, with changes."""

import copy
import sys
from typing import Any, Optional

import bowline
import pytest
from bowline import Array, List, py_class
from bowline.dataclasses import replace
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
