"""Fields that are computed once, when an object is made.

Upholds: they are computed in the order of their declaration, a parent's first, and before ``__post_init__``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from .. import _core, _declared
from . import _annotation
from ._field import Field, field

_T = TypeVar("_T")


class InitProperty(Generic[_T]):
    """A field whose value a function computes once, after the constructor has set the others.

    The constructor does not take it; text, comparison, hash and structural equality pass over it.

    Parameters
    ----------
    func : callable
        Takes the object. Its return annotation is the field's type; any value if it has none.

    Examples
    --------
    >>> import bowline
    >>> from bowline.dataclasses import init_property
    >>> @bowline.py_class("doc.init_property.Square")
    ... class Square(bowline.Object):
    ...     side: int
    ...     @init_property
    ...     def area(self) -> int:
    ...         return self.side**2
    >>> Square(3).area
    9
    """

    def __init__(self, func: Callable[[Any], _T]) -> None:
        functools.update_wrapper(self, func)  # type: ignore[arg-type]
        self.func = func

    if TYPE_CHECKING:
        # In its place the class has a field by the time that it is read.
        @overload
        def __get__(self, obj: None, cls: type) -> Self: ...
        @overload
        def __get__(self, obj: object, cls: type) -> _T: ...
        def __get__(self, obj: object, cls: type) -> Any: ...

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def as_field(self, name: str, cls: type, source: type, scope: dict[str, Any], anywhere: bool) -> Field:
        """Return the field that holds the value."""
        hints = _declared.evaluated(self.func, cls, {**scope, source.__name__: cls}, anywhere)
        declared = field(init=False, repr=False, hash=False, compare=False, structural_eq="ignore", doc=self.__doc__)
        declared.name = name
        declared.type = hints.get("return", Any)
        declared.schema = _annotation.schema_of(declared.type, cls)
        declared.kw_only = False
        return declared

    def keep(self, cls: type) -> None:
        """Remember what computes the field."""
        own = cls.__dict__.get("__bowline_init_properties__", ())
        cls.__bowline_init_properties__ = (*own, (self.name, self.func))  # type: ignore[attr-defined]


def is_computed(cls: type, name: str) -> bool:
    """Return whether a field of a class is computed so. A subclass may compute it in another way."""
    return name in _computed(cls)


def compute(obj: Any, cls: type) -> None:
    """Compute and set all such fields of an object."""
    for name, (owner, func) in _computed(cls).items():
        _core.field_property(_core.index_of_class(owner), name).set(obj, func(obj))


def _computed(cls: type) -> dict[str, tuple[type, Callable[[Any], Any]]]:
    """By name: the class that has the field, and what computes it."""
    found: dict[str, tuple[type, Callable[[Any], Any]]] = {}
    for ancestor in reversed(cls.__mro__):
        for name, func in ancestor.__dict__.get("__bowline_init_properties__", ()):
            owner = found[name][0] if name in found else ancestor
            found[name] = (owner, func)
    return found


init_property = InitProperty
