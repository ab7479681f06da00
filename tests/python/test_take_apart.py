"""`asdict` and `astuple` of graphs."""

import collections
from typing import Any

import bowline
import pytest
from bowline import Dict, List, py_class
from bowline.dataclasses import asdict, astuple
from bowline.dataclasses._tools import _asdict_inner, _astuple_inner


@py_class("take_apart.Node")
class Node(bowline.Object):
    a: Any = None
    b: Any = None


def dag(depth, make=Node):
    made = Node(1, 2)
    for _ in range(depth):
        made = make(made, made)
    return made


def test_each_object_once():
    for depth in (20, 40):
        made = []

        def note(items):
            made.append(dict(items))
            return made[-1]

        top = asdict(dag(depth), dict_factory=note)
        assert len(made) == depth + 1
        assert top["a"] is top["b"]
    top = astuple(dag(40))
    assert top[0] is top[1]
    top = asdict(Node(dag(40, lambda a, b: List([a, Dict({0: b})]))))
    assert top["a"][0] is top["a"][1][0]


def test_equal_objects_stay_apart():
    top = asdict(Node(Node(1, 2), Node(1, 2)))
    assert top["a"] == top["b"] == {"a": 1, "b": 2}
    assert top["a"] is not top["b"]


def test_depth_is_no_limit():
    deep = Node()
    for _ in range(20_000):
        deep = Node(deep)
    top = asdict(deep)
    for _ in range(20_000):
        top = top["a"]
    assert top == {"a": None, "b": None}


@pytest.mark.parametrize("apart", [asdict, astuple])
def test_a_cycle_is_an_error_each_time(apart):
    node = Node()
    node.a = List([Dict({"n": node})])
    for _ in range(2):
        with pytest.raises(ValueError, match="Node contains itself"):
            apart(node)
    node.a = None


def test_what_a_factory_raises_comes_out():
    def fail(items):
        raise LookupError("none")

    with pytest.raises(LookupError):
        asdict(Node(Node()), dict_factory=fail)


def test_objects_within_values_of_python():
    pair = bowline.testing.TestIntPair(1, 2)
    given = collections.defaultdict(list, a=[pair, 3], b=(pair,))
    for inner, factory, expected in ((_asdict_inner, dict, {"a": 1, "b": 2}), (_astuple_inner, tuple, (1, 2))):
        made = inner(given, factory)
        assert type(made) is collections.defaultdict
        assert made.default_factory is list
        assert made == {"a": [expected, 3], "b": (expected,)}
        assert inner(pair, factory) == expected
