"""Order, equality, hash and text of containers that contain themselves. They give the same answer each time, never a loop."""

from typing import Any

import bowline
import pytest
from bowline import Array, Dict, List, get_global_func, py_class
from bowline.dataclasses import asdict
from bowline.serialization import to_json_graph_str


@py_class("cycle_order.Node", eq=True, order=True, unsafe_hash=True)
class Node(bowline.Object):
    part: Any = None


def ring_list(n=1):
    made = List([n])
    made.append(made)
    return made, made.clear


def ring_dict(n=1):
    made = Dict({"n": n})
    made["self"] = made
    return made, made.clear


def ring_node(n=1):
    made = Node()
    made.part = Array([n, made])
    return made, lambda: setattr(made, "part", None)


def ring_mixed(n=1):
    made = Node(Dict({"n": n}))
    made.part["list"] = List([made])
    return made, made.part.clear


RINGS = [ring_list, ring_dict, ring_node, ring_mixed]
ORDERS = ["ffi.RecursiveLt", "ffi.RecursiveLe", "ffi.RecursiveGt", "ffi.RecursiveGe"]


def each_ring(test):
    """Call a test with two equal cycles, and break them up."""

    @pytest.mark.parametrize("ring", RINGS, ids=lambda ring: ring.__name__)
    def run(ring):
        (a, break_a), (b, break_b) = ring(), ring()
        test((a, b))
        break_a()
        break_b()

    return run


@each_ring
def test_they_have_no_order(pair):
    for name in ORDERS * 2:
        with pytest.raises(ValueError, match="cyclic reference"):
            get_global_func(name)(*pair)
        with pytest.raises(ValueError, match="cyclic reference"):
            get_global_func(name)(Dict({0: pair[0]}), Dict({0: pair[1]}))


@each_ring
def test_each_comes_with_itself(pair):
    assert [get_global_func(name)(pair[0], pair[0]) for name in ORDERS] == [False, True, False, True]


@each_ring
def test_they_are_equal_and_hash_alike(pair):
    for _ in range(2):
        assert get_global_func("ffi.RecursiveEq")(*pair)
        assert get_global_func("ffi.RecursiveHash")(pair[0]) == get_global_func("ffi.RecursiveHash")(pair[1])


@each_ring
def test_their_texts_end(pair):
    assert repr(pair[0]) == repr(pair[1])
    assert "..." in repr(pair[0])


@each_ring
def test_they_are_no_json(pair):
    for _ in range(2):
        with pytest.raises(ValueError, match="contains itself"):
            to_json_graph_str(pair[0])


@each_ring
def test_they_are_not_taken_apart(pair):
    with pytest.raises(ValueError, match="contains itself"):
        asdict(Node(pair[0]))


LESS = get_global_func("ffi.RecursiveLt")
NOT_GREATER = get_global_func("ffi.RecursiveLe")


def test_mappings_without_cycles():
    nan = float("nan")
    for make in (lambda: Dict({"a": [1, nan, -0.0], "b": {}}), lambda: bowline.Map({1: Node(Dict({2: "x"}))})):
        assert (LESS(make(), make()), NOT_GREATER(make(), make())) == (False, True)
        assert LESS(Array([make(), 1]), Array([make(), 2]))


@pytest.mark.parametrize("other", [{"a": [2]}, {"a": [1, 1]}, {"a": (1,), "b": 1}, {"b": [1]}, {"a": 1}, {"a": Node()}], ids=repr)
def test_unequal_mappings_have_no_order(other):
    for a, b in [(Dict({"a": [1]}), Dict(other)), (Dict(other), Dict({"a": [1]}))]:
        with pytest.raises(TypeError, match=r"unequal values of `ffi\.Dict` have no order"):
            LESS(a, b)


def test_an_order_within_a_graph_is_linear():
    def dag():
        made = Array([1])
        for _ in range(40):
            made = Array([Dict({"a": made}), Dict({"a": made}), made])
        return made

    assert not LESS(dag(), dag())
