"""Walks by structure, and the hook by which a class says what its parts are."""

import sys
from typing import Any

import bowline
import pytest
from bowline import (
    Array,
    DefRegionKind,
    List,
    Map,
    Shape,
    VisitInterrupt,
    WalkOrder,
    WalkResult,
    field,
    get_first_structural_mismatch,
    py_class,
    structural_equal,
    structural_hash,
    structural_walk,
)
from support import new_key, run_script, run_threads


@py_class("structural_walk.Node")
class Node(bowline.Object):
    a: Any
    b: Any = None
    note: Any = field(default=None, structural_eq="ignore")


@py_class("structural_walk.Var", structural_eq="var")
class Var(bowline.Object):
    name: str = field(structural_eq="ignore")


@py_class("structural_walk.Function")
class Function(bowline.Object):
    params: Array = field(structural_eq="def")
    body: Any


def collect(root, **options):
    found = []
    assert structural_walk(root, found.append, **{"order": "pre", **options}) is None
    return found


def test_walk():
    y = Node(1, note=5)
    x = Var("x")
    assert collect([y, y]) == [Array([y, y]), y, 1, y, 1]
    assert collect([1, "ab", 2.0, None, True, b"x"])[1:] == [1, "ab", 2.0, True, b"x"]
    assert collect(Map({x: 1, "k": [2]}), order="post")[:-1] == [1, 2, Array([2])]
    assert collect(Map({x: 1, "k": [2]}), order=WalkOrder.POSTORDER)[-1] == Map({x: 1, "k": [2]})
    assert collect(None) == []
    assert collect(Shape((1, 2))) == [(1, 2)]
    assert collect(7) == [7]
    items = List([1])
    items.append(items)
    assert len(collect(items)) == 3
    items.clear()


def test_parts_come_first():
    """The order if none is said, as tvm-ffi has it since 0.1.15."""
    found = []
    structural_walk(Array([1, Array(["a"])]), lambda value: found.append(type(value).__name__))
    assert found == ["int", "str", "Array", "Array"]


def test_walk_by_types():
    found = []
    y = Node("text", [1, Node(2)])
    structural_walk(y, [(int, found.append), (Node, lambda node: found.append("node"))], order="pre")
    assert found == ["node", 1, "node", 2]
    found.clear()
    structural_walk(y, ((str, Array), lambda value: found.append(type(value).__name__)))
    assert found == ["str", "Array"]
    found.clear()
    structural_walk(y, (bowline.Object, lambda value: found.append(type(value).__name__)))
    assert found == ["Node", "Array", "Node"]
    with pytest.raises(TypeError, match="neither registered"):
        structural_walk(y, (complex, found.append))


@pytest.mark.parametrize("everything", [object, Any, (str, object)], ids=str)
def test_walk_of_whatever_is_left(everything):
    """`object` and `Any` stand for all values, after those whose turn comes before."""
    found = []
    containers = (Array, lambda array: found.append(len(array)))
    assert structural_walk(Array([1, Array(["a"])]), [containers, (everything, found.append)], order="pre") is None
    assert found == [2, 1, 1, "a"]


def test_walk_says_regions():
    x = Var("x")
    found = []

    def note(value, kind):
        found.append((type(value).__name__, kind))

    structural_walk(Function([x], x), with_def_region_kind=note, order="pre")
    assert found == [
        ("Function", DefRegionKind.NONE),
        ("Array", DefRegionKind.DEF_RECURSIVE),
        ("Var", DefRegionKind.DEF_RECURSIVE),
        ("Var", DefRegionKind.NONE),
    ]


def test_walk_ends_early_or_skips():
    def stop(node):
        return VisitInterrupt(node.a)

    ended = structural_walk([Node(7), Node(8)], (Node, stop))
    assert isinstance(ended, VisitInterrupt)
    assert ended.value == 7
    found = []

    def skip(node):
        found.append(node.a)
        return WalkResult.SKIP

    assert structural_walk([Node([Node(1)]), Node(2)], (Node, skip), order="pre") is None
    assert len(found) == 2
    assert structural_walk(Node(1), lambda value: WalkResult.ADVANCE) is None


@pytest.mark.parametrize("callbacks", [3, "x", [int], [(int, 3)], [(3, print)], [((), print)]], ids=repr)
def test_walk_needs_callbacks(callbacks):
    with pytest.raises(TypeError, match="callbacks"):
        structural_walk([1], callbacks)


def test_walk_errors():
    with pytest.raises(ValueError, match="'zz'"):
        structural_walk([1], print, order="zz")
    with pytest.raises(TypeError, match="got str"):
        structural_walk([1], lambda value: "zz")

    def fail(value):
        raise KeyError("from the callback")

    with pytest.raises(KeyError, match="from the callback"):
        structural_walk([1], fail)


def test_identity():
    inner = Node(1)
    seen = []
    structural_walk(Array([inner, inner]), (Node, seen.append))
    assert seen[0] is seen[1] is inner
    path = get_first_structural_mismatch([1], [2])[0]
    assert path.step is path.step


def test_threads():
    shared = List([Node(i) for i in range(20)])
    reference = Array([Node(i) for i in range(20)])

    def read():
        for _ in range(50):
            assert structural_equal(reference, Array([Node(i) for i in range(20)]))
            assert len(collect(reference)) == 41
            structural_hash(shared)
            structural_equal(shared, shared)

    def write():
        for i in range(200):
            shared[i % 20] = Node(i)

    run_threads(*[read] * 6, *[write] * 2)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGALRM")
