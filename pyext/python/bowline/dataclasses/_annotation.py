"""What annotations mean: the schema of a type.

Upholds: an annotation that no field can hold is a `TypeError`.
"""

from __future__ import annotations

import collections.abc as abc
import ctypes
import dataclasses as _stdlib
import enum
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


_SETS = (set, frozenset, abc.Set, abc.MutableSet)
_NO_SETS = (
    "There are no native sets: use list or tuple[T, ...], or dict with the items as keys, or Any, which holds a Python set"
)
# What a `type` statement makes, since Python 3.12.
_ALIAS: tuple[Any, ...] = (typing.TypeAliasType,) if sys.version_info >= (3, 12) else ()


def is_foreign(cls: type) -> bool:
    """Whether a base is part of the language, hence contributes no fields."""
    # A class that is made by a call of its metaclass may name `abc`, too. It does not come from there.
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
    if isinstance(annotation, typing.NewType):
        return schema_of(annotation.__supertype__, owner)
    if isinstance(annotation, typing.TypeVar):
        return _schema_of_variable(annotation, owner)
    if isinstance(annotation, _ALIAS):
        return _schema_of_alias(annotation, owner)
    if isinstance(annotation, _stdlib.InitVar):
        raise _instead(annotation, "A constructor takes fields only: define an __init__ or a classmethod that takes the value")
    raise _no_field(annotation)


def _schema_of_variable(variable: typing.TypeVar, owner: type | None) -> TypeSchema:
    """Return what values of every type that a variable may stand for have in common. Classes are not made for each."""
    if variable.__constraints__:
        return _schema_of_union(variable.__constraints__, owner)
    return TypeSchema("Any") if variable.__bound__ is None else schema_of(variable.__bound__, owner)


def _schema_of_alias(alias: Any, owner: type | None) -> TypeSchema:
    try:
        return schema_of(alias.__value__, owner)
    except RecursionError:
        raise _instead(alias, "It contains itself: use Any where it does") from None


def _instead(annotation: Any, what: str) -> TypeError:
    return TypeError(f"Cannot convert the annotation {annotation!r} to a type of fields. {what}")


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
    if origin is typing.Literal:
        # Which values of the type there may be is for type checkers.
        return _schema_of_union(tuple(dict.fromkeys(type(value) for value in args)), owner)
    if isinstance(origin, _ALIAS):
        return _schema_of_alias(origin, owner)
    if origin in _SETS:
        raise _instead(annotation, _NO_SETS)
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
        if known is None and issubclass(origin, typing.Generic):  # type: ignore[arg-type]
            return _schema_of_class(origin)
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
    if issubclass(cls, enum.Enum):
        raise _instead(cls, "Make it an Enum, IntEnum or StrEnum of bowline.dataclasses, or use Any, which holds its members")
    if cls in _SETS:
        raise _instead(cls, _NO_SETS)
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
