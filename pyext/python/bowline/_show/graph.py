"""What a drawing shows of a graph. Each object is there once, with what of it leads where.

Upholds: an object is read once, however often it comes; depth is no limit; what is read stays alive until it is drawn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .. import _core
from .._parts import MAPPINGS, SEQUENCES, has_fields
from ..core import Object
from ..registry import get_global_func

# How many characters of one plain value are shown. An object shows no more values once they fill the second number.
VALUE = 60
LABEL = 160

_text = get_global_func("ffi.ReprPrint")


@dataclass(slots=True)
class Node:
    """An object: what is said of it, and the parts that are objects."""

    name: str
    says: str = ""
    # Of each: what the part is called, and the number of the object. It is -1 for one beyond the limit.
    parts: list[tuple[str, int]] = field(default_factory=list)
    # How many places hold it, of those that are shown.
    holders: int = 0


@dataclass(slots=True)
class Graph:
    """The objects that a root leads to; the root is the first. `left_out` says how many were met beyond the limit."""

    nodes: list[Node]
    left_out: int = 0


@dataclass(slots=True, frozen=True)
class Row:
    """A line of an outline. It is a place that holds an object, which is drawn there or is drawn elsewhere."""

    label: str
    number: int
    depth: int
    # The row of the object that holds this one; -1 for the root.
    parent: int
    is_last: bool
    # Whether the object is drawn here, not only referred to.
    is_place: bool


def short(text: str, most: int) -> str:
    """Cut a text, in one line, to so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _plain(value: Any) -> str:
    """Return what is said of a value that is no object of the graph."""
    if isinstance(value, str | bytes):
        # Only what may be shown: a text may be a megabyte long.
        value = value[: VALUE + 1]
    try:
        text = str(_text(value))
    except MemoryError:
        raise
    except Exception as error:
        text = f"<{type(value).__name__}, whose text fails: {type(error).__name__}>"
    return short(" ".join(text.split("\n")), VALUE)


def _parts(value: Any) -> tuple[str, str, Iterator[tuple[str, Any]]]:
    """Return what an object is called, and its named parts. Between these two, return what separates a name from a value."""
    if isinstance(value, SEQUENCES):
        return f"{type(value).__name__}({len(value)})", "", ((f"[{at}]", item) for at, item in enumerate(value))
    if isinstance(value, MAPPINGS):
        return f"{type(value).__name__}({len(value)})", ": ", _entries(value)
    index = _core.index_of_class(type(value))
    name = _core.type_key(index) if isinstance(index, int) else type(value).__name__
    return name, "=", _fields(value, index) if has_fields(type(value)) else iter(())


def _entries(mapping: Any) -> Iterator[tuple[str, Any]]:
    for at, (key, value) in enumerate(_core.map_items(mapping)):
        if isinstance(key, Object):
            yield f"key {at}", key
            yield f"value {at}", value
        else:
            yield _plain(key), value


def _fields(value: Any, index: int) -> Iterator[tuple[str, Any]]:
    for info in _core.fields_of(index):
        if info.repr:
            yield info.name, _core.field_property(info.owner, info.name).get(value)


def graph_of(root: Any, limit: int) -> Graph:
    """Read a graph, nearest objects first, and no more of them than the limit."""
    graph = Graph([])
    numbers: dict[int, int] = {}
    # Keeps what was read: a handle may be another object's once its object is gone.
    kept: list[Any] = []
    work: deque[tuple[int, Any]] = deque()

    def number_of(value: Any) -> int:
        handle = value.__chandle__()
        found = numbers.get(handle)
        if found is None:
            if len(graph.nodes) >= limit:
                graph.left_out += 1
                return -1
            found = numbers[handle] = len(graph.nodes)
            graph.nodes.append(Node(""))
            kept.append(value)
            work.append((found, value))
        graph.nodes[found].holders += 1
        return found

    number_of(root)
    while work:
        number, value = work.popleft()
        node = graph.nodes[number]
        if not value.__chandle__():
            node.name, node.says = type(value).__name__, "moved"
            continue
        node.name, between, parts = _parts(value)
        said: list[str] = []
        room = LABEL
        anything = False
        for name, part in parts:
            anything = True
            if isinstance(part, Object):
                node.parts.append((name, number_of(part)))
            elif room > 0:
                said.append(f"{name}{between}{_plain(part)}" if between else _plain(part))
                room -= len(said[-1]) + 2
                if room <= 0:
                    said.append("…")
        node.says = ", ".join(said) if anything or isinstance(value, (*SEQUENCES, *MAPPINGS)) else _leaf(value)
    return graph


def _leaf(value: Any) -> str:
    """Return what is said of an object without parts. Its type is said already."""
    text = _plain(value)
    index = _core.index_of_class(type(value))
    key = _core.type_key(index) if isinstance(index, int) else ""
    return "" if text in (key, f"{key}()") else text


def rows_of(graph: Graph) -> list[Row]:
    """Return an outline, depth first. Each object is where it comes first, and references to it are elsewhere."""
    rows: list[Row] = []
    placed: set[int] = set()
    # What is to come, the next at the end. Of each: label, object, depth, parent, whether it is the last part.
    work: list[tuple[str, int, int, int, bool]] = [("", 0, 0, -1, True)]
    while work:
        label, number, depth, parent, is_last = work.pop()
        is_place = number >= 0 and number not in placed
        here = len(rows)
        rows.append(Row(label, number, depth, parent, is_last, is_place))
        if is_place:
            placed.add(number)
            parts = graph.nodes[number].parts
            last = len(parts) - 1
            work += [(name, part, depth + 1, here, at == last) for at, (name, part) in reversed(list(enumerate(parts)))]
    return rows
