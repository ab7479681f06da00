"""What objects consist of, and the way through all of it.

Upholds: an object is taken apart once, however often it comes; depth is no limit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from .. import _core
from .._parts import MAPPINGS, SEQUENCES, has_fields


def take_apart(root: Any, make: Callable[[list[tuple[str, Any]]], Any]) -> Any:
    """Return what `make` makes of an object's fields, and of those of all objects within."""
    # By id, what was taken apart and what became of it. Keeping the first keeps the id its own.
    done: dict[int, tuple[Any, Any]] = {}
    work = [_Work(root, make)]
    inside = {id(root)}
    while work:
        current = work[-1]
        part = current.next_part(done)
        if part is None:
            work.pop()
            inside.discard(id(current.whole))
            done[id(current.whole)] = (current.whole, current.result(done))
        elif id(part) in inside:
            raise ValueError(f"a {type(part).__name__} contains itself: it cannot be taken apart")
        else:
            inside.add(id(part))
            work.append(_Work(part, make))
    return done[id(root)][1]


def take_any_apart(value: Any, make: Callable[[list[tuple[str, Any]]], Any]) -> Any:
    """Take objects within a value of Python's apart, too. Its lists, tuples and dicts keep their types. Other values stay."""
    if _has_parts(value):
        return take_apart(value, make)
    if isinstance(value, dict):
        items = [(take_any_apart(key, make), take_any_apart(item, make)) for key, item in value.items()]
        return type(value)(value.default_factory, items) if isinstance(value, defaultdict) else type(value)(items)
    if isinstance(value, list | tuple):
        parts = [take_any_apart(item, make) for item in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


class _Work:
    """An object or container whose parts are being taken apart."""

    __slots__ = ("make", "names", "parts", "rest", "whole")

    def __init__(self, whole: Any, make: Callable[[list[tuple[str, Any]]], Any]) -> None:
        self.whole = whole
        self.make = make
        self.names: list[Any] = []
        if isinstance(whole, SEQUENCES):
            self.parts = list(whole)
        elif isinstance(whole, MAPPINGS):
            entries = _core.map_items(whole)
            self.names, self.parts = [key for key, _ in entries], [value for _, value in entries]
        else:
            infos = _core.fields_of(_core.index_of_class(type(whole)))
            self.names = [info.name for info in infos]
            self.parts = [_core.field_property(info.owner, info.name).get(whole) for info in infos]
        self.rest = iter(self.parts)

    def next_part(self, done: dict[int, tuple[Any, Any]]) -> Any:
        """Return the next part that must be taken apart first. None if there is none."""
        return next((part for part in self.rest if _has_parts(part) and id(part) not in done), None)

    def result(self, done: dict[int, tuple[Any, Any]]) -> Any:
        values = [done[id(part)][1] if _has_parts(part) else part for part in self.parts]
        if isinstance(self.whole, SEQUENCES):
            return values
        pairs = list(zip(self.names, values, strict=True))
        return dict(pairs) if isinstance(self.whole, MAPPINGS) else self.make(pairs)


def _has_parts(value: Any) -> bool:
    return isinstance(value, (*SEQUENCES, *MAPPINGS)) or has_fields(type(value))
