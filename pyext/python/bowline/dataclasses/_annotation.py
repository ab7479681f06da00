"""What annotations mean: the schema of a type.

Upholds: an annotation that no field can hold is a `TypeError`.
"""

from __future__ import annotations

import collections.abc as abc
import ctypes
import dataclasses as _stdlib
import sys
import types
import typing
from typing import Any

from .. import _core
from .._declared import DECLARED, exact_index
from .._device import Device
from .._dtype import dtype
from ..core import Bytes, Object, String, TypeSchema

_PLAIN: dict[Any, str] = {
    Any: "Any",
    None: "None",
    type(None): "None",
    int: "int",
    float: "float",
    bool: "bool",
    str: "str",
    String: "str",
    bytes: "bytes",
    Bytes: "bytes",
    ctypes.c_void_p: "c_void_p",
    Device: "Device",
    dtype: "dtype",
}

# Origin of an annotation → (schema, number of arguments).
_GENERIC: dict[Any, tuple[str, int]] = {
    list: ("List", 1),
    abc.MutableSequence: ("List", 1),
    abc.Sequence: ("Array", 1),
    dict: ("Dict", 2),
    abc.MutableMapping: ("Dict", 2),
    abc.Mapping: ("Map", 2),
}


def is_foreign(cls: type) -> bool:
    """Whether a base is part of the language, hence contributes no fields."""
    # A class that is made by a call of its metaclass may say that it comes from `abc`, too.
    library = ("builtins", "abc", "collections.abc", "typing")
    return cls.__module__ in library and getattr(sys.modules.get(cls.__module__), cls.__name__, None) is cls


def schema_of(annotation: Any, owner: type | None = None) -> TypeSchema:
    """Return the schema of an evaluated annotation.

    Parameters
    ----------
    annotation : Any
        A type, a generic alias, or what `typing` makes of them.
    owner : type, optional
        The class that `typing.Self` stands for.

    Raises
    ------
    TypeError
        If no field can have this type.

    Examples
    --------
    >>> schema_of(tuple[int, ...])
    Array[int]
    """
    try:
        plain = _PLAIN.get(annotation)
    except TypeError:
        plain = None
    if plain is not None:
        return TypeSchema(plain)
    if annotation is typing.Self and owner is not None:
        return _schema_of_class(owner)
    if annotation is tuple:
        return TypeSchema("tuple")
    if annotation is abc.Callable or annotation is typing.Callable:
        return TypeSchema("Callable")
    origin = typing.get_origin(annotation)
    if origin is not None:
        return _schema_of_generic(annotation, origin, typing.get_args(annotation), owner)
    if isinstance(annotation, type):
        return _schema_of_class(annotation)
    raise _no_field(annotation)


def _no_field(annotation: Any, why: str = "") -> TypeError:
    return TypeError(
        f"Cannot convert the annotation {annotation!r} to a type of fields{why}. Use Any for values of every kind, or int, "
        "float, bool, str, bytes, a registered class, a list, dict, tuple, Callable or union of such, or ClassVar for what "
        "is no field"
    )


def _schema_of_generic(annotation: Any, origin: Any, args: tuple[Any, ...], owner: type | None) -> TypeSchema:
    if origin is typing.Annotated or origin is typing.Final:
        return schema_of(args[0], owner)
    if origin is typing.Union or origin is types.UnionType:
        return _schema_of_union(args, owner)
    if origin is tuple:
        if len(args) == 2 and args[1] is Ellipsis:
            return TypeSchema("Array", (schema_of(args[0], owner),))
        return TypeSchema("tuple", tuple(schema_of(arg, owner) for arg in args))
    if origin is abc.Callable:
        parameters, result = args
        named = {"return": [schema_of(result, owner)]}
        if parameters is not Ellipsis:
            named["params"] = [schema_of(arg, owner) for arg in parameters]
        return TypeSchema("Callable", named_args=named)
    known = _GENERIC.get(origin)
    if known is None and isinstance(origin, type) and issubclass(origin, Object):
        known = _native_container(origin)
    if known is None:
        raise _no_field(annotation)
    name, arity = known
    if len(args) != arity:
        # The language's own may come without any.
        takes = f"requires {arity}" if issubclass(origin, Object) else "takes at most 1" if arity == 1 else "requires 0 or 2"
        raise TypeError(f"{origin.__name__} {takes} type argument(s), got {len(args)} in {annotation!r}")
    return TypeSchema(name, tuple(schema_of(arg, owner) for arg in args))


def _schema_of_union(args: tuple[Any, ...], owner: type | None) -> TypeSchema:
    rest = [schema_of(arg, owner) for arg in args if arg is not type(None)]
    one = rest[0] if len(rest) == 1 else TypeSchema("Union", tuple(rest))
    return one if len(rest) == len(args) else TypeSchema("Optional", (one,))


def _schema_of_class(cls: type) -> TypeSchema:
    if cls in _GENERIC:
        name, arity = _GENERIC[cls]
        return TypeSchema(name, (TypeSchema("Any"),) * arity)
    if issubclass(cls, _core.CFunction):
        return TypeSchema("Callable")
    if issubclass(cls, _core.CObject):
        container = _native_container(cls)
        if container is not None:
            name, arity = container
            return TypeSchema(name, (TypeSchema("Any"),) * arity)
        index = DECLARED.get(cls)
        if index is None:
            index = exact_index(cls)
        if index is not None:
            return TypeSchema("Object", (), index)
        raise TypeError(f"{cls!r} is not registered: decorate it with @py_class, or @c_class if its type is a native one")
    if hasattr(cls, "__dlpack__"):
        return TypeSchema("Tensor")
    raise _no_field(cls, ": none holds instances of this class alone")


def _native_container(cls: type) -> tuple[str, int] | None:
    if issubclass(cls, _core.CArray):
        return ("Array", 1)
    if issubclass(cls, _core.CList):
        return ("List", 1)
    if issubclass(cls, _core.CMap):
        return ("Map", 2)
    if issubclass(cls, _core.CDict):
        return ("Dict", 2)
    return None


def is_class_var(annotation: Any) -> bool:
    """Whether an evaluated annotation says that there is no field."""
    return annotation is typing.ClassVar or typing.get_origin(annotation) is typing.ClassVar


def is_kw_only_mark(annotation: Any) -> bool:
    """Whether an evaluated annotation is the mark after which fields are keyword only."""
    return annotation is _stdlib.KW_ONLY
