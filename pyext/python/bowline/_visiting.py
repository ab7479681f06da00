"""Visits: a walk in which callbacks say themselves which parts are visited.

Upholds: where no callback suits, parts are visited without a deep stack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _core
from ._callbacks import DefRegionKind, Rows, parts
from ._convert import convert


class _Visitor:
    """What callbacks of `structural_visit` get."""

    __slots__ = ("_region", "_rows")

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._region = DefRegionKind.NONE

    def visit(self, *values: Any) -> Any:
        """Visit values; returns what ended the visit, or None."""
        for value in values:
            ended = self._run(convert(value), False)
            if ended is not None:
                return ended
        return None

    def default_visit(self, value: Any) -> Any:
        """Visit the parts of a value, without the callback that suits the value itself."""
        return self._run(convert(value), True)

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

    def _run(self, root: Any, is_default: bool) -> Any:
        # What is still to be visited, the next at the end, with the objects that it is in.
        waiting: list[tuple[Any, DefRegionKind, int]] = []
        waiting.append((root, self._region, 0))
        above: list[int] = []
        inside: set[int] = set()
        while waiting:
            value, region, depth = waiting.pop()
            while len(above) > depth:
                inside.discard(above.pop())
            found = None if is_default else self._rows.find(value)
            hook = getattr(type(value), "__s_visit__", None)
            is_default = False
            if found is not None:
                ended = self._within(region, found[0], value, self)
            elif hook is not None:
                ended = self._within(region, hook, value, self)
            else:
                rest = parts(value, region)
                if rest:
                    handle = value.__chandle__()
                    if handle in inside:
                        raise ValueError(f"a visit came to a cycle: {type(value).__qualname__} contains itself")
                    inside.add(handle)
                    above.append(handle)
                    waiting += [(part, kind, depth + 1) for _, part, kind in reversed(rest) if part is not None]
                continue
            if ended is not None:
                return _interrupt(ended)
        return None


def _interrupt(ended: Any) -> Any:
    if not isinstance(ended, _core.CObject) or _core.type_key(_core.index_of_class(type(ended))) != "ffi.VisitInterrupt":
        raise TypeError(
            f"expected None or a VisitInterrupt from a callback of structural_visit, got {type(ended).__qualname__}"
        )
    return ended


def structural_visit(root: Any, callbacks: Any = ()) -> Any:
    """Visit a value. Callbacks say which parts of the values that they suit are visited; elsewhere all are.

    Parameters
    ----------
    root : Any
        The value.
    callbacks : callable, tuple or sequence
        As for `structural_walk`. A callback gets the value and a visitor: ``visitor.visit(part)`` visits a part,
        ``visitor.default_visit(value)`` all of them. It returns None, or a `VisitInterrupt` to end the visit.

    Returns
    -------
    VisitInterrupt or None
        What ended the visit early.

    Raises
    ------
    ValueError
        If an object contains itself.
    TypeError
        For callbacks that are none, or return something else.

    Examples
    --------
    >>> import bowline
    >>> found = []
    >>> bowline.structural_visit([1, [2], 3], [(int, lambda value, visitor: found.append(value))])
    >>> found
    [1, 2, 3]
    """
    return _Visitor(Rows(callbacks, (), "structural_visit")).visit(root)
