"""Pickles and copies of what classes consist of: constructors, properties, descriptions of fields and methods.

A pickler that takes classes apart, because they cannot be imported where they are wanted, meets all of these.
Upholds: each is restored as a part of its class, as that class has it.
"""

from __future__ import annotations

import copyreg
from typing import Any

from .. import _core
from .._constructor import generated_init
from ..core import FieldInfo, FieldProperty
from ._definition import Definition

_CONSTRUCTOR: Any = type(_core.make_constructor({}))


def _index_of(cls: type) -> int:
    index = _core.exact_index(cls)
    if index is None:
        raise TypeError(f"{cls!r} is not registered: decorate it with @py_class where it is unpickled")
    return index


def _definition_of(cls: type) -> Definition | None:
    """What goes along so that the class is registered before its parts are restored."""
    return cls.__dict__.get("__bowline_definition__")


def _init_of(cls: type, definition: Definition | None) -> Any:
    """The ``__init__`` that takes the fields of a class."""
    own = cls.__dict__.get("__init__")
    if type(own) is _CONSTRUCTOR:
        return own
    _index_of(cls)
    return generated_init(cls)


def _reduce_init(init: Any) -> tuple[Any, ...]:
    return (_init_of, (init.__objclass__, _definition_of(init.__objclass__)))


def _property_of(cls: type, name: str, frozen: bool, definition: Definition | None) -> FieldProperty:
    own = cls.__dict__.get(name)
    if isinstance(own, FieldProperty) and own.frozen == frozen:
        return own
    return _core.field_property(_index_of(cls), name, frozen)


def _reduce_property(field: FieldProperty) -> tuple[Any, ...]:
    cls: Any = field.__objclass__
    return (_property_of, (cls, field.__name__, field.frozen, _definition_of(cls)))


def _info_of(key: str, name: str) -> FieldInfo:
    index = _core.type_index(key)
    found = next((info for info in _core.fields_of(index) if info.name == name and info.owner == index), None)
    if found is None:
        raise AttributeError(f"'{key}' has no field '{name}'")
    return found


def _reduce_info(info: FieldInfo) -> tuple[Any, ...]:
    return (_info_of, (_core.type_key(info.owner), info.name))


copyreg.pickle(_CONSTRUCTOR, _reduce_init)
copyreg.pickle(FieldProperty, _reduce_property)
copyreg.pickle(FieldInfo, _reduce_info)
