"""`forget=True`: what Python knows of an object beside its fields goes with each life. The wrapper's address stays."""

import gc
import weakref
from typing import Any

import bowline
import pytest
from bowline import List, Object, py_class
from support import new_key, run_threads


@py_class(new_key(), forget=True)
class Node(Object):
    __slots__ = ("__dict__", "__weakref__", "slot")
    n: int = 0
    any: Any = None


class Unregistered(Node):
    __slots__ = ("more",)


@py_class(new_key())
class Derived(Node):
    more: Any = None


def made():
    """A list whose only element is a node."""
    return List([Node(1)])


def test_attributes_go_and_the_address_stays():
    home = made()
    node = home[0]
    node.note, node.slot = "a", "b"
    address = id(node)
    del node
    node = home[0]
    assert id(node) == address
    assert not hasattr(node, "note") and not hasattr(node, "slot") and node.__dict__ == {}
    node.note = 3
    assert home[0] is node and home[0].note == 3


def test_a_dictionary_that_is_held_stays_whole():
    home = made()
    attributes = home[0].__dict__
    home[0].note = 1
    held = home[0]
    held.note = 2
    attributes = held.__dict__
    del held
    assert attributes == {"note": 2}
    home[0].__dict__["other"] = 3
    assert attributes == {"note": 2}


def test_values_are_released():
    home = made()
    class Value:
        pass

    value = Value()
    gone = weakref.ref(value)
    node = home[0]
    node.note = node.slot = value
    del value, node
    assert gone() is None


def test_weak_references_end_with_each_life():
    home = made()
    calls = []
    node = home[0]
    reference = weakref.ref(node, calls.append)
    cache = weakref.WeakKeyDictionary({node: 1})
    values = weakref.WeakValueDictionary({"key": node})
    assert reference() is node
    del node
    assert reference() is None and calls == [reference] and len(cache) == 0 and len(values) == 0
    node = home[0]
    another = weakref.ref(node)
    del node
    assert another() is None and home[0] is not None and another() is None


def test_a_callback_that_raises(monkeypatch):
    home = made()
    seen = []
    monkeypatch.setattr("sys.unraisablehook", lambda args: seen.append(args.exc_value))
    node = home[0]
    error = ValueError("of the callback")

    def fail(_):
        raise error

    reference = weakref.ref(node, fail)
    try:
        raise KeyError("pending")
    except KeyError as pending:
        del node
        assert str(pending) == "'pending'"
    assert seen == [error] and reference() is None


def test_a_finalizer_runs_with_each_life():
    ran = []

    @py_class(new_key(), forget=True)
    class Final(Object):
        any: Any = None

        def __del__(self):
            ran.append(self.any)

    home = List([Final(1)])
    assert ran == [1]
    for count in range(2, 5):
        held = home[0]
        assert len(ran) == count - 1
        del held
        assert len(ran) == count
    del home
    bowline.settle()
    assert len(ran) == 4, "there was no life since"
    Final(2)
    assert ran[4:] == [2]


def test_user_code_that_fetches_amid_it():
    """What sees the object while it forgets finds it with its address. What that writes is gone with its own life."""
    home = made()
    # Not `home` itself: 3.13t keeps the class, and with it what its method knows.
    homes, seen = [home], []
    address = id(home[0])

    class Curious:
        def __del__(self):
            node = homes[0][0]
            seen.append((id(node), hasattr(node, "note")))
            node.note = "of the destructor"

    node = home[0]
    node.note = Curious()
    del node
    homes.clear()
    assert seen == [(address, False)]
    assert not hasattr(home[0], "note")


def test_user_code_that_moves_the_object_out_amid_it():
    kept, moves = [List([0])], []

    @py_class(new_key(), forget=True)
    class Mover(Object):
        any: Any = None

        def __del__(self):
            if not moves:
                moves.append(1)
                kept[0][0] = self._move()

    Mover(5)
    assert kept[0][0].any == 5
    kept.clear()


def test_cycles_through_attributes():
    """A wrapper that holds itself is garbage when nothing else does. Native code may have the object all the same."""
    home = made()
    node = home[0]
    node.note = node
    gone = weakref.ref(node)
    del node
    gc.collect()
    assert gone() is None and not hasattr(home[0], "note")


def test_a_root_that_leads_back():
    before = bowline.stats()["objects_alive"]
    for _ in range(100):
        home = List([Node(1)])
        home[0].note = home
        root = Node(1, List([Node(2)]))
        root.any[0].note = root
    del home, root
    gc.collect()
    bowline.settle()
    assert bowline.stats()["objects_alive"] <= before


@pytest.mark.parametrize("kind", [Unregistered, Derived])
def test_subclasses_forget(kind):
    home = List([kind(1)])
    home[0].note = home[0].more = 1
    if kind is Derived:
        assert home[0].more == 1, "a field"
    assert not hasattr(home[0], "note")


def test_lean_classes_have_nothing_to_forget():
    @py_class(new_key(), forget=True)
    class Lean(Object):
        n: int

    home = List([Lean(1)])
    assert id(home[0]) == id(home[0]) and home[0].n == 1


def test_what_a_holder_writes_stays():
    """Beside other threads that drop and fetch the same wrapper."""
    home = made()
    addresses = set()

    def work(own):
        for n in range(3000):
            node = home[0]
            addresses.add(id(node))
            setattr(node, own, n)
            assert getattr(node, own) == n
            del node

    run_threads(*[lambda own=f"note{i}": work(own) for i in range(4)])
    assert len(addresses) == 1
    assert home[0].__dict__ == {}


def test_destructors_that_fetch_beside_other_threads():
    """What one thread leaves in the wrapper is released by another's drop.

    That is outside of the steps in which none may come.
    """
    # CPython 3.13t keeps classes that were made beside threads, with what they lead to.
    homes = [made()]

    class Curious:
        def __del__(self):
            homes[0][0].slot = id(self)

    def work():
        for _ in range(2000):
            node = homes[0][0]
            node.note = Curious()
            del node
            # Not `__dict__ = …`: plain CPython 3.13t dies of that beside another thread that sets an attribute.
            homes[0][0].other = Curious()

    run_threads(*[work] * 4)
    assert not hasattr(homes[0][0], "note")
    homes.clear()
