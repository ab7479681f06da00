"""Functions that native code and Python both call.

Imports `bowline.core` only.
Upholds: a native function has one wrapper; calls convert arguments by the rules of `convert`.
"""

from __future__ import annotations

from . import _core
from .core import Object

__all__ = ["Function"]


class Function(_core.CFunction, Object):
    """A native function. Takes positional arguments only.

    Examples
    --------
    >>> import bowline
    >>> double = bowline.convert(lambda x: 2 * x)
    >>> double
    ffi.Function
    >>> double(21)
    42
    """

    __slots__ = ("__dict__",)


_core.register_class(Function, _core.type_index("ffi.Function"))
