"""`structural_map`, `structural_mutate` and `structural_visit`."""

from typing import Any

import bowline
import pytest
from bowline import (
    Array,
    DefRegionKind,
    Dict,
    InplaceMode,
    List,
    Map,
    Object,
    StructuralMutator,
    VisitInterrupt,
    py_class,
    structural_map,
    structural_mutate,
    structural_visit,
)
from bowline.dataclasses import field


@py_class("rewrite.Type")
class Type(Object):
    n: int


@py_class("rewrite.Var", structural_eq="var")
class Var(Object):
    name: str = field(structural_eq="ignore")
    type: Any


@py_class("rewrite.Function")
class Function(Object):
    parameters: Array = field(structural_eq="def")
    body: Any
    note: str = field(structural_eq="ignore", default="note")


@py_class("rewrite.Simple")
class Simple(Object):
    parameter: Any = field(structural_eq="def-simple")
    body: Any


@py_class("rewrite.Pair", frozen=True)
class Pair(Object):
    a: Any
    b: Any = 5


@py_class("rewrite.Shared", structural_eq="dag")
class Shared(Object):
    a: Any


@py_class("rewrite.Hooked")
class Hooked(Object):
    a: Any
    b: Any

    def __s_mutate__(self, mutator):
        return Hooked(self.a, mutator.mutate(self.b))

    def __s_visit__(self, visitor):
        return visitor.visit(self.b)


def up(n):
    return n + 1


def later(type):
    return Type(type.n + 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Array, "(2, (3,))"),
        (List, "[2, (3,)]"),
        (lambda items: Pair(*items), "rewrite.Pair(a=2, b=(3,))"),
        (lambda items: Map({1: items[0], "a": Array(items[1])}), '{1: 2, "a": (3,)}'),
        (lambda items: Dict({1: items[0], "a": Array(items[1])}), '{1: 2, "a": (3,)}'),
    ],
)
def test_map(value, text):
    old = value([1, Array([2])])
    before = repr(old)
    new = structural_map(old, (int, up))
    assert repr(new) == text and type(new) is type(old)
    assert repr(old) == before
    assert structural_map(old, (int, lambda n: n)) is old
    assert structural_map(old, (float, up)) is old


def test_plain_roots():
    assert structural_map([1, [2]], (int, up)) == Array([2, Array([3])])
    assert structural_map(1, up) == 2 and structural_map(None, lambda value: 5) == 5
    assert structural_map(Array([None, 1, True]), (type(None), lambda value: 5)) == Array([5, 1, True])
    # A truth value is no integer, an element type no text.
    assert repr(structural_map([True, 1], (int, up))) == "(True, 2)"
    assert structural_map([bowline.int8, "a"], (str, str.upper)) == Array([bowline.int8, "A"])
    nan = float("nan")
    root = Array([nan, 0.0])
    assert structural_map(root, (float, lambda x: x)) is root
    assert repr(structural_map(root, (float, lambda x: -0.0 if x == 0 else x))) in ("(nan, -0)", "(nan, -0.0)")


def test_order_and_regions():
    x = Var("x", Type(1))
    root = Function([x], Array([x, None]))
    for order, expected in {
        "pre": "Function0 Array1 Var1 Type1 int1 Array0 Var0 NoneType0",
        "post": "int1 Type1 Var1 Array1 Var0 NoneType0 Array0 Function0",
    }.items():
        found = []

        def note(value, kind):
            found.append(f"{type(value).__name__}{int(kind)}")
            return value

        assert structural_map(root, with_def_region_kind=note, order=order) is root
        assert " ".join(found) == expected
    found = []
    v = Var("v", Var("in", Type(1)))
    structural_map(Simple(v, v), with_def_region_kind=note, order=bowline.WalkOrder.PREORDER)
    assert " ".join(found) == "Simple0 Var2 Var0 Var0"


def test_variables():
    x = Var("x", Type(1))
    for new in (structural_map(Function([x], Array([x, x])), (Type, later)), structural_map(Simple(x, Array([x, x])), (Type, later))):
        defined = new.parameters[0] if isinstance(new, Function) else new.parameter
        assert new.body[0] is defined and new.body[1] is defined and defined is not x and defined.type.n == 2
    # Where nothing defines it, it is not gone into.
    free = Array([x])
    assert structural_map(free, (Type, later)) is free
    # What a callback makes of one occurrence is its own business.
    new = structural_map(Function([x], Array([x])), (Var, lambda var: Var("y", var.type)))
    assert new.parameters[0].name == new.body[0].name == "y" and new.parameters[0] is not new.body[0]


