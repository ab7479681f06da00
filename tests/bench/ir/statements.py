"""The rows of the workload that are one statement. It is repeated so that the loop around it hardly counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import nodes
import system

UNROLLED = 20
CROSSINGS = 10
LONG = "a text that does not fit into the words of a value " * 2


class Statement(NamedTuple):
    """One statement, and how many operations it is."""

    text: str
    operations: int = 1


def raising() -> Any:
    """Return a function that crosses to native and back `CROSSINGS` times before it raises."""

    def step(left):
        if left == 0:
            raise ValueError("from below")
        return native(left - 1)

    native = system.function(step)

    def run():
        try:
            native(CROSSINGS)
        except ValueError as error:
            return str(error)

    return run


_made = 0


def make_class() -> Any:
    """Make a class of nodes with three fields. Its name was not there before."""
    global _made
    _made += 1

    @system.node(f"Made{_made}")
    class Made(nodes.Expr):
        a: nodes.Expr
        name: str
        line: int

    return Made


def scope() -> dict[str, Any]:
    """Return the names that the statements use."""
    x, y = nodes.Var("x", 1), nodes.Var("y", 2)
    leaves = [nodes.Int(value) for value in range(100)]
    by_object = {leaf: value for value, leaf in enumerate(leaves)}
    by_text = {f"key {value}": leaf for value, leaf in enumerate(leaves)}
    text = "key 50"
    return {
        "x": x, "y": y, "add": nodes.Add(x, y, 3), "bare": nodes.Add(nodes.Int(1), nodes.Int(2), 3), "block": nodes.Block("b", [x, y]),
        "long": nodes.Var(LONG, 1), "leaves": leaves, "leaf": leaves[50], "text": text, "held": set(leaves), "by_text": by_text,
        "Add": nodes.Add, "Call": nodes.Call, "Block": nodes.Block, "Map": system.Map, "List": system.List, "Array": system.Array,
        "objects": system.Dict(by_object), "texts": system.Dict(by_text), "items": system.List(leaves), "array": system.Array(leaves),
        "echo": system.echo, "nop": system.nop, "callback": system.function(lambda value: value), "raising": raising(),
        "make_class": make_class,
    }  # fmt: skip


STATEMENTS = {
    "construct, two objects and an int": Statement("Add(x, y, 1)"),
    "construct, list of 2": Statement("Block('b', [x, y])"),
    "construct, tuple of 3": Statement("Call('c', (x, y, x))"),
    "read an object, held": Statement("add.a"),
    "read an object, dropped": Statement("bare.a"),
    "read a str, short": Statement("x.name"),
    "read a str, long": Statement("long.name"),
    "read an int": Statement("add.line"),
    "read a list": Statement("block.items"),
    "hash(x)": Statement("hash(leaf)"),
    "x in set": Statement("leaf in held"),
    "x == y": Statement("x == y"),
    "Dict look-up, object": Statement("objects[leaf]"),
    "Dict look-up, str": Statement("texts[text]"),
    "Dict items, an entry": Statement("for _ in texts.items(): pass", 100),
    "Map(dict), an entry": Statement("Map(by_text)", 100),
    "List(list), an element": Statement("List(leaves)", 100),
    "iteration, an element": Statement("for _ in items: pass", 100),
    "list(List), an element": Statement("list(items)", 100),
    "index": Statement("array[50]"),
    "call, list of 4": Statement("echo([x, y, x, y])"),
    "call, dict of 2": Statement("echo({'x': x, 'y': y})"),
    "call, int, str and object": Statement("nop(1, 'two', x)"),
    "callback": Statement("callback(x)"),
    "exception through 10 crossings": Statement("raising()"),
    "class creation": Statement("make_class()"),
}


def compiled(name: str, names: dict[str, Any]) -> tuple[Any, int]:
    """Return ``run(loops)`` for a statement, and how many operations a loop is."""
    statement = STATEMENTS[name]
    slow = statement.operations > 1 or name in ("class creation", "exception through 10 crossings")
    times = 1 if slow else UNROLLED
    lines = [f"def run(loops, {', '.join(names)}):", "    for _loop in range(loops):", *[f"        {statement.text}"] * times]
    found: dict[str, Any] = {}
    exec("\n".join(lines), found)
    return lambda loops: found["run"](loops, **names), times * statement.operations
