"""A class's own `__repr__`, where an instance is a part of what is shown."""

from typing import Any

import bowline
import pytest
from bowline import Array, List, Map, py_class
from support import new_key, run_threads


@py_class("own_repr.Point", frozen=True)
class Point(bowline.Object):
    x: int
    y: int

    def __repr__(self):
        return f"<{self.x} {self.y}>"


@py_class("own_repr.Node")
class Node(bowline.Object):
    next: Any = None

    def __repr__(self):
        return "own " + super().__repr__()


@py_class("own_repr.Holder")
class Holder(bowline.Object):
    part: Any


def test_it_is_used_within_others():
    assert repr(Holder(Point(1, 2))) == "own_repr.Holder(part=<1 2>)"
    assert repr(Array([Point(1, 2), List([Point(3, 4)])])) == "(<1 2>, [<3 4>])"
    assert repr(Map({"a": Point(1, 2)})) == '{"a": <1 2>}'
    assert bowline.get_global_func("ffi.ReprPrint")([Point(1, 2)]) == "(<1 2>,)"


def test_itself_it_asks_for_what_the_package_shows():
    assert repr(Node(Node())) == "own own_repr.Node(next=own own_repr.Node(next=None))"


def test_cycles_end():
    a, b = Node(), Node()
    a.next, b.next = b, a
    assert repr(a).endswith("...)))") and repr(a).count("own ") <= 3
    a.next = a
    assert repr(a) == "own own_repr.Node(next=...)"
    a.next = b.next = None
    items = List([])
    items.append(Holder(items))
    assert repr(items) == "[own_repr.Holder(part=...)]"
    items.clear()


@pytest.mark.keeps_objects(reason="a class stays registered")
def test_whose_it_is():
    class Unregistered(Holder):
        def __repr__(self):
            return "unregistered"

    @py_class(new_key("own_repr"), repr=False)
    class Child(Point):
        z: int

    key = new_key("own_repr")

    @py_class(key)
    class Shown(Point):
        z: int

    @py_class(new_key("own_repr"))
    class Late(bowline.Object):
        pass

    Late.__repr__ = lambda self: "late"
    one = Unregistered(1)
    assert repr(Array([one])) == "(unregistered,)"
    assert repr(Array([Child(1, 2, 3)])) == "(<1 2>,)"
    assert repr(Array([Shown(1, 2, 3)])) == f"({key}(x=1, y=2, z=3),)"
    assert repr(Array([Late()])) == "(late,)"


@pytest.mark.keeps_objects(reason="hooks are attributes of types")
def test_a_hook_comes_first_within_others():
    @py_class(new_key("own_repr"))
    class Both(bowline.Object):
        def __ffi_repr__(self, go_on):
            return "hook"

        def __repr__(self):
            return "own"

    assert (repr(Both()), repr(Array([Both()]))) == ("own", "(hook,)")


def test_one_that_comes_again():
    @py_class(new_key("own_repr"))
    class Long(bowline.Object):
        part: Any

        def __repr__(self):
            return "long" * 30

    key = Long.__tvm_ffi_type_info__.type_key
    point, long = Holder(Point(1, 2)), Long(Holder(Holder(1)))
    assert repr(Array([point, point])) == "(own_repr.Holder#1(part=<1 2>), own_repr.Holder#1(...))"
    assert repr(Array([long, long])) == f"({'long' * 30}#1, {key}#1(...))"


def test_numbers_go_on_in_what_it_shows():
    """A number names one object in the whole text."""
    inner, outer = Holder(Holder(1)), Holder(Holder(2))
    shown = repr(Array([outer, outer, Node(Array([inner, inner]))]))
    assert [shown.count(f"Holder#{n}") for n in (1, 2, 3)] == [2, 2, 0]


@pytest.mark.keeps_objects(reason="a class stays registered")
def test_what_it_raises_is_no_text():
    @py_class(new_key("own_repr"))
    class Failing(bowline.Object):
        def __repr__(self):
            raise LookupError("none")

    @py_class(new_key("own_repr"))
    class Stopping(bowline.Object):
        def __repr__(self):
            raise KeyboardInterrupt

    with pytest.raises(LookupError):
        bowline.get_global_func("ffi.ReprPrint")([Failing()])
    holder = Holder(Failing())
    assert repr(holder) == f"Holder(chandle={holder.__chandle__():#x})"
    with pytest.raises(KeyboardInterrupt):
        repr(Holder(Stopping()))


def test_threads_do_not_meet():
    """What one thread shows is not taken for what another one is showing."""
    node = Node(Node())
    expected = repr(node)

    def show():
        for _ in range(200):
            assert repr(node) == expected

    run_threads(*[show] * 4)
