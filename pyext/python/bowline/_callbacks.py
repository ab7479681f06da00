"""Callbacks for values by their types, as walks, visits and rewrites take them.

Upholds: a callback is tried on the types that the native value has: a truth value is no integer here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from . import _core
from .core import MISSING, String


class DefRegionKind(IntEnum):
    """Whether variables that are met are defined there. Each kind has two names, of which tvm-ffi knows the second."""

    NONE = 0
    DEF_RECURSIVE = 1
    DEF_NON_RECURSIVE = 2
    DEF_PATTERN = 1
    DEF_SIMPLE = 2


Entry = tuple[list[type] | None, Callable[..., Any]]


def entries(callbacks: Any, what: str) -> list[Entry]:
    """Return which callback is for values of which types, None for all.

    Parameters
    ----------
    callbacks : callable, tuple or sequence
        A callable for all, ``(type, callable)``, ``((type, ...), callable)``, or a sequence of such tuples.
    what : str
        The function whose argument it is, for messages.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if callable(callbacks):
        return [(None, callbacks)]
    if isinstance(callbacks, tuple) and len(callbacks) == 2 and callable(callbacks[1]) and _are_types(callbacks[0]):
        return [(_types(callbacks[0]), callbacks[1])]
    if not isinstance(callbacks, Sequence) or isinstance(callbacks, str):
        raise TypeError(
            f"{what} callbacks must be a callable, a tuple of a type (or types) and a callable, or a sequence of "
            f"such tuples, got {type(callbacks).__name__}"
        )
    found = []
    for entry in callbacks:
        if not (isinstance(entry, tuple) and len(entry) == 2 and callable(entry[1]) and _are_types(entry[0])):
            raise TypeError(f"{what} callbacks within a sequence must be tuples of a type and a callable, got {entry!r}")
        found.append((_types(entry[0]), entry[1]))
    return found


# What every value is an instance of.
_ALL = (object, Any)


def _are_types(entry: Any) -> bool:
    one_by_one = entry if isinstance(entry, tuple) and entry else (entry,)
    return all(isinstance(one, type) or one is Any for one in one_by_one)


def _types(entry: Any) -> list[type] | None:
    """Return the types of which values are wanted; None for all."""
    one_by_one = list(entry) if isinstance(entry, tuple) else [entry]
    return None if any(one in _ALL for one in one_by_one) else one_by_one


def suits(value: Any, types: list[type] | None) -> bool:
    """Return whether a value is of one of the types."""
    if types is None:
        return True
    cls = type(value)
    if cls is bool:
        return bool in types
    if issubclass(cls, str) and cls is not str and cls is not String:
        # An element type is no text.
        return cls in types
    return isinstance(value, tuple(types))


Row = tuple[list[int] | None, Callable[..., Any], bool, bool]


def native(types: list[type] | None, call: Callable[..., Any], with_more: bool) -> Row:
    """Return a callback as native code takes it.

    That finds the values that it is for by their type indices. Classes that it does not know, such as those of no type of their
    own, are looked at here: then native code is told that the callback declines what is not for it.
    """
    if types is None:
        return None, call, with_more, False
    indices = _core.structural_indices(types)
    if indices is not None:
        return indices, call, with_more, False

    def choosy(value: Any, *further: Any) -> Any:
        return call(value, *further) if suits(value, types) else MISSING

    return None, choosy, with_more, True
