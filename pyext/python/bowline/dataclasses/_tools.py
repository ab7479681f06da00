"""Functions that take any instance of a registered class apart, or make a changed copy.

Upholds: none of them changes its argument.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from .. import _core
from .._core import TypeSchema
from .._parts import has_fields
from ._described import field_of
from ._described import set_field as set_field  # noqa: PLC0414, for native code
from ._field import Field
from ._registration import complete, is_waiting
from ._take_apart import take_any_apart

_T = TypeVar("_T")


def _said(obj: Any) -> str:
    """Return what an error message says of an argument."""
    return f"the class {obj.__name__}" if isinstance(obj, type) else type(obj).__name__


def is_dataclass(obj: Any) -> bool:
    """Return whether `obj` is a registered class with fields, or an instance of one."""
    cls = obj if isinstance(obj, type) else type(obj)
    return has_fields(cls) or is_waiting(cls)


def fields(obj_or_cls: Any) -> tuple[Field, ...]:
    """Return the fields of a class, inherited ones first.

    Raises
    ------
    TypeError
        If it is not a class with fields, nor an instance of one; if a name in its annotations does not exist yet.

    Examples
    --------
    >>> import bowline
    >>> @bowline.py_class("doc.tools.Point")
    ... class Point(bowline.Object):
    ...     x: int
    ...     y: int = 0
    >>> [f.name for f in bowline.dataclasses.fields(Point)]
    ['x', 'y']
    """
    if not is_dataclass(obj_or_cls):
        raise TypeError(f"must be called with a c_class or py_class, or an instance of one, got {_said(obj_or_cls)}")
    cls = obj_or_cls if isinstance(obj_or_cls, type) else type(obj_or_cls)
    if is_waiting(cls):
        complete(cls)
    return tuple(field_of(info) for info in _core.fields_of(_core.index_of_class(cls)))


def replace(obj: _T, /, **changes: Any) -> _T:
    """Return a copy of an object with some fields changed; frozen ones may be too.

    Examples
    --------
    >>> import bowline
    >>> @bowline.py_class("doc.tools.Pair", frozen=True)
    ... class Pair(bowline.Object):
    ...     a: int
    ...     b: int
    >>> bowline.dataclasses.replace(Pair(1, 2), b=3)
    doc.tools.Pair(a=1, b=3)
    """
    if isinstance(obj, type) or not is_dataclass(obj):
        raise TypeError(f"replace() should be called on c_class / py_class instances, got {_said(obj)}")
    return obj.__replace__(**changes)  # type: ignore[attr-defined]


@overload
def asdict(obj: Any) -> dict[str, Any]: ...
@overload
def asdict(obj: Any, *, dict_factory: Callable[[list[tuple[str, Any]]], _T]) -> _T: ...
def asdict(obj: Any, *, dict_factory: Callable[..., Any] = dict) -> Any:
    """Return an object's fields as a dict, those of objects within, too. Containers become lists and dicts.

    What an object shares, the result shares: an object that comes twice is the same dict twice.

    Raises
    ------
    ValueError
        If an object contains itself.
    """
    if isinstance(obj, type) or not is_dataclass(obj):
        raise TypeError(f"asdict() should be called on c_class / py_class instances, got {_said(obj)}")
    return _asdict_inner(obj, dict_factory)


def _asdict_inner(value: Any, dict_factory: Callable[..., Any]) -> Any:
    """Return what `asdict` makes of any value."""
    return take_any_apart(value, lambda items: dict_factory(items))


@overload
def astuple(obj: Any) -> tuple[Any, ...]: ...
@overload
def astuple(obj: Any, *, tuple_factory: Callable[[list[Any]], _T]) -> _T: ...
def astuple(obj: Any, *, tuple_factory: Callable[..., Any] = tuple) -> Any:
    """Return an object's field values as a tuple, those of objects within, too. Containers become lists and dicts.

    What an object shares, the result shares: an object that comes twice is the same tuple twice.

    Raises
    ------
    ValueError
        If an object contains itself.
    """
    if isinstance(obj, type) or not is_dataclass(obj):
        raise TypeError(f"astuple() should be called on c_class / py_class instances, got {_said(obj)}")
    return _astuple_inner(obj, tuple_factory)


def _astuple_inner(value: Any, tuple_factory: Callable[..., Any]) -> Any:
    """Return what `astuple` makes of any value."""
    return take_any_apart(value, lambda items: tuple_factory([part for _, part in items]))


def _make_namedtuple(typename: str, fields: tuple[Field, ...]) -> Any:
    """Return a class of named tuples whose values are converted as those of fields are.

    Parameters
    ----------
    typename : str
        The name of the class.
    fields : tuple of Field
        Each is an element, in this order. All of them must be given: defaults and `init` do not count.

    Raises
    ------
    TypeError
        If a field does not say what it holds; later, for a value that is not of that.
    ValueError
        If a name is none that an element can have.
    """
    made: Any = namedtuple(typename, [f.name for f in fields])
    schemas = [(f.name, _schema_of(typename, f)) for f in fields]

    def converted(cls: type, values: Iterable[Any]) -> Any:
        # That of `tuple`: a subclass may have a `__new__` of its own, which has run.
        return tuple.__new__(
            cls, [_element(f"{typename}.{name}", schema, v) for (name, schema), v in zip(schemas, values, strict=True)]
        )

    native_new, native_make = made.__new__, made._make.__func__

    @functools.wraps(native_new)
    def __new__(cls: type, /, *args: Any, **kwargs: Any) -> Any:
        return converted(cls, native_new(cls, *args, **kwargs))

    @functools.wraps(native_make)
    def _make(cls: type, iterable: Iterable[Any]) -> Any:
        return converted(cls, native_make(cls, iterable))

    made.__new__ = __new__
    # `_replace` goes through it, too.
    made._make = classmethod(_make)
    made.__annotations__ = {f.name: f.type for f in fields if f.type is not None}
    return made


def _schema_of(typename: str, f: Field) -> Any:
    if f.schema is not None:
        return f.schema
    if f.type is None:
        raise TypeError(f"{typename}.{f.name}: the field does not say what it holds")
    return TypeSchema.from_annotation(f.type)


def _element(place: str, schema: Any, value: Any) -> Any:
    try:
        return schema.convert(value).to_py()
    except TypeError as error:
        raise TypeError(f"{place}: {error}") from error
