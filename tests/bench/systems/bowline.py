"""Ours, with frozen fields, as the objects of an IR have them."""

from typing import Any

import bowline.testing  # its library has the functions
from bowline.dataclasses import py_class


def classes(key, frozen):
    @py_class(f"bench.{key}.Leaf", frozen=frozen)
    class Leaf(bowline.Object):
        n: int

    @py_class(f"bench.{key}.Node", frozen=frozen)
    class Node(bowline.Object):
        x: Leaf
        y: Leaf
        n: int

        def m(self):
            return None

    @py_class(f"bench.{key}.Root", frozen=frozen)
    class Root(bowline.Object):
        a: Node

    return Leaf, Node, Root


def rich_node():
    """A node with a child. The child's class keeps what Python knows of its objects."""

    @py_class("bench.rich.Leaf", frozen=True)
    class RichLeaf(bowline.Object):
        n: Any

    @py_class("bench.rich.Node", frozen=True)
    class RichNode(bowline.Object):
        x: RichLeaf

    return RichNode(RichLeaf(1))


Leaf, Node, Root = classes("frozen", True)
array = bowline.Array
echo = bowline.get_global_func("testing.echo")
nop = bowline.get_global_func("testing.nop")
apply = bowline.get_global_func("testing.apply")
