"""Builds the graphs of the workload; the same seed gives each system the same graph."""

from __future__ import annotations

import random

from nodes import Add, Block, Call, Int, Mul, Shared, Var

LAYERS = 20


def dag(count: int):
    """Return the root of a graph of about `count` nodes in layers. Each third node has a tuple or a list of children."""
    number = random.Random(7).randrange
    width = max(4, count // LAYERS)
    below = []
    for line in range(width):
        below.append(Int(line) if line % 2 else Var(f"v{line % 100}", line))
    earlier = list(below)
    for _layer in range(1, LAYERS):
        layer = []
        for line in range(width):
            # The first child is the one in the same place. So the root reaches all.
            first, second, third = below[line], below[number(width)], earlier[number(len(earlier))]
            kind = line % 6
            if kind in (0, 3):
                layer.append(Add(first, second, line))
            elif kind in (1, 4):
                layer.append(Mul(first, third, line))
            elif kind == 2:
                layer.append(Call("call_of_function", (first, second, third)))
            else:
                layer.append(Block("block", [first, third]))
        earlier = below
        below = layer
    return Block("root", below)


def tree(depth: int):
    """Return a tree of 2**depth nodes without sharing. It has binary nodes, and leaves that are numbers or variables."""
    if depth == 0:
        return Int(7)
    if depth == 1:
        return Call("leaf", (Var("x", 1),))
    kind = Add if depth % 2 else Mul
    return kind(tree(depth - 1), tree(depth - 1), depth)


def shared(count: int):
    """Return a graph of `count` nodes. Each but the first is a child of the two after it."""
    before, last = Shared((), 0), Shared((), 1)
    for line in range(2, count):
        before, last = last, Shared((before, last), line)
    return last
