"""Pickle: values, graphs with sharing and cycles, attributes of the wrapper."""

import copyreg
import io
import pickle
from collections.abc import Callable
from typing import Any, Optional

import bowline
import pytest
from bowline import Array, Function, List, field, get_global_func, py_class, remove_global_func
from shapes import All, Dict, Plain, Slot, Sub, Weak
from support import new_key

PROTOCOLS = pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))


@py_class("pickle.Every")
class Every(bowline.Object):
    i: int
    f: float
    b: bool
    s: str
    y: bytes
    o: Optional[Plain]
    t: tuple[int, ...]
    l: list[str]
    a: Any
    c: Optional[Callable] = None
    k: int = field(default=1, kw_only=True)


@py_class("pickle.Node")
class Node(bowline.Object):
    name: str
    next: Optional["Node"] = None
    items: Any = None


@py_class("pickle.Fixed", frozen=True)
class Fixed(bowline.Object):
    n: int
    child: Optional[bowline.Object] = None


def module_function(x):
    return x + 1


def there_and_back(value, protocol):
    return pickle.loads(pickle.dumps(value, protocol))


@PROTOCOLS
def test_every_kind_of_field(protocol):
    one = Every(
        i=-(2**63), f=1.5, b=True, s="text of some length", y=b"\0bytes", o=Plain(3), t=(1, 2), l=["a"], a={1}, k=9
    )
    two = there_and_back(one, protocol)
    assert type(two) is Every
    assert (two.i, two.f, two.b, two.s, two.y, two.k) == (-(2**63), 1.5, True, "text of some length", b"\0bytes", 9)
    assert two.o.n == 3
    assert list(two.t) == [1, 2]
    assert list(two.l) == ["a"]
    assert two.a == {1}
    assert two.c is None
    assert two is not one
    assert two.__chandle__() != one.__chandle__()


@PROTOCOLS
def test_sharing_across_separately_pickled_wrappers(protocol):
    """Weakness 34: sharing between wrappers survives a pickle."""
    shared = Plain(1)
    a, b = Node("a", items=shared), Node("b", items=[shared])
    a2, b2, shared2 = there_and_back((a, b, shared), protocol)
    assert a2.items is b2.items[0] is shared2
    assert shared2.n == 1


@PROTOCOLS
def test_one_pickler_for_several_dumps(protocol):
    shared = Plain(1)
    file = io.BytesIO()
    pickler = pickle.Pickler(file, protocol)
    pickler.dump(Node("a", items=shared))
    pickler.dump(shared)
    file.seek(0)
    unpickler = pickle.Unpickler(file)
    first = unpickler.load()
    assert unpickler.load() is first.items


@PROTOCOLS
def test_cycles(protocol):
    a = Node("a")
    a.next = Node("b", next=a)
    b = there_and_back(a, protocol)
    assert b.next.next is b
    assert (b.name, b.next.name) == ("a", "b")
    items = List([1])
    items.append(items)
    again = there_and_back(items, protocol)
    assert again[1] is again
    a.next = None
    b.next = None
    items.clear()
    again.clear()


@PROTOCOLS
def test_a_cycle_through_a_list_and_a_node(protocol):
    a = Node("a")
    a.items = List([a, a])
    b = there_and_back(a, protocol)
    assert b.items[0] is b.items[1] is b
    a.items = b.items = None


@PROTOCOLS
def test_frozen_objects(protocol):
    shared = Fixed(2)
    one = there_and_back(Fixed(1, Array([shared, shared])), protocol)
    assert one.n == 1
    assert one.child[0] is one.child[1]
    with pytest.raises(AttributeError):
        one.n = 2


@PROTOCOLS
def test_containers(protocol):
    shared = Plain(1)
    array, items = there_and_back((Array([shared, "a", None]), List([shared, 1.5])), protocol)
    assert (type(array), type(items)) == (Array, List)
    assert array[0] is items[0]
    assert array[1:] == ["a", None]
    assert items[1] == 1.5
    assert (list(there_and_back(Array([]), protocol)), list(there_and_back(List(), protocol))) == ([], [])


@PROTOCOLS
@pytest.mark.parametrize("cls", [Dict, All])
def test_the_instance_dict(cls, protocol):
    one = cls(3)
    one.note = ["a"]
    two = there_and_back(one, protocol)
    assert (two.n, two.note) == (3, ["a"])


@PROTOCOLS
@pytest.mark.parametrize("cls", [Slot, All])
def test_slots(cls, protocol):
    one = cls(3)
    one.extra = ["a"]
    assert there_and_back(one, protocol).extra == ["a"]
    assert not hasattr(there_and_back(cls(3), protocol), "extra")


@PROTOCOLS
@pytest.mark.parametrize("cls", [Weak, Sub, Plain])
def test_plain_shapes(cls, protocol):
    assert there_and_back(cls(3), protocol).n == 3


@PROTOCOLS
def test_an_empty_wrapper(protocol):
    empty = there_and_back(Plain.__new__(Plain), protocol)
    assert type(empty) is Plain
    assert empty.__chandle__() == 0


@PROTOCOLS
def test_strings_are_plain(protocol):
    assert there_and_back(bowline.convert("text"), protocol) == "text"
    assert there_and_back(bowline.convert(b"bytes"), protocol) == b"bytes"


@PROTOCOLS
def test_global_functions_by_name(protocol):
    name = new_key("pickle")
    function = bowline.register_global_func(name, module_function)
    try:
        assert there_and_back(function, protocol) is function
        assert there_and_back(List([function]), protocol)[0] is function
        blob = pickle.dumps(function, protocol)
    finally:
        remove_global_func(name)
    with pytest.raises((ValueError, pickle.UnpicklingError, LookupError)):
        pickle.loads(blob)
    assert get_global_func(name, allow_missing=True) is None


@PROTOCOLS
def test_other_functions_do_not_pickle(protocol):
    function = bowline.convert(lambda x: x)
    assert isinstance(function, Function)
    with pytest.raises((TypeError, pickle.PicklingError)):
        pickle.dumps(function, protocol)


def test_a_reducer_of_the_class_wins():
    @py_class(new_key())
    class Own(bowline.Object):
        n: int

        def __reduce__(self):
            return (int, (self.n,))

    assert pickle.loads(pickle.dumps(Own(5))) == 5


def test_a_state_of_the_class_wins():
    @py_class(new_key())
    class Own(bowline.Object):
        n: int

        def __getstate__(self):
            return ((self.n + 1,),)

    make, args, state = Own(5).__reduce_ex__(2)
    assert state == ((6,),)
    made = make(*args)
    made.__setstate__(state)
    assert made.n == 6


def test_a_subclass_with_attributes_keeps_them():
    class Rich(Plain):
        __slots__ = ("__dict__", "mark")

    one = Rich(5)
    one.note, one.mark = "kept", 1
    assert one.__reduce_ex__(2)[2] == ((5,), {"note": "kept"}, {"mark": 1})
    assert Plain(5).__reduce_ex__(2)[2] == ((5,),)


def test_a_dispatch_table_wins():
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    pickler.dispatch_table = copyreg.dispatch_table | {Plain: lambda one: (int, (one.n,))}
    pickler.dump(Plain(5))
    assert pickle.loads(file.getvalue()) == 5


def test_the_pure_python_pickler():
    a = Node("a", items=[1])
    a.next = a
    b = pickle._loads(pickle._dumps(a, 2))
    assert b.next is b
    assert list(b.items) == [1]
    a.next = b.next = None
