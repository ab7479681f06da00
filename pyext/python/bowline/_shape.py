"""Shapes of tensors.

Upholds: a shape is a tuple; it crosses native code by value, so that what comes back is equal but another object.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import _core


class Shape(tuple[int, ...]):
    """The sizes of a tensor's dimensions.

    Parameters
    ----------
    content : iterable of int
        The sizes.

    Raises
    ------
    ValueError
        If one of them is no integer.

    Examples
    --------
    >>> import bowline
    >>> bowline.Shape([2, 3])
    (2, 3)
    """

    __slots__ = ()
    #: The native object that an instance keeps: none. It is made when native code gets the value.
    _tvm_ffi_cached_object = None

    def __new__(cls, content: Iterable[int]) -> Shape:
        self = super().__new__(cls, content)
        for size in self:
            if not isinstance(size, int):
                raise ValueError(f"Shape must be a tuple of integers, got {size!r} among them")
        return self

    def __ffi_plain__(self) -> list[int]:
        return list(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (tuple(self),))


_core.set_plain_class("Shape", Shape)
