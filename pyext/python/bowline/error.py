"""Native errors and the exceptions that stand for them.

Imports `bowline.core` only.
Upholds: an exception that crosses native code comes out as the same object.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _core
from .core import Object

__all__ = ["Error", "register_error"]


class Error(_core.CError, Object):
    """A native error: its kind, its message and the native frames it passed."""


_core.register_class(Error, _core.type_index("ffi.Error"))


def register_error(name_or_cls: str | type | None = None, cls: type | None = None) -> Any:
    """Let a kind of native errors come out as instances of an exception class.

    Parameters
    ----------
    name_or_cls : str or type, optional
        The kind; the class's name if left out. A class if this is used as a bare decorator.
    cls : type, optional
        The exception class; without it a decorator is returned.

    Examples
    --------
    >>> import bowline
    >>> @bowline.register_error
    ... class ShapeError(ValueError):
    ...     pass
    """
    if isinstance(name_or_cls, type):
        name_or_cls, cls = name_or_cls.__name__, name_or_cls

    def register(cls: type, name: str | None = name_or_cls) -> type:
        if not (isinstance(cls, type) and issubclass(cls, BaseException)):
            raise TypeError(f"expected an exception class, got {cls!r}")
        _core.register_error_kind(name or cls.__name__, cls)
        return cls

    if cls is None:
        decorator: Callable[[type], type] = register
        return decorator
    return register(cls)
