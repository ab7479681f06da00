"""Equality, hash and walks by structure, and paths."""

import copy
import pickle
import sys
from typing import Any

import bowline
import pytest
from bowline import (
    Array,
    DefRegionKind,
    Dict,
    List,
    Map,
    Shape,
    StructuralKey,
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
from bowline.access_path import AccessKind, AccessPath, AccessStep
from support import new_key, run_script, run_threads


@py_class("structural.Node")
class Node(bowline.Object):
    a: Any
    b: Any = None
    note: Any = field(default=None, structural_eq="ignore")


@py_class("structural.Var", structural_eq="var")
class Var(bowline.Object):
    name: str = field(structural_eq="ignore")
    type: Any = None


@py_class("structural.Function")
class Function(bowline.Object):
    params: Array = field(structural_eq="def")
    body: Any


@py_class("structural.Flat")
class Flat(bowline.Object):
    params: Array = field(structural_eq="def-non-recursive")
    body: Any


@py_class("structural.Dag", structural_eq="dag")
class Dag(bowline.Object):
    a: Any


@py_class("structural.ConstTree", structural_eq="const-tree")
class ConstTree(bowline.Object):
    a: Any


@py_class("structural.Single", structural_eq="singleton")
class Single(bowline.Object):
    a: Any


@py_class("structural.Unsupported", structural_eq=None)
class Unsupported(bowline.Object):
    a: Any


VALUES = [
    None, 0, 1, True, 1.0, 1.5, float("nan"), -0.0, "a", "a text of some length", b"a", b"some bytes of some length",
    [], [1], [1, [2]], {}, {"k": 1}, {"k": [1]}, Shape((1, 2)), Shape((2, 1)), bowline.device("cpu"), bowline.dtype("int8"),
    Node(1), Node(2), Node(1, 2), Node([Node(1)]), List([1]), Dict({"k": 1}), ConstTree(1), Dag(1),
]  # fmt: skip


@pytest.mark.keeps_objects(reason="the module's values")
@pytest.mark.parametrize("i", range(len(VALUES)))
def test_each_value_is_equal_to_itself_alone(i):
    for k, other in enumerate(VALUES):
        assert structural_equal(VALUES[i], other) is (i == k)
        assert (get_first_structural_mismatch(VALUES[i], other) is None) is (i == k)
    again = copy.deepcopy(VALUES[i])
    assert structural_equal(VALUES[i], again)
    assert structural_hash(VALUES[i]) == structural_hash(again)
    assert structural_hash(VALUES[i]) in range(2**64)


def test_ignored_fields():
    assert structural_equal(Node(1, note="x"), Node(1, note="y"))
    assert structural_hash(Node(1, note="x")) == structural_hash(Node(1, note="y"))


def test_variables():
    x, y = Var("x"), Var("y")
    assert structural_equal(x, x)
    assert not structural_equal(x, y)
    assert structural_equal(x, y, map_free_vars=True)
    assert structural_hash(x, map_free_vars=True) == structural_hash(y, map_free_vars=True)
    assert structural_equal(Function([x], x), Function([y], y))
    assert structural_hash(Function([x], x)) == structural_hash(Function([y], y))
    assert structural_equal(Function([x, y], [x, y]), Function([y, x], [y, x]))
    assert not structural_equal(Function([x, y], [x, y]), Function([x, y], [y, x]))
    # Bound on one side, free on the other.
    assert not structural_equal(Function([x], x), Function([y], x))
    assert not structural_equal(Function([x], y), Function([y], y))
    # Two variables are not one.
    assert not structural_equal(Function([x, y], [x, y]), Function([x, x], [x, x]))
    assert not structural_equal(Function([Var("x", 1)], 0), Function([Var("x", 2)], 0))
    free = Var("free")
    assert structural_equal(Function([x], free), Function([y], free))
    assert structural_hash(Function([x], free)) == structural_hash(Function([y], free))


def test_regions():
    inner, other = Var("inner"), Var("other")
    # A variable inside what defines another one: defined too, or used.
    assert structural_equal(Function([Var("x", inner)], 0), Function([Var("y", other)], 0))
    assert not structural_equal(Flat([Var("x", inner)], 0), Flat([Var("y", other)], 0))
    assert structural_equal(Flat([Var("x", inner)], 0), Flat([Var("y", inner)], 0))
    assert structural_hash(Flat([Var("x", inner)], 0)) == structural_hash(Flat([Var("y", inner)], 0))


def test_sharing():
    d, e = Dag(1), Dag(1)
    assert structural_equal([d, d], [e, e])
    assert structural_hash([d, d]) == structural_hash([e, e])
    assert not structural_equal([d, d], [e, Dag(1)])
    assert not structural_equal([d, Dag(1)], [e, e])
    n = Node(1)
    assert structural_equal([n, n], [Node(1), Node(1)])
    assert structural_hash([n, n]) == structural_hash([Node(1), Node(1)])


def test_singletons():
    one = Single(1)
    assert structural_equal(one, one)
    assert not structural_equal(one, Single(1))
    assert structural_hash(one) == structural_hash(one)


@pytest.mark.parametrize("make", [lambda: Unsupported(1), lambda: bowline.convert(len), object], ids=["class", "function", "opaque"])
def test_unsupported(make):
    value = make()
    for use in (
        lambda: structural_equal(value, value),
        lambda: structural_hash(value),
        lambda: structural_hash([value]),
        lambda: get_first_structural_mismatch(value, value),
    ):
        with pytest.raises(TypeError, match="structural"):
            use()


@pytest.mark.parametrize(
    ("a", "b", "left", "right"),
    [
        (Node(1, 2), Node(1, 3), "<root>.b", "<root>.b"),
        ([1, 2], [1, 3, 4], "<root>[1]", "<root>[1]"),
        ([1, 2], [1, 2, 4], "<root>[<missing:2>]", "<root>[2]"),
        ([1, 2, 4], [1, 2], "<root>[2]", "<root>[<missing:2>]"),
        ({"a": 1}, {"a": 2}, '<root>["a"]', '<root>["a"]'),
        ({"a": 1}, {"b": 1}, '<root>["a"]', '<root>[<missing:"a">]'),
        ({"a": 1}, {"a": 1, "c": 1}, '<root>[<missing:"c">]', '<root>["c"]'),
        ([Node([{"k": 1}])], [Node([{"k": 2}])], '<root>[0].a[0]["k"]', '<root>[0].a[0]["k"]'),
        (1, 2, "<root>", "<root>"),
        (Node(1), 1, "<root>", "<root>"),
        ({1: 2}, {1: 3}, "<root>[1]", "<root>[1]"),
    ],
)
@pytest.mark.keeps_objects(reason="the parameters")
def test_mismatch(a, b, left, right):
    found = get_first_structural_mismatch(a, b)
    assert tuple(map(repr, found)) == (left, right)
    assert not structural_equal(a, b)


def test_mappings_have_no_order():
    a, b = {1: 2, 3: 4, "x": [5]}, {"x": [5], 3: 4, 1: 2}
    assert structural_equal(a, b)
    assert structural_hash(a) == structural_hash(b)
    x, y = Var("x"), Var("y")
    assert structural_equal(Function([x], Map({x: 1})), Function([y], Map({y: 1})))
    assert structural_hash(Function([x], Map({x: 1}))) == structural_hash(Function([y], Map({y: 1})))


def test_cycles():
    a, b = List([1]), List([1])
    a.append(a)
    b.append(b)
    assert structural_equal(a, b)
    assert structural_hash(a) == structural_hash(b)
    unrolled = List([1, List([1])])
    unrolled[1].append(unrolled)
    assert structural_equal(a, unrolled)
    assert structural_hash(a) == structural_hash(unrolled)
    assert not structural_equal(a, List([1, List([1])]))
    for items in (a, b, unrolled[1], unrolled):
        items.clear()


def test_depth_and_sharing_are_no_limit():
    deep, other = None, None
    for _ in range(100_000):
        deep, other = Node(deep), Node(other)
    assert structural_equal(deep, other)
    assert structural_hash(deep) == structural_hash(other)
    wide, also = Array([]), Array([])
    for _ in range(60):
        wide, also = Array([wide, wide]), Array([also, also])
    assert structural_equal(wide, also)
    assert structural_hash(wide) == structural_hash(also)


@pytest.mark.keeps_objects(reason="hooks are attributes of types")
def test_hooks():
    @py_class(new_key())
    class Hooked(bowline.Object):
        params: Any
        body: Any
        note: Any = None

        def __s_equal__(self, other, compare):
            return compare(self.params, other.params, True, "params") and compare(self.body, other.body, False, "body")

        def __s_hash__(self, start, mix):
            return mix(self.body, mix(self.params, start, True), False)

    x, y = Var("x"), Var("y")
    one, two = Hooked([x], [x], 1), Hooked([y], [y], 2)
    assert structural_equal(one, two)
    assert structural_hash(one) == structural_hash(two)
    assert structural_equal([one, Hooked([x], 1)], [two, Hooked([y], 1)])
    found = get_first_structural_mismatch([Hooked([x], [1, 2])], [Hooked([y], [1, 3])])
    assert repr(found[0]) == "<root>[0].body[1]"


@pytest.mark.keeps_objects(reason="hooks are attributes of types")
def test_hooks_that_fail_or_keep_what_they_got():
    kept = []

    @py_class(new_key())
    class Failing(bowline.Object):
        a: Any

        def __s_equal__(self, other, compare):
            kept.append(compare)
            if self.a == "raise":
                raise KeyError("no equality")
            return structural_equal(self.a, other.a)

        def __s_hash__(self, start, mix):
            raise KeyError("no hash")

    assert structural_equal(Failing(1), Failing(1))
    with pytest.raises(KeyError, match="no equality"):
        structural_equal([Failing("raise")], [Failing("raise")])
    with pytest.raises(KeyError, match="no hash"):
        structural_hash(Failing(1))
    with pytest.raises(RuntimeError, match="until the hook ends"):
        kept[0](1, 1, False, "a")
    kept.clear()


def test_keys():
    one, same, other = (StructuralKey(Node(1, [2])), StructuralKey(Node(1, [2])), StructuralKey(Node(1, [3])))
    assert one == same
    assert not one != same
    assert one != other
    assert one != 1
    assert hash(one) == hash(same)
    assert {one: "found"}[same] == "found"
    assert one.key is one.key
    assert structural_equal(one.key, same.key)
    assert one.hash_i64 == same.hash_i64
    with pytest.raises(TypeError):
        StructuralKey(object())


def test_paths():
    root = AccessPath.root()
    path = root.attr("x").array_item(2).map_item("k")
    assert repr(path) == '<root>.x[2]["k"]'
    assert (root.depth, root.parent, root.step) == (0, None, None)
    assert path.depth == 3
    assert path.parent == root.attr("x").array_item(2)
    assert (path.step.kind, path.step.key) == (AccessKind.MAP_ITEM, "k")
    assert repr(path.step) == '["k"]'
    assert [(step.kind, step.key) for step in path.to_steps()] == [(0, "x"), (1, 2), (2, "k")]
    assert all(isinstance(step, AccessStep) for step in path.to_steps())
    missing = root.attr_missing("a").array_item_missing(1).map_item_missing("m")
    assert repr(missing) == '<root>[<missing:"a">][<missing:1>][<missing:"m">]'
    assert [step.kind for step in missing.to_steps()] == [3, 4, 5]
    again = root.attr("x").array_item(2).map_item("k")
    assert path == again
    assert hash(path) == hash(again)
    assert path != root
    assert path != 1
    assert root.is_prefix_of(path)
    assert path.parent.is_prefix_of(path)
    assert not path.is_prefix_of(path.parent)
    assert path.is_prefix_of(again)
    with pytest.raises(ValueError, match=r"AccessPath\.root\(\)"):
        AccessPath()
    assert pickle.loads(pickle.dumps(path)) == path


def collect(root, **options):
    found = []
    assert structural_walk(root, found.append, **options) is None
    return found


def test_walk():
    y = Node(1, note=5)
    x = Var("x")
    assert collect([y, y]) == [Array([y, y]), y, 1, y, 1]
    assert collect([1, "ab", 2.0, None, True, b"x"])[1:] == [1, "ab", 2.0, True, b"x"]
    assert collect(Map({x: 1, "k": [2]}), order="post")[:-1] == [x, 1, "k", 2, Array([2])]
    assert collect(Map({x: 1, "k": [2]}), order=WalkOrder.POSTORDER)[-1] == Map({x: 1, "k": [2]})
    assert collect(None) == []
    assert collect(Shape((1, 2))) == [(1, 2)]
    assert collect(7) == [7]
    items = List([1])
    items.append(items)
    assert len(collect(items)) == 3
    items.clear()


def test_walk_by_types():
    found = []
    y = Node("text", [1, Node(2)])
    structural_walk(y, [(int, found.append), (Node, lambda node: found.append("node"))])
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
    assert structural_walk(Array([1, Array(["a"])]), [containers, (everything, found.append)]) is None
    assert found == [2, 1, 1, "a"]


def test_walk_says_regions():
    x = Var("x")
    found = []
    structural_walk(Function([x], x), with_def_region_kind=lambda value, kind: found.append((type(value).__name__, kind)))
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

    assert structural_walk([Node([Node(1)]), Node(2)], (Node, skip)) is None
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
                kinds.append(visitor.def_region_kind)
                visitor.visit(self.a)
                return "inner"

            assert visitor.with_def_region_kind(DefRegionKind.DEF_NON_RECURSIVE, inner) == "inner"
            kinds.append(visitor.def_region_kind)
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
