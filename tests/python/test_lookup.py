"""Attribute lookup of registered classes, which takes a shortcut to fields.

What a user puts in a class overrides as Python says, before the shortcut came into use and after.
"""

from __future__ import annotations

import threading

import bowline
import pytest
from bowline.dataclasses import py_class

_COUNT = iter(range(1_000_000))

# Longer than any of the first turns of the two ways to look attributes up.
MANY = 3_000


def make(**body):
    @py_class(f"test_lookup.Leaf{next(_COUNT)}", frozen=True)
    class Leaf(bowline.Object):
        n: int

    namespace = {"__annotations__": {"x": Leaf, "n": int}, "__module__": __name__, **body}
    Node = type(bowline.Object)(f"Node{next(_COUNT)}", (bowline.Object,), namespace)
    return py_class(f"test_lookup.{Node.__name__}", frozen=True)(Node), Leaf


def warm(a):
    for _ in range(MANY):
        assert a.x is a.x
        assert a.n == 3


both = pytest.mark.parametrize("warmed", [False, True], ids=["cold", "warm"])


def fresh(warmed):
    Node, Leaf = make()
    a = Node(Leaf(1), 3)
    if warmed:
        warm(a)
    return a


@both
def test_a_value_set_on_the_class_hides_nothing_but_replaces_the_field(warmed):
    node = fresh(warmed)
    field = type(node).__dict__["x"]
    type(node).x = 7
    assert node.x == 7
    assert node.n == 3
    type(node).x = field
    assert node.x.n == 1


@both
def test_a_deleted_field_is_gone_and_the_others_stay(warmed):
    node = fresh(warmed)
    del type(node).x
    with pytest.raises(AttributeError):
        node.x
    assert node.n == 3


@both
def test_a_property_set_later(warmed):
    node = fresh(warmed)
    type(node).n = property(lambda self: "property")
    assert node.n == "property"


@both
def test_a_descriptor_set_later(warmed):
    node = fresh(warmed)
    class Descriptor:
        def __get__(self, instance, owner):
            return instance, owner

    type(node).x = Descriptor()
    assert node.x == (node, type(node))


@both
def test_getattribute_set_later_and_taken_back(warmed):
    node = fresh(warmed)
    cls = type(node)
    cls.__getattribute__ = lambda self, name: f"hook for {name}"
    assert node.x == "hook for x"
    assert node.nothing == "hook for nothing"
    del cls.__getattribute__
    assert node.x.n == 1
    warm(node)


@both
def test_getattr_set_later_sees_only_what_is_missing(warmed):
    node = fresh(warmed)
    cls = type(node)
    cls.__getattr__ = lambda self, name: f"hook for {name}"
    assert node.x.n == 1
    assert node.nothing == "hook for nothing"
    warm(node)
    assert node.nothing == "hook for nothing"
    del cls.__getattr__
    with pytest.raises(AttributeError):
        node.nothing
    assert node.x.n == 1


@pytest.mark.parametrize("hook", ["__getattr__", "__getattribute__"])
def test_a_hook_in_the_body(hook):
    seen = []

    def look(self, name):
        seen.append(name)
        if name == "missing":
            return "made up"
        return object.__getattribute__(self, name)

    Node, Leaf = make(**{hook: look})
    a = Node(Leaf(1), 3)
    warm(a)
    assert a.missing == "made up"
    assert ("x" in seen) == (hook == "__getattribute__")


@both
def test_a_mixin_that_is_changed_later(warmed):
    node = fresh(warmed)
    class Mixin:
        __slots__ = ()

    Leaf = type(node.x)

    @py_class(f"test_lookup.Mixed{next(_COUNT)}", frozen=True)
    class Mixed(Mixin, bowline.Object):
        x: Leaf
        n: int

    a = Mixed(Leaf(1), 3)
    warm(a)
    Mixin.n = property(lambda self: "mixin")
    # The class's own attribute comes first.
    assert a.n == 3
    del Mixed.n
    assert a.n == "mixin"
    del Mixin.n
    with pytest.raises(AttributeError):
        a.n


@both
def test_subclasses_are_on_their_own(warmed):
    node = fresh(warmed)
    cls = type(node)

    class Unregistered(cls):
        n = "hidden"

        def __getattr__(self, name):
            return f"hook for {name}"

    @py_class(f"test_lookup.Sub{next(_COUNT)}", frozen=True)
    class Registered(cls):
        m: int

    plain, more = Unregistered(node.x, 4), Registered(node.x, 5, 6)
    for _ in range(MANY):
        assert plain.n == "hidden"
        assert plain.nothing == "hook for nothing"
        assert (more.x, more.n, more.m) == (node.x, 5, 6)
    cls.n = "class"
    assert more.n == "class"
    assert more.m == 6


@both
def test_names_that_are_no_literals(warmed):
    node = fresh(warmed)
    name = "".join(["", "x"])
    assert getattr(node, name) is node.x
    assert getattr(node, bytes([110]).decode()) == 3

    class Name(str):
        __slots__ = ()

    assert getattr(node, Name("n")) == 3
    with pytest.raises(TypeError):
        getattr(node, 3)


def test_methods_and_fields_in_turns():
    Node, Leaf = make(m=lambda self: self.n, constant="constant")
    a = Node(Leaf(1), 3)
    for round in range(200):
        for _ in range(round):
            assert a.m() == 3
            assert a.constant == "constant"
            assert not hasattr(a, "nothing")
        for _ in range(10 * round):
            assert a.x.n == 1


@both
def test_a_class_that_changes_all_the_time(warmed):
    node = fresh(warmed)
    cls = type(node)
    for value in range(2_000):
        cls.changing = value
        assert node.changing == value
        assert node.x.n == 1


@both
def test_an_empty_wrapper_has_no_fields(warmed):
    node = fresh(warmed)
    empty = type(node).__new__(type(node))
    for _ in range(2):
        with pytest.raises(AttributeError, match="empty"):
            empty.x
        with pytest.raises(AttributeError, match="empty"):
            empty.n
        warm(node)


@both
def test_a_wrapper_with_an_object_of_a_derived_type(warmed):
    node = fresh(warmed)

    @py_class(f"test_lookup.Derived{next(_COUNT)}", frozen=True)
    class Derived(type(node)):
        m: int

    holder = type(node).__new__(type(node))
    holder.__move_handle_from__(Derived(node.x, 4, 5))
    for _ in range(10):
        assert holder.x is node.x
        assert holder.n == 4
        assert not hasattr(holder, "m")
        warm(node)


def test_small_and_large_integers():
    @py_class(f"test_lookup.Int{next(_COUNT)}")
    class Int(bowline.Object):
        n: int

    a = Int(0)
    for _ in range(10):
        for n in [*range(-300, 600), -(2**63), 2**63 - 1]:
            a.n = n
            assert a.n == n


@both
def test_a_class_changed_by_one_thread_and_read_by_others(warmed):
    node = fresh(warmed)
    cls, field = type(node), type(node).__dict__["n"]
    stop = threading.Event()
    strange = []

    def read():
        while not stop.is_set():
            for _ in range(100):
                if (found := node.n) not in (3, "class"):
                    strange.append(found)
                if node.x.n != 1:
                    strange.append("x")

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        cls.n = "class"
        cls.n = field
    stop.set()
    for thread in threads:
        thread.join()
    assert not strange
    assert node.n == 3
