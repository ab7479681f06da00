"""The native form of Python values.

Imports `bowline.core` only.
Upholds: what is native already is returned as it is.
"""

from __future__ import annotations

from typing import Any

from . import _core
from .core import Bytes, String

__all__ = ["convert"]


def convert(value: Any) -> Any:
    """Return what a value becomes when it goes to native code.

    Parameters
    ----------
    value : Any
        Wrappers, numbers and None are returned as they are; lists and tuples become `Array`, callables `Function`,
        strings `String`, bytes `Bytes`; anything else an opaque object.

    Examples
    --------
    >>> import bowline
    >>> bowline.convert([1, (2, "three")])
    (1, (2, "three"))
    >>> bowline.convert("text")
    'text'
    """
    if isinstance(value, str):
        return value if isinstance(value, String) else String(value)
    if isinstance(value, bytes | bytearray):
        return value if isinstance(value, Bytes) else Bytes(value)
    return _core.convert(value)
