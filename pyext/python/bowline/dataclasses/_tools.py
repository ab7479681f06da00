"""Functions that take any instance of a registered class apart, or make a changed copy.

Imports `bowline.core` and the other files of this folder.
Upholds: none of them changes its argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _core
from ..core import Object
from . import _annotation
from ._field import Field
from ._py_class import complete, is_waiting

_SEQUENCES = (_core.CArray, _core.CList)
_MAPPINGS = (_core.CMap, _core.CDict)


# Of classes whose fields native code declares.
_DESCRIBED: dict[type, dict[str, Field]] = {}


def is_dataclass(obj: Any) -> bool:
    """Return whether `obj` is a registered class with fields, or an instance of one."""
    cls = obj if isinstance(obj, type) else type(obj)
    if not issubclass(cls, Object) or issubclass(cls, (*_SEQUENCES, *_MAPPINGS, _core.CFunction, _core.CError)):
        return False
    if is_waiting(cls):
        return True
    index = _core.index_of_class(cls)
    return index is not None and _core.is_defined(index)


def fields(class_or_instance: Any) -> tuple[Field, ...]:
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
    if not is_dataclass(class_or_instance):
        raise TypeError("must be called with a c_class or py_class, or an instance of one")
    cls = class_or_instance if isinstance(class_or_instance, type) else type(class_or_instance)
    if is_waiting(cls):
        complete(cls)
    return tuple(field_of(info) for info in _core.fields_of(_core.index_of_class(cls)))


def field_of(info: Any) -> Field:
    """Return the `Field` of a `TypeField`: the same each time."""
    owner = _core.class_of(info.owner)
    if owner is None:
        return _described(info, None)
    known = owner.__dict__.get("__bowline_fields__") or _DESCRIBED.get(owner)
    if known is None:
        try:
            types = _annotation.own_annotations(owner, {}, anywhere=True)
            keep = True
        except Exception:
            # Names that are not there, at least not yet.
            types, keep = {}, False
        own = [other for other in _core.fields_of(info.owner) if other.owner == info.owner]
        known = {other.name: _described(other, types.get(other.name)) for other in own}
        if keep:
            known = _DESCRIBED.setdefault(owner, known)
    return known[info.name]


def _described(info: Any, annotation: Any) -> Field:
    described = Field(
        default=info.default,
        default_factory=info.default_factory,
        frozen=info.frozen,
        init=info.init,
        repr=info.repr,
        hash=info.hash,
        compare=info.compare,
        kw_only=info.kw_only,
        structural_eq=info.structural,
        doc=info.doc,
    )
    described.name = info.name
    described.type = annotation
    described.schema = info.schema
    return described


def replace(obj: Any, /, **changes: Any) -> Any:
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
        raise TypeError("replace() should be called on c_class / py_class instances")
    return obj.__replace__(**changes)


def asdict(obj: Any, *, dict_factory: Callable[..., Any] = dict) -> Any:
    """Return an object's fields as a dict, those of objects within included; containers become lists and dicts."""
    if isinstance(obj, type) or not is_dataclass(obj):
        raise TypeError("asdict() should be called on c_class / py_class instances")
    return _take_apart(obj, lambda items: dict_factory(items), list)


def astuple(obj: Any, *, tuple_factory: Callable[..., Any] = tuple) -> Any:
    """Return an object's field values as a tuple, those of objects within too; containers become lists and dicts."""
    if isinstance(obj, type) or not is_dataclass(obj):
        raise TypeError("astuple() should be called on c_class / py_class instances")
    return _take_apart(obj, lambda items: tuple_factory([value for _, value in items]), list)


def _take_apart(value: Any, make: Callable[[list[tuple[str, Any]]], Any], sequence: type) -> Any:
    def walk(value: Any) -> Any:
        if isinstance(value, _SEQUENCES):
            return sequence(walk(item) for item in value)
        if isinstance(value, Object) and is_dataclass(value):
            infos = _core.fields_of(_core.index_of_class(type(value)))
            return make([(f.name, walk(_core.field_property(f.owner, f.name).get(value))) for f in infos])
        if isinstance(value, _MAPPINGS):
            return {key: walk(item) for key, item in _core.map_items(value)}
        return value

    return walk(value)
