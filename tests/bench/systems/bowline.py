"""Ours, with frozen fields, as the objects of an IR have them."""

import bowline
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


Leaf, Node, Root = classes("frozen", True)
array = bowline.Array
echo = bowline.get_global_func("testing.echo")
nop = bowline.get_global_func("testing.nop")
apply = bowline.get_global_func("testing.apply")
