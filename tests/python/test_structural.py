"""Equality and hash by structure, and paths."""

import copy
import pickle
from typing import Any

import bowline
import pytest
from bowline import (
    Array,
    Dict,
    List,
    Map,
    Shape,
    StructuralKey,
    field,
    get_first_structural_mismatch,
    py_class,
    structural_equal,
    structural_hash,
)
from bowline.access_path import AccessKind, AccessPath, AccessStep
from support import new_key


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


def test_each_path_has_the_keys_of_its_graph():
    x, y = Var("x"), Var("y")
    left, right = get_first_structural_mismatch(Function([x], Map({x: [1]})), Function([y], Map({y: [2]})))
    (mine,) = [step.key for step in left.to_steps() if isinstance(step.key, Var)]
    (other,) = [step.key for step in right.to_steps() if isinstance(step.key, Var)]
    assert mine is x
    assert other is y
    # A key in a path is shown as it shows itself.
    assert f"[{x!r}]" in repr(left)
    assert f"[{y!r}]" in repr(right)


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
