"""Rewriting a graph: a value like another, with parts replaced by what callbacks return.

Upholds: the value that is given stays as it is; what has no part replaced is the same object; long graphs need no deep stack.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Any

from . import _core
from ._callbacks import DefRegionKind, Part, Rows, entries, kind_of, parts, suits
from ._convert import convert
from .container import Array, Dict, List, Map

# Types of which equal values count as unchanged.
_PLAIN = (int, str, bytes, bool, type(None))
_ORDERS = {"pre": "pre", "post": "post", 0: "pre", 1: "post"}


class InplaceMode(IntEnum):
    """Whether a callback of `structural_mutate` may change its value. None is told so here: values are copied."""

    DISALLOW = 0
    ALLOW = 1


def _is_same(old: Any, new: Any) -> bool:
    if new is old:
        return True
    if type(new) is not type(old):
        return False
    if type(new) is float:
        return bool(new == old) and math.copysign(1, new) == math.copysign(1, old)
    return isinstance(new, _PLAIN) and bool(new == old)


class _Frame:
    """A value whose parts are being rewritten."""

    __slots__ = ("handle", "is_changed", "is_default", "kind", "parts", "region", "rest", "results", "value")

    def __init__(self, value: Any, region: DefRegionKind, kind: str | None, found: list[Part]) -> None:
        self.value = value
        self.region = region
        self.kind = kind
        self.parts = found
        self.rest: Iterator[Part] = iter(found)
        self.results: list[Any] = []
        self.is_changed = False
        # Whether no callback is called for the value itself.
        self.is_default = False
        self.handle: int = value.__chandle__()

    def take(self, result: Any) -> None:
        """Note what the next part becomes."""
        self.is_changed = self.is_changed or not _is_same(self.parts[len(self.results)][1], result)
        self.results.append(result)

    def close(self) -> Any:
        """Return the value with its parts replaced: itself if they are the same."""
        value = self.value
        if not self.is_changed:
            return value
        if isinstance(value, _core.CArray | _core.CList):
            return (Array if isinstance(value, _core.CArray) else List)(self.results)
        if isinstance(value, _core.CMap | _core.CDict):
            pairs = {key: result for (key, _, _), result in zip(self.parts, self.results, strict=True)}
            return Map(pairs) if isinstance(value, _core.CMap) else Dict(pairs)
        made = _core.CObject.__copy__(value)
        for (field, old, _), new in zip(self.parts, self.results, strict=True):
            if not _is_same(old, new):
                field.set(made, new)
        return made


#: What rewrites a value instead of its parts: whether it does, and the result.
_Answer = tuple[bool, Any]


class StructuralMutator:
    """What `structural_mutate` gives to its callbacks, and a rewrite to a class's ``__s_mutate__(self, mutator)``.

    Made by these functions only.
    """

    __slots__ = ("_after", "_before", "_region", "_remap")

    def __init__(self, before: Callable[[Any], _Answer], after: Callable[[Any], Any]) -> None:
        self._before = before
        self._after = after
        self._region = DefRegionKind.NONE
        # By the address of the variable, which is kept.
        self._remap: dict[int, tuple[Any, Any]] = {}

    def mutate(self, value: Any) -> Any:
        """Return what a value becomes; the value stays as it is."""
        return self._run(convert(value), self._region, False)

    def default_mutate(self, value: Any) -> Any:
        """Return a value with its parts rewritten; the callbacks are called for the parts only."""
        return self._run(convert(value), self._region, True)

    def var_remap_get(self, var: Any) -> Any:
        """Return what a variable was replaced by; None if it was not."""
        found = self._remap.get(_variable(var).__chandle__())
        return None if found is None else found[1]

    def var_remap_set(self, var: Any, mapped_value: Any) -> None:
        """Let further uses of a variable be replaced."""
        self._remap[_variable(var).__chandle__()] = (var, mapped_value)

    def def_region_kind(self) -> DefRegionKind:
        """Return whether variables are defined where the value stands."""
        return self._region

    def with_def_region_kind(self, kind: int, callback: Callable[[], Any]) -> Any:
        """Return what `callback` returns, in which values stand in a region of another kind."""
        return self._within(DefRegionKind(kind), callback)

    def _within(self, region: DefRegionKind, callback: Callable[..., Any], *args: Any) -> Any:
        former, self._region = self._region, region
        try:
            return callback(*args)
        finally:
            self._region = former

    def _run(self, root: Any, region: DefRegionKind, is_default: bool) -> Any:
        frames: list[_Frame] = []
        above: set[int] = set()
        value = root
        while True:
            done, value = (False, value) if is_default else self._within(region, self._before, value)
            opened = (value,) if done else self._open(value, region)
            if isinstance(opened, _Frame):
                if opened.handle in above:
                    raise ValueError(f"a rewrite came to a cycle: {type(value).__qualname__} contains itself")
                opened.is_default = is_default
                above.add(opened.handle)
                frames.append(opened)
            else:
                value = opened[0]
                if not done and not is_default:
                    value = self._within(region, self._after, value)
                if not frames:
                    return value
                frames[-1].take(value)
            is_default = False
            # The next part of the innermost value that has one.
            while (following := next(frames[-1].rest, None)) is None:
                frame = frames.pop()
                above.discard(frame.handle)
                value = frame.close()
                if frame.kind == "dag" or (frame.kind == "var" and frame.is_changed):
                    self._remap[frame.handle] = (frame.value, value)
                if not frame.is_default:
                    value = self._within(frame.region, self._after, value)
                if not frames:
                    return value
                frames[-1].take(value)
            _, value, region = following

    def _open(self, value: Any, region: DefRegionKind) -> _Frame | tuple[Any]:
        """Begin with the parts of a value; or return what it becomes without that."""
        if not isinstance(value, _core.CObject):
            return (value,)
        hook = getattr(type(value), "__s_mutate__", None)
        if hook is not None:
            return (self._within(region, hook, value, self),)
        kind = kind_of(value)
        if kind in ("var", "dag"):
            known = self._remap.get(value.__chandle__())
            if known is not None:
                return (known[1],)
            if kind == "var" and region is DefRegionKind.NONE:
                return (value,)
        found = parts(value, region)
        return _Frame(value, region, kind, found) if found else (value,)


def _variable(var: Any) -> Any:
    if kind_of(var) not in ("var", "dag"):
        raise TypeError(f"expected an object of a class with structural_eq 'var' or 'dag', got {type(var).__qualname__}")
    return var


def structural_map(root: Any, callbacks: Any = (), with_def_region_kind: Any = (), order: Any = "post") -> Any:
    """Return a value like another one, with parts replaced by what callbacks return.

    Parts are items, values of mappings, and fields that structure counts, None included. A callback is called each time that
    a value occurs. What none of its parts is replaced in is the same object in the result. A variable is gone into where it is
    defined; if that makes another one of it, the same stands for its uses.

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
    rows = Rows(callbacks, with_def_region_kind, "structural_map")

    def call(value: Any) -> Any:
        found = rows.find(value)
        if found is None:
            return value
        function, with_kind = found
        return convert(function(value, mutator.def_region_kind()) if with_kind else function(value))

    if known == "pre":
        mutator = StructuralMutator(lambda value: (False, call(value)), lambda value: value)
    else:
        mutator = StructuralMutator(lambda value: (False, value), call)
    return mutator.mutate(root)


def structural_mutate(root: Any, callbacks: Any = ()) -> Any:
    """Return a value like another one; callbacks say what stands for the values that they suit, parts and all.

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
    rows = [(types, call, _takes_mode(call)) for types, call in entries(callbacks, "structural_mutate")]

    def before(value: Any) -> _Answer:
        for types, call, with_mode in rows:
            if suits(value, types):
                answer = call(value, mutator, InplaceMode.DISALLOW) if with_mode else call(value, mutator)
                return True, convert(answer)
        return False, value

    mutator = StructuralMutator(before, lambda value: value)
    return mutator.mutate(root)


def _takes_mode(call: Callable[..., Any]) -> bool:
    """Whether a callback has a third parameter for the mode."""
    try:
        inspect.signature(call).bind(None, None, None)
    except (TypeError, ValueError):
        return False
    return True