def test_sharing():
    shared = Shared(1)
    new = structural_map(Array([shared, shared]), (int, up))
    assert new[0] is new[1] and new[0].a == 2
    tree = Pair(1)
    new = structural_map(Array([tree, tree]), (int, up))
    assert new[0] is not new[1]
    # A graph in which each node is reached by 2 ** 60 ways.
    node = Shared(1)
    for _ in range(60):
        node = Shared(Array([node, node]))
    new = structural_map(node, (int, up))
    assert new.a[0] is new.a[1] and new is not node


def test_what_structure_does_not_count():
    new = structural_map(Function([], "a"), (str, str.upper))
    assert (new.body, new.note) == ("A", "note")


def test_pre_order_goes_into_what_came():
    found = []
    new = structural_map(Array([1]), [(Array, lambda array: Array([7, 8])), (int, lambda n: found.append(n) or n + 1)], order="pre")
    assert found == [7, 8] and new == [8, 9]
    assert structural_map(Array([1]), [(Array, lambda array: Array([7, 8])), (int, up)]) == [7, 8]


def test_failures():
    root = Function([], 1)
    with pytest.raises(TypeError, match="`parameters` of `rewrite.Function`: Expected `Array"):
        structural_map(root, (Array, lambda array: 3))
    with pytest.raises(ZeroDivisionError):
        structural_map(root, (int, lambda n: n / 0))
    with pytest.raises(ValueError, match="Unknown structural map order"):
        structural_map(root, up, order="in")
    for wrong in (3, "ab", [up], [(int, 3)], (int, up, up)):
        with pytest.raises(TypeError, match="structural_m"):
            structural_map(root, wrong)
        with pytest.raises(TypeError, match="structural_m"):
            structural_mutate(root, wrong)


def test_cycles():
    items = List([1])
    items.append(Pair(items))
    for call in (lambda: structural_map(items, (int, up)), lambda: structural_visit(items, (str, print))):
        with pytest.raises(ValueError, match="contains itself"):
            call()
    items.clear()


def test_deep():
    root = Pair(1, None)
    for _ in range(100_000):
        root = Pair(root, None)
    new = structural_map(root, (int, up))
    found = []
    structural_visit(new, (int, lambda n, visitor: found.append(n)))
    assert found == [2]


def test_a_moved_root():
    items = Array([1])
    moved = items._move()
    assert structural_map(moved, (int, up)) == [2]
    assert not items.__chandle__()


def test_mutate():
    assert structural_mutate(Array([1, Array([2])]), (int, lambda n, mutator: n * 10)) == [10, Array([20])]
    rows = [(int, lambda n, m: n * 10), (Pair, lambda pair, m: Pair(m.mutate(pair.a), pair.b))]
    assert repr(structural_mutate(Pair(1, 2), rows)) == "rewrite.Pair(a=10, b=2)"
    modes = []

    def default(value, mutator, mode):
        assert isinstance(mutator, StructuralMutator)
        modes.append(mode)
        return mutator.default_mutate(value)

    root = Array([1, Array([2])])
    assert structural_mutate(root, [(Array, default)]) is root
    assert modes == [InplaceMode.DISALLOW] * 2
    assert structural_mutate(root, [(Array, default), (int, lambda n, m: -n)]) == [-1, Array([-2])]


def test_remaps():
    x = Var("x", Type(1))
    found = []

    def replace(var, mutator):
        found.append((int(mutator.def_region_kind()), mutator.var_remap_get(var)))
        new = Var(var.name + "'", var.type)
        mutator.var_remap_set(var, new)
        inner = mutator.with_def_region_kind(DefRegionKind.DEF_SIMPLE, mutator.def_region_kind)
        # Everything inside a pattern is a part of it.
        assert inner == (DefRegionKind.DEF_SIMPLE if found[-1][0] == 0 else DefRegionKind.DEF_PATTERN)
        return new

    new = structural_mutate(Function([x], Array([x])), (Var, replace))
    assert [kind for kind, _ in found] == [1, 0] and found[0][1] is None and found[1][1] is new.parameters[0]
    with pytest.raises(TypeError, match="'var' or 'dag'"):
        structural_mutate(Pair(1), (Pair, lambda pair, mutator: mutator.var_remap_get(pair)))