def test_a_signal_ends_a_long_walk():
    out = run_script(
        """
        import signal
        import bowline
        from bowline import Array
        wide = Array([1])
        for _ in range(64):
            wide = Array([wide, wide])
        def end(*_):
            raise KeyboardInterrupt
        # Once before: CPython ignores what is raised in the callbacks that end an import.
        bowline.structural_walk(Array([1]), (str, print))
        signal.signal(signal.SIGALRM, end)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            bowline.structural_walk(wide, (str, print))
        except KeyboardInterrupt:
            print("ended")
        """
    ).stdout
    assert out.strip() == "ended"


@pytest.mark.keeps_objects(reason="hooks are attributes of types")
class TestVisitHook:
    """What a class's `__s_visit__` says to a walk."""

    @staticmethod
    def make(visit):
        @py_class(new_key())
        class Visited(bowline.Object):
            a: Any
            b: Any = None
            __s_visit__ = visit

        return Visited

    @staticmethod
    def walked(root, order="pre"):
        found = []

        def note(value, kind):
            if isinstance(value, int):
                found.append((value, kind))

        ended = structural_walk(root, with_def_region_kind=note, order=order)
        return found, ended

    @pytest.mark.parametrize("order", ["pre", "post"])
    def test_the_parts_that_it_says_are_visited_in_its_order(self, order):
        def visit(self, visitor):
            assert visitor.visit(self.b) is None
            visitor.visit(7)

        root = self.make(visit)(1, 2)
        none = DefRegionKind.NONE
        assert self.walked([root, 3], order) == ([(2, none), (7, none), (3, none)], None)

    def test_its_regions(self):
        kinds = []

        def visit(self, visitor):
            def inner():
                kinds.append(visitor.def_region_kind())
                visitor.visit(self.a)
                return "inner"

            assert visitor.with_def_region_kind(DefRegionKind.DEF_NON_RECURSIVE, inner) == "inner"
            kinds.append(visitor.def_region_kind())
            visitor.visit(self.b)

        root = self.make(visit)([1], 2)
        found, _ = self.walked(root)
        assert found == [(1, DefRegionKind.DEF_NON_RECURSIVE), (2, DefRegionKind.NONE)]
        assert kinds == [DefRegionKind.DEF_NON_RECURSIVE, DefRegionKind.NONE]

    def test_a_region_ends_with_an_error(self):
        def visit(self, visitor):
            with pytest.raises(LookupError):
                visitor.with_def_region_kind(DefRegionKind.DEF_RECURSIVE, lambda: {}["x"])
            visitor.visit(self.a)

        assert self.walked(self.make(visit)(1))[0] == [(1, DefRegionKind.NONE)]

    def test_it_ends_the_walk(self):
        root = self.make(lambda self, visitor: VisitInterrupt(self.a))("enough")
        found, ended = self.walked([1, root, 2])
        assert (found, ended.value) == ([(1, DefRegionKind.NONE)], "enough")

    def test_what_it_raises_comes_out(self):
        def visit(self, visitor):
            raise LookupError("no")

        with pytest.raises(LookupError, match="no"):
            self.walked(self.make(visit)(1))

    def test_it_returns_nonsense(self):
        with pytest.raises(TypeError):
            self.walked(self.make(lambda self, visitor: 5)(1))

    def test_a_visitor_ends_with_its_hook(self):
        kept = []
        self.walked(self.make(lambda self, visitor: kept.append(visitor))(1))
        with pytest.raises(RuntimeError, match="after the end"):
            kept[0].visit(1)

    def test_cycles_and_depth(self):
        cls = self.make(lambda self, visitor: visitor.visit(self.a))
        one = cls(None)
        one.a = bowline.List([one, 5])
        assert [value for value, _ in self.walked(one)[0]] == [5]
        one.a = None
        deep = 5
        for _ in range(10_000):
            deep = cls(deep)
        assert [value for value, _ in self.walked(deep)[0]] == [5]


@py_class("structural_walk.Hooked")
class Hooked(bowline.Object):
    n: int

    def __s_visit__(self, visitor):
        visitor.visit(HOOKED[1 - self.n])


HOOKED = []


def test_a_cycle_that_hooks_alone_know():
    """Each object has one place, its wrapper. The hook of the other says it."""
    HOOKED[:] = Hooked(0), Hooked(1)
    found = collect(HOOKED[0])
    assert [value.n for value in found] == [0, 1, 0]
    HOOKED.clear()


@pytest.mark.keeps_objects
def test_a_cycle_that_loses_its_place_amid_a_walk_ends():
    """Each object of it has one place then, round and round."""

    @py_class(new_key())
    class Link(bowline.Object):
        name: str
        next: Any = None

    root = Link("root", Link("x", Link("y")))
    root.next.next.next = root.next
    names = []

    def see(value):
        names.append(value.name)
        if value.name == "x":
            root.next = None
        return VisitInterrupt(None) if len(names) > 20 else None

    structural_walk(root, (Link, see), order="pre")
    assert names[:3] == ["root", "x", "y"]
    assert len(names) <= 10
