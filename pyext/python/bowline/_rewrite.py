"""Rewriting a graph: a value like another, with parts replaced by what callbacks return.

Upholds: the work is done natively; the value that is given stays as it is; what has no part replaced is the same object; long
graphs need no deep stack.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from . import _core
from ._callbacks import DefRegionKind, entries, native
from .core import Object
from .registry import register_object

_ORDERS = {"pre": "pre", "post": "post", 0: "pre", 1: "post"}


class InplaceMode(IntEnum):
    """Whether a callback of `structural_mutate` may change its value. None is told so here: values are copied."""

    DISALLOW = 0
    ALLOW = 1


@register_object("ffi.StructuralMutator", init=False)
class StructuralMutator(Object):
    """What `structural_mutate` gives to its callbacks, and a mutation to a class's ``__s_mutate__(self, mutator)``.

    Made by these functions and by native code only.
    """

    def mutate(self, value: Any) -> Any:
        """Return what a value becomes; the value stays as it is."""
        return self._mutate(value)  # type: ignore[attr-defined]

    def default_mutate(self, value: Any) -> Any:
        """Return a value with its parts rewritten; the callbacks are called for the parts only."""
        return self._default_mutate(value)  # type: ignore[attr-defined]

    def var_remap_get(self, var: Any) -> Any:
        """Return what a variable was replaced by; None if it was not."""
        return self._var_remap_get(var)  # type: ignore[attr-defined]

    def var_remap_set(self, var: Any, mapped_value: Any) -> None:
        """Let further uses of a variable be replaced."""
        self._var_remap_set(var, mapped_value)  # type: ignore[attr-defined]

    def def_region_kind(self) -> DefRegionKind:
        """Return whether variables are defined where the value stands."""
        return DefRegionKind(self._def_region_kind())  # type: ignore[attr-defined]

    def with_def_region_kind(self, kind: int, callback: Callable[[], Any]) -> Any:
        """Return what `callback` returns, in which values stand in a region of another kind."""
        return self._with_def_region_kind(int(kind), callback)  # type: ignore[attr-defined]


def structural_map(root: Any, callbacks: Any = (), with_def_region_kind: Any = (), order: Any = "post") -> Any:
    """Return a value like another one, with parts replaced by what callbacks return.

    Parts are items, values of mappings, and fields that structure counts, None included. A callback is called each time that
    a value occurs: a graph is gone through as the tree that it stands for, which may be exponentially larger. Objects of
    classes with ``structural_eq="dag"`` are mapped once and stay shared, as in tvm-ffi. What none of its parts is replaced in
    is the same object in the result. A variable is gone into where it is defined; if that makes another one of it, the same
    stands for its uses.

    Parameters
    ----------
    root : Any
        The value. It stays as it is.
    callbacks, with_def_region_kind
        As for `structural_walk`; a callback returns what stands for its value.
    order : {"post", "pre"} or WalkOrder
        Whether callbacks get a value whose parts are replaced already, or one whose parts come next.

    Raises
    ------
    ValueError
        For an unknown order; if an object contains itself.
    TypeError
        For callbacks that are none; if a field cannot have what a callback returned.

    Examples
    --------
    >>> import bowline
    >>> old = bowline.Array([1, "a", [2]])
    >>> bowline.structural_map(old, (int, lambda value: value + 1))
    (2, "a", (3,))
    >>> bowline.structural_map(old, (float, abs)) is old
    True
    """
    known = _ORDERS.get(order)
    if known is None:
        raise ValueError(f"Unknown structural map order: expected 'post', 'pre' or a WalkOrder, got {order!r}")
    rows = []
    # No comprehension. Up to 3.11 that is a call, whose error CPython may lose for want of memory.
    for types, call in entries(callbacks, "structural_map"):
        rows.append(native(types, call, False))
    for types, call in entries(with_def_region_kind, "structural_map"):
        rows.append(native(types, _with_kind(call), True))
    return _core.structural_map(root, rows, known == "pre")


def _with_kind(call: Callable[[Any, DefRegionKind], Any]) -> Callable[[Any, int], Any]:
    return lambda value, kind: call(value, DefRegionKind(kind))


def structural_mutate(root: Any, callbacks: Any = ()) -> Any:
    """Return a value like another one. Callbacks say what stands for the values that they suit, parts and all.

    Parameters
    ----------
    root : Any
        The value. It stays as it is.
    callbacks : callable, tuple or sequence
        As for `structural_walk`. A callback gets the value and a `StructuralMutator`, by which it rewrites parts, and an
        `InplaceMode` if it has a third parameter. What it returns stands for the value.

    Examples
    --------
    >>> import bowline
    >>> bowline.structural_mutate([1, ["a", 2]], (int, lambda value, mutator: -value))
    (-1, ("a", -2))
    """
    rows = []
    # No comprehension. Up to 3.11 that is a call, whose error CPython may lose for want of memory.
    for types, call in entries(callbacks, "structural_mutate"):
        with_mode = _takes_mode(call)
        rows.append(native(types, _with_mode(call) if with_mode else call, with_mode))
    return _core.structural_mutate(root, rows)


def _with_mode(call: Callable[..., Any]) -> Callable[[Any, StructuralMutator, int], Any]:
    return lambda value, mutator, mode: call(value, mutator, InplaceMode(mode))


def _takes_mode(call: Callable[..., Any]) -> bool:
    """Whether a callback has a third parameter for the mode."""
    try:
        inspect.signature(call).bind(None, None, None)
    except (TypeError, ValueError):
        return False
    return True