def test_the_hook_of_a_class():
    new = structural_map(Array([Hooked(1, 2)]), (int, up))[0]
    assert (new.a, new.b) == (1, 3)
    found = []
    structural_visit(Hooked(1, 2), (int, lambda n, visitor: found.append(n)))
    assert found == [2]


def test_visit():
    x = Var("x", Type(1))
    root = Function([x], Array([x, 3, None]))
    found = []

    def note(value, visitor):
        found.append(f"{type(value).__name__}{int(visitor.def_region_kind())}")
        return visitor.default_visit(value)

    assert structural_visit(root, note) is None
    assert " ".join(found) == "Function0 Array1 Var1 Type1 int1 Array0 Var0 Type0 int0 int0"
    # Without a visit of its parts a value has none.
    found.clear()
    structural_visit(root, [(Var, lambda var, visitor: None), (int, lambda n, visitor: found.append(n))])
    assert found == [3]


def test_visits_end():
    def stop(pair, visitor):
        return visitor.visit(pair.b) if isinstance(pair.b, Pair) else VisitInterrupt(pair.b)

    ended = structural_visit(Array([Pair(1, Pair(2, 7)), Pair(3, 8)]), (Pair, stop))
    assert isinstance(ended, VisitInterrupt) and ended.value == 7
    with pytest.raises(TypeError, match="expected None or a VisitInterrupt"):
        structural_visit(1, lambda value, visitor: 7)
    assert VisitInterrupt().value is None
    assert structural_visit(Pair(1, 2), (Pair, lambda pair, v: v.with_def_region_kind(1, lambda: v.visit(pair.a, pair.b)))) is None


class Stop(Exception):
    """What a callback raises."""


def test_what_is_raised_inside_of_hooks_is_the_same_exception():
    raised = Stop("here")

    def fail(n, *more):
        raise raised

    root = Array([Hooked(1, Array([2]))])
    for call in (
        lambda: structural_map(root, (int, fail)),
        lambda: structural_mutate(root, (int, fail)),
        lambda: structural_visit(root, (int, fail)),
        lambda: bowline.get_global_func("ffi.StructuralMap")(root, [(1, fail)], [], 1),
    ):
        with pytest.raises(Stop) as caught:
            call()
        assert caught.value is raised


@py_class("rewrite.Static")
class Static(Object):
    a: Any
    b: Any

    @staticmethod
    def __s_visit__(visitor, value):
        return visitor.visit(value.b)

    @staticmethod
    def __s_mutate__(mutator, value):
        return Static(value.a, mutator.mutate(value.b))


def test_a_static_hook_gets_its_arguments_as_native_code_passes_them():
    new = structural_map(Static(1, 2), (int, up))
    assert (new.a, new.b) == (1, 3)
    found = []
    structural_visit(Static(1, 2), (int, lambda n, visitor: found.append(n)))
    bowline.structural_walk(Static(3, 4), (int, found.append))
    assert found == [2, 4]


def test_hooks_of_classes_are_attributes_of_their_types():
    """Native code finds and calls them so: the visitor or mutator comes first."""
    seen = []

    def default(value, mutator):
        index = type(value).__tvm_ffi_type_info__.type_index
        hook = bowline.core._lookup_type_attr(index, "__s_mutate__")
        seen.append(repr(hook(mutator, value)))
        return mutator.default_mutate(value)

    new = structural_mutate(Array([Hooked(1, 2), Static(3, 4)]), [((Hooked, Static), default), (int, lambda n, m: n * 10)])
    assert repr(new) == "(rewrite.Hooked(a=1, b=20), rewrite.Static(a=3, b=40))"
    assert seen == ["rewrite.Hooked(a=1, b=20)", "rewrite.Static(a=3, b=40)"]


def test_a_mutator_and_a_visitor_end_with_their_walk():
    kept = []
    structural_mutate(Array([1]), (int, lambda n, mutator: kept.append(mutator) or n))
    structural_visit(Array([1]), (int, lambda n, visitor: kept.append(visitor)))
    for call in (lambda: kept[0].mutate(1), lambda: kept[1].visit(1)):
        with pytest.raises(RuntimeError, match="after the end"):
            call()


@pytest.mark.keeps_objects(reason="variants are attributes of their type")
def test_an_enumeration_is_no_graph():
    from bowline.dataclasses import IntEnum, entry

    class Level(IntEnum, type_key="rewrite.Level"):
        low = entry(value=1)

    root = Array([Level.low])
    assert structural_map(root, (int, up)) is root and Level.low.value == 1
