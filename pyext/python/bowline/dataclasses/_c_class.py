"""`c_class`: a Python class for a native type, with the comforts of a dataclass.

Imports `bowline.core` and the other files of this folder.
Upholds: what a class defines itself wins; fields, defaults and layout are the native type's.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable
from typing import Any

from .. import _core
from ..registry import register_object
from ._comparison import add_comparisons
from ._field import Field, field
from ._signature import GENERATED, parameters

# Classes whose generated `__init__` refuses objects of subclasses with a type of their own.
_GUARDED: set[type] = set()


@typing.dataclass_transform(field_specifiers=(field, Field), converter=None)
def c_class(
    type_key: str,
    *,
    frozen: bool = False,
    init: bool = True,
    repr: bool = True,
    eq: bool = False,
    order: bool = False,
    unsafe_hash: bool = False,
    match_args: bool = True,
) -> Callable[[type], type]:
    """Make a class the class of a native type, and give it what a dataclass has.

    Parameters
    ----------
    type_key : str
        The native type.
    frozen : bool
        The type's own fields cannot be set, even where native code lets them.
    init : bool
        Make an ``__init__`` from the native fields, unless the class defines one.
    repr : bool
        Ignored: every wrapper shows its native fields, unless the class defines ``__repr__``.
    eq, order, unsafe_hash : bool
        Compare, order and hash by content.
    match_args : bool
        Set ``__match_args__``.

    Raises
    ------
    ValueError
        If there is no such type, or it has a class already; if `order` comes without `eq`.

    Examples
    --------
    >>> import bowline
    >>> from bowline.dataclasses import c_class
    >>> @c_class("testing.DocPoint", eq=True)
    ... class Point(bowline.Object):
    ...     x: int
    ...     y: int
    >>> Point(1, y=2) == Point(1, 2)
    True
    """
    if not isinstance(type_key, str):
        raise TypeError(f"expected the key of a native type, got {type_key!r}")
    if order and not eq:
        raise ValueError("order=True requires eq=True")
    options = {"eq": eq, "order": order, "unsafe_hash": unsafe_hash, "frozen": frozen}

    def decorate(cls: type) -> type:
        own_init = "__init__" in cls.__dict__
        register_object(type_key, init=init)(cls)
        index = _core.index_of_class(cls)
        if frozen:
            for info in _core.fields_of(index):
                if info.owner == index:
                    setattr(cls, info.name, _core.field_property(index, info.name, True))
        if own_init:
            for ancestor in cls.__mro__[1:]:
                _guard(ancestor)
        elif not init:
            cls.__init__ = _refusing(cls)
        add_comparisons(cls, options)
        if match_args and "__match_args__" not in cls.__dict__:
            cls.__match_args__ = tuple(info.name for info in parameters(index)[0])
        return cls

    return decorate


def _guard(cls: type) -> None:
    """Let a generated ``__init__`` refuse objects of another type, whose fields it does not know."""
    if cls not in GENERATED or cls in _GUARDED or cls.__dict__.get("__init__") is None:
        return
    _GUARDED.add(cls)
    index = _core.index_of_class(cls)
    construct = cls.__dict__["__init__"]

    @functools.wraps(construct)
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        if _core.index_of_class(type(self)) != index:
            raise TypeError(
                f"super().__init__() of {cls.__qualname__} cannot make a {type(self).__qualname__}: call "
                "__ffi_init__ with the values of all fields"
            )
        construct(self, *args, **kwargs)

    cls.__init__ = __init__


def _refusing(cls: type) -> Callable[..., None]:
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        raise TypeError(f"{cls.__qualname__} has no __init__: it was made with init=False")

    return __init__
