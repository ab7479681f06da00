"""Which values a callback of a type gets. They are what Python takes for its instances, but no truth value is an integer."""

from typing import Any

import bowline
import pytest
from bowline import Array, Function, Map, Object, Shape, py_class, structural_map, structural_mutate, structural_visit

pytestmark = pytest.mark.keeps_objects


@py_class("structural_types.Node")
class Node(Object):
    a: Any


class Sub(Node):
    """A class of no type of its own."""


VALUES = {
    "small": "s",
    "long": "a text of some length",
    "bytes": b"x" * 40,
    "int": 1,
    "big": Array([2**70])[0],
    "bool": True,
    "float": 1.0,
    "function": bowline.convert(lambda: None),
    "node": Node("n"),
    "sub": Sub("n"),
    "array": Array(["n"]),
    "map": Map({"k": "n"}),
    "device": bowline.device("cpu", 0),
    "dtype": bowline.dtype("int32"),
    "shape": Shape((1, 2)),
    "opaque": Array([object()])[0],
}


def by_visit(value, types, call):
    structural_visit(value, (types, lambda found, visitor: call(found)))


def by_map(value, types, call):
    structural_map(value, (types, lambda found: (call(found), found)[1]))


def by_mutate(value, types, call):
    structural_mutate(value, (types, lambda found, mutator, mode: (call(found), found)[1]))


@pytest.mark.parametrize("way", [by_visit, by_map, by_mutate])
@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (Object, "array function map node sub"),
        (str, "long small"),
        (bytes, "bytes"),
        (int, "big int"),
        (bool, "bool"),
        (float, "float"),
        (Node, "node sub"),
        (Sub, "sub"),
        (Array, "array"),
        (Function, "function"),
        (bowline.Device, "device"),
        (bowline.dtype, "dtype"),
        (Shape, "shape"),
        (tuple, "shape"),
        ((int, Sub, Map), "big int map sub"),
        ((bool, Node), "bool node sub"),
        (object, " ".join(VALUES)),
    ],
)
def test_what_a_callback_of_a_type_gets(way, types, expected):
    found = set()
    for name, value in VALUES.items():
        way(value, types, lambda got, name=name, value=value: found.add(name) if got is value or got == value else None)
    assert found == set(expected.split())


def test_the_first_that_suits_is_called():
    calls = []
    rows = [
        (tuple, lambda value, visitor: calls.append(("tuple", value))),
        ((Sub, int), lambda value, visitor: calls.append(("sub or int", value))),
        (Node, lambda value, visitor: calls.append(("node", value))),
        (Any, lambda value, visitor: (calls.append(("any", None)), visitor.default_visit(value))[1]),
    ]
    node, sub = Node(1), Sub(2)
    structural_visit(Array([node, sub, 3, Shape((4,)), "t"]), rows)
    assert calls == [("any", None), ("node", node), ("sub or int", sub), ("sub or int", 3), ("tuple", (4,)), ("any", None)]
