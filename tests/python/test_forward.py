"""Annotations that name what does not exist yet; registrations that fail."""

from __future__ import annotations

import sys

import bowline
import pytest
from bowline import py_class
from support import new_key


def test_a_self_reference():
    @py_class(new_key())
    class Node(bowline.Object):
        n: int
        next: Node | None = None

    a = Node(1)
    assert Node(2, a).next is a
    with pytest.raises(TypeError):
        Node(1, 5)


def test_typing_self():
    from typing import Self

    @py_class(new_key())
    class Node(bowline.Object):
        next: Self | None = None

    a = Node()
    assert Node(a).next is a


def test_mutual_references():
    @py_class(new_key())
    class Left(bowline.Object):
        right: Right | None = None
        many: list[Right] | None = None

    @py_class(new_key())
    class Right(bowline.Object):
        left: Left | None = None

    left = Left()
    right = Right(left)
    left.right = right
    assert left.right is right
    assert right.left is left
    left.right = None


def test_a_child_waits_for_its_parent():
    @py_class(new_key())
    class Parent(bowline.Object):
        other: Missing | None = None

    @py_class(new_key())
    class Child(Parent):
        n: int = 0

    for cls in (Parent, Child):
        with pytest.raises(TypeError, match="Missing|Parent"):
            cls()

    @py_class(new_key())
    class Missing(bowline.Object):
        n: int = 0

    one = Child()
    one.other = missing = Missing(3)
    assert one.other is missing
    assert Parent(missing).other is missing


def test_a_name_that_never_comes():
    @py_class(new_key())
    class Waiting(bowline.Object):
        other: NeverThere

    with pytest.raises(TypeError, match="NeverThere"):
        Waiting(1)
    with pytest.raises(TypeError, match="NeverThere"):
        Waiting(1)


def test_a_waiting_class_with_an_init_of_its_own():
    @py_class(new_key())
    class Waiting(bowline.Object):
        other: Later | None
        n: int

        def __init__(self, n):
            self.n = n

    @py_class(new_key())
    class Later(bowline.Object):
        pass

    one = Waiting(4)
    assert (one.n, one.other) == (4, None)


def test_a_failure_frees_the_key():
    key = new_key()
    with pytest.raises(TypeError, match="bad"):

        @py_class(key)
        class Bad(bowline.Object):
            good: int
            bad: complex

    @py_class(key)
    class Good(bowline.Object):
        n: int

    assert Good(1).n == 1
    assert Good.__tvm_ffi_type_info__.type_key == key


def test_a_later_failure_is_told_at_construction_and_frees_the_key():
    key = new_key()

    @py_class(key)
    class Waiting(bowline.Object):
        other: Odd

    globals()["Odd"] = complex
    try:

        @py_class(new_key())
        class Trigger(bowline.Object):
            pass

        with pytest.raises(TypeError, match="complex"):
            Waiting(1)
    finally:
        del globals()["Odd"]

    @py_class(key)
    class Good(bowline.Object):
        n: int

    assert Good(1).n == 1


def test_a_redeclared_field_is_refused():
    @py_class(new_key())
    class Parent(bowline.Object):
        n: int

    with pytest.raises(TypeError, match="n"):

        @py_class(new_key())
        class Child(Parent):
            n: int


def test_string_annotations_see_local_names():
    Number = int

    @py_class(new_key())
    class Local(bowline.Object):
        n: Number

    assert Number is int
    assert Local(1).n == 1


@pytest.mark.skipif(sys.version_info < (3, 14), reason="annotations are lazy from 3.14 on")
def test_lazy_annotations():
    namespace = {"__name__": __name__}
    source = """
import bowline
@bowline.py_class("forward.lazy.A")
class A(bowline.Object):
    b: B | None = None
    many: list[B] | None = None
@bowline.py_class("forward.lazy.B")
class B(bowline.Object):
    a: A | None = None
def function():
    @bowline.py_class("forward.lazy.C")
    class C(bowline.Object):
        d: D | None = None
    @bowline.py_class("forward.lazy.D")
    class D(bowline.Object):
        c: C | None = None
    return C, D
"""
    exec(compile(source, "lazy", "exec", dont_inherit=True), namespace)
    a, b = namespace["A"](), namespace["B"]()
    a.b = b
    assert a.b is b
    a.many = [b]
    assert a.many[0] is b
    C, D = namespace["function"]()
    d = D()
    assert C(d).d is d
