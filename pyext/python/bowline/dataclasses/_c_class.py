"""`c_class`: a Python class for a native type, with the comforts of a dataclass.

Upholds: what a class defines itself wins; fields, defaults and layout are the native type's.
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import TypeVar

from .. import _core, _one_testing
from .._constructor import parameters
from ..registry import former_on_failure, register_object
from ._comparison import add_comparisons
from ._construction import refusing
from ._described import attach as _attach_field_objects  # noqa: F401, the name that tvm-ffi's module has for it
from ._equipment import doc_of
from ._field import Field, field

_T = TypeVar("_T")


@typing.dataclass_transform(eq_default=False, field_specifiers=(field, Field), converter=None)  # type: ignore[literal-required]
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
) -> Callable[[type[_T]], type[_T]]:
    """Make a class that of a native type, with what a dataclass has.

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
        If there is no such type, or Python code or this package defined it; if `order` comes without `eq`.

    Examples
    --------
    >>> import bowline.testing  # which has the type
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

    def decorate(cls: type[_T]) -> type[_T]:
        own_init = "__init__" in cls.__dict__
        index = _one_testing.type_index(type_key)
        with former_on_failure(index):
            register_object(type_key, init=init)(cls)
            if frozen:
                for info in _core.fields_of(index):
                    if info.owner == index:
                        setattr(cls, info.name, _core.field_property(index, info.name, True))
            if not own_init and not init:
                cls.__init__ = refusing(cls)
            add_comparisons(cls, options)
            if match_args and "__match_args__" not in cls.__dict__:
                cls.__match_args__ = tuple(info.name for info in parameters(index)[0])
            if cls.__doc__ is None:
                cls.__doc__ = doc_of(cls, (info for info in _core.fields_of(index) if info.owner == index))
        return cls

    return decorate
