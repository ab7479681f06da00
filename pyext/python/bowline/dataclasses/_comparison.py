"""Comparisons and hashes that classes ask for by options.

Imports `bowline.core`, `bowline._content`.
Upholds: what a class defines itself wins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._content import content_hash, equal, less
from ..core import Object

_ORDER = {"__lt__": (False, False), "__le__": (False, True), "__gt__": (True, False), "__ge__": (True, True)}


def add_comparisons(cls: type, options: dict[str, Any]) -> None:
    """Give a class the comparisons and the hash that its options `eq`, `order`, `unsafe_hash` and `frozen` ask for."""
    if options["eq"] and not {"__eq__", "__ne__"} & cls.__dict__.keys():
        cls.__eq__ = _equality(cls)
    if options["order"] and not _ORDER.keys() & cls.__dict__.keys():
        for name, (swap, or_equal) in _ORDER.items():
            setattr(cls, name, _ordering(cls, name, swap, or_equal))
    # `__eq__` in a class body sets `__hash__` to None; only a `def __hash__` counts as the user's.
    if cls.__dict__.get("__hash__") is not None:
        return
    if options["unsafe_hash"] or (options["eq"] and options["frozen"]):
        cls.__hash__ = _hashing
    elif options["eq"]:
        cls.__hash__ = None


def _hashing(self: Any) -> int:
    """Hash of the content."""
    return content_hash(self)


def _equality(cls: type) -> Callable[[Any, object], Any]:
    def __eq__(self: Any, other: object) -> Any:
        if not isinstance(other, Object) or not _related(self, other):
            return NotImplemented
        return equal(self, other)

    return _named(cls, __eq__, "__eq__")


def _ordering(cls: type, name: str, swap: bool, or_equal: bool) -> Callable[[Any, object], Any]:
    def compare(self: Any, other: object) -> Any:
        if not isinstance(other, Object) or not _related(self, other):
            return NotImplemented
        return less(other, self, or_equal) if swap else less(self, other, or_equal)

    return _named(cls, compare, name)


def _related(a: Object, b: Object) -> bool:
    return isinstance(a, type(b)) or isinstance(b, type(a))


def _named(cls: type, function: Any, name: str) -> Any:
    function.__name__ = name
    function.__qualname__ = f"{cls.__qualname__}.{name}"
    return function
