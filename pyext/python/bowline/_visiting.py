"""Visits: a walk in which callbacks say themselves which parts are visited.

Upholds: the work is done natively; where no callback suits, parts are visited without a deep stack.
"""

from __future__ import annotations

from typing import Any

from . import _core
from ._callbacks import entries, native


def structural_visit(root: Any, callbacks: Any = ()) -> Any:
    """Visit a value. Callbacks say which parts of the values that they suit are visited; elsewhere all are.

    Parameters
    ----------
    root : Any
        The value.
    callbacks : callable, tuple or sequence
        As for `structural_walk`. A callback gets the value and a `StructuralVisitor`: ``visitor.visit(part)`` visits a part,
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
    rows = []
    # No comprehension. Up to 3.11 that is a call, whose error CPython may lose for want of memory.
    for types, call in entries(callbacks, "structural_visit"):
        rows.append(native(types, call, False))
    return _core.structural_visit(root, rows)
