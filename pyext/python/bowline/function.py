"""Functions that native code and Python both call.

Upholds: a native function has one wrapper; calls convert arguments by the rules of `convert`.
"""

from __future__ import annotations

from typing import Any

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

    @staticmethod
    def __from_extern_c__(c_symbol: int, *, keep_alive_object: Any = None) -> Function:
        """Return the Function that calls the C function at an address.

        Parameters
        ----------
        c_symbol : int
            The address of an ``int (void*, const Any*, int32_t, Any*)``. Nothing can check it: a wrong one crashes.
        keep_alive_object : optional
            What keeps the code loaded; lives as long as the Function.
        """
        return _core.function_from_extern_c(c_symbol, keep_alive_object=keep_alive_object)

    @staticmethod
    def __from_mlir_packed_safe_call__(mlir_packed_symbol: int, *, keep_alive_object: Any = None) -> Function:
        """Return the Function that calls the function at an address by MLIR's packed convention.

        Parameters
        ----------
        mlir_packed_symbol : int
            The address of a ``void (void**)``. Nothing can check it: a wrong one crashes.
        keep_alive_object : optional
            What keeps the code loaded; lives as long as the Function.
        """
        return _core.function_from_mlir_packed(mlir_packed_symbol, keep_alive_object=keep_alive_object)


_core.register_class(Function, _core.type_index("ffi.Function"))
