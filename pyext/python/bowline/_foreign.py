"""Constructors of types that other libraries define.

Upholds: an object is made by its library's own constructor, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _core
from .core import KWARGS


def no_constructor(cls: type) -> Callable[..., None]:
    """Return an ``__init__`` that says that there is none."""

    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        raise TypeError(
            f"`{cls.__qualname__}` cannot be constructed directly: it has no native constructor. Define a custom "
            "__init__ or use a factory function"
        )

    __init__.stands_in = True  # type: ignore[attr-defined]
    return __init__


def give_foreign_init(cls: type, index: int, init: bool) -> None:
    """Give a class ``__ffi_init__``, and an ``__init__`` that calls it. Its library must have a constructor for the type.

    Parameters
    ----------
    cls : type
        The class of a foreign type.
    index : int
        The index of its type.
    init : bool
        Whether to give it an ``__init__``, unless it defines one.
    """
    own = cls.__dict__.get("__init__")
    free = own is None or getattr(own, "stands_in", False)
    construct = _core.foreign_init(index)
    if construct is None:
        if init and free:
            cls.__init__ = no_constructor(cls)  # type: ignore[misc]
        return

    def __ffi_init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        if kwargs:
            args = (*args, KWARGS, *(part for pair in kwargs.items() for part in pair))
        self.__init_handle_by_constructor__(construct, *args)

    __ffi_init__.__qualname__ = f"{cls.__qualname__}.__ffi_init__"
    __ffi_init__.__doc__ = "Make the native object by the constructor of its library."
    cls.__ffi_init__ = __ffi_init__  # type: ignore[attr-defined]
    if init and free:

        def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
            __ffi_init__(self, *args, **kwargs)

        __init__.__qualname__ = f"{cls.__qualname__}.__init__"
        __init__.__doc__ = __ffi_init__.__doc__
        __init__.stands_in = True  # type: ignore[attr-defined]
        cls.__init__ = __init__  # type: ignore[misc]
