"""Comparisons and hashes that classes ask for by options.

Upholds: what a class defines itself wins.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from .. import _core
from ..core import Object

# No lambdas: the methods made of them can be pickled by value.
_ORDER: dict[str, Callable[[int, int], bool]] = {
    "__lt__": operator.lt,
    "__le__": operator.le,
    "__gt__": operator.gt,
    "__ge__": operator.ge,
}


def add_comparisons(cls: type, options: dict[str, Any]) -> None:
    """Give a class the comparisons and the hash that its options ask for."""
    if options["eq"] and not {"__eq__", "__ne__"} & cls.__dict__.keys():
        cls.__eq__ = _equality(cls)
    if options["order"] and not _ORDER.keys() & cls.__dict__.keys():
        for name, holds in _ORDER.items():
            setattr(cls, name, _ordering(cls, name, holds))
    # `__eq__` in a class body sets `__hash__` to None. Only a `def __hash__` counts as the user's.
    if cls.__dict__.get("__hash__") is not None:
        return
    if options["unsafe_hash"] or (options["eq"] and options["frozen"]):
        cls.__hash__ = _hashing
    elif options["eq"]:
        cls.__hash__ = None


def _hashing(self: Any) -> int:
    """Hash of the content."""
    return _core.content_hash(self)


def _equality(cls: type) -> Callable[[Any, object], Any]:
    def __eq__(self: Any, other: object) -> Any:
        if not isinstance(other, Object) or not _related(self, other):
            return NotImplemented
        return _core.content_equal(self, other)

    return _named(cls, __eq__, "__eq__")


def _ordering(cls: type, name: str, holds: Callable[[int, int], bool]) -> Callable[[Any, object], Any]:
    def compare(self: Any, other: object) -> Any:
        if not isinstance(other, Object) or not _related(self, other):
            return NotImplemented
        return holds(_core.content_order(self, other), 0)

    return _named(cls, compare, name)


def _related(a: Object, b: Object) -> bool:
    return isinstance(a, type(b)) or isinstance(b, type(a))


def _named(cls: type, function: Any, name: str) -> Any:
    function.__name__ = name
    function.__qualname__ = f"{cls.__qualname__}.{name}"
    return function
