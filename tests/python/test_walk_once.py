"""Walks through graphs: each object once, or as the tree that a graph stands for."""

from typing import Any

import bowline
import pytest
from bowline import Array, List, py_class
from bowline.structural import VisitInterrupt, WalkResult, structural_walk


@py_class("walk_once.Add", structural_eq="dag")
class Add(bowline.Object):
    a: Any
    b: Any


def dag(depth):
    made = None
    for _ in range(depth):
        made = Add(made, made)
    return made


@pytest.mark.parametrize("order", ["pre", "post"])
def test_linear_in_the_nodes(order):
    for depth in (20, 40):
        found = []
        assert structural_walk(dag(depth), (Add, found.append), order=order, once=True) is None
        assert len(found) == len(set(map(id, found))) == depth


def test_the_tree_that_a_graph_stands_for():
    found = []
    structural_walk(dag(5), (Add, found.append))
    assert len(found) == 2**5 - 1


def test_the_order():
    x = Array([1])
    root = Add(x, Add(x, 2))
    for order, expected in [("pre", [root, x, root.b]), ("post", [x, root.b, root])]:
        found = []
        structural_walk(root, ((Add, Array), found.append), order=order, once=True)
        assert [id(one) for one in found] == [id(one) for one in expected]


def test_what_is_no_object_is_visited_each_time():
    found = []
    structural_walk([1, "a text that is an object of its own", 1] * 2, ((int, str), found.append), once=True)
    assert len(found) == 6


def test_cycles():
    items = List([1])
    items.append(items)
    found = []
    structural_walk(items, found.append, order="pre", once=True)
    assert found == [items, 1]
    items.clear()
    found.clear()


def test_skips_and_interrupts():
    x = Array([1])
    found = []
    structural_walk([x, x], [(Array, lambda array: WalkResult.SKIP if array.same_as(x) else None), (int, found.append)], order="pre", once=True)
    assert found == []
    assert structural_walk([x, x], (int, VisitInterrupt), once=True).value == 1


def test_by_keyword_only():
    with pytest.raises(TypeError):
        structural_walk([1], print, (), "pre", True)
