"""What annotations mean: the schema of a type, and evaluation of a class's annotations.

Imports `bowline.core` only.
Upholds: an unknown name is a `NameError`, anything that no field can hold a `TypeError`.
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
from .._device import Device
from .._dtype import dtype
from ..core import Bytes, Object, String, TypeSchema

# Classes whose registration is under way, with their type index. A class stays while a name in it is unknown.
DECLARED: dict[type, int] = {}

# Registered and declared classes by module and name: what string annotations may name besides the module's globals.
_BY_MODULE: dict[str, dict[str, type]] = {}

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


def declare(cls: type, index: int) -> None:
    """Make a class known to annotations before its fields are."""
    DECLARED[cls] = index
    _BY_MODULE.setdefault(cls.__module__, {})[cls.__name__] = cls


def withdraw(cls: type) -> None:
    """Take a declaration back."""
    DECLARED.pop(cls, None)
    names = _BY_MODULE.get(cls.__module__, {})
    if names.get(cls.__name__) is cls:
        del names[cls.__name__]


def type_index_of(cls: type) -> int | None:
    """Return the type index of a class, or of the nearest registered or declared class that it derives from."""
    for ancestor in cls.__mro__:
        index = DECLARED.get(ancestor)
        if index is not None:
            return index
        index = exact_index(ancestor)
        if index is not None:
            return index
    return None


def exact_index(cls: type) -> int | None:
    """Return the type index for which exactly this class is registered."""
    index = _core.index_of_class(cls)
    return index if index is not None and _core.class_of(index) is cls else None


def is_known(cls: type) -> bool:
    """Whether exactly this class is registered or declared."""
    return cls in DECLARED or exact_index(cls) is not None


def is_foreign(cls: type) -> bool:
    """Whether a base is part of the language or of this package, hence contributes no fields."""
    return cls in (object, typing.Generic, abc.Hashable) or cls.__module__ in ("abc", "collections.abc", "typing")


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
        return TypeSchema("Array", (TypeSchema("Any"),))
    if annotation is abc.Callable or annotation is typing.Callable:
        return TypeSchema("Callable")
    origin = typing.get_origin(annotation)
    if origin is not None:
        return _schema_of_generic(annotation, origin, typing.get_args(annotation), owner)
    if isinstance(annotation, type):
        return _schema_of_class(annotation)
    raise TypeError(f"Cannot convert the annotation {annotation!r} to a type of fields")


def _schema_of_generic(annotation: Any, origin: Any, args: tuple, owner: type | None) -> TypeSchema:
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
        if parameters is Ellipsis:
            return TypeSchema("Callable")
        return TypeSchema("Callable", [schema_of(arg, owner) for arg in (result, *parameters)])
    known = _GENERIC.get(origin)
    if known is None and isinstance(origin, type) and issubclass(origin, Object):
        known = _native_container(origin)
    if known is None:
        raise TypeError(f"Cannot convert the annotation {annotation!r} to a type of fields")
    name, arity = known
    if len(args) != arity:
        # The language's own may come without any.
        takes = f"requires {arity}" if issubclass(origin, Object) else "takes at most 1" if arity == 1 else "requires 0 or 2"
        raise TypeError(f"{origin.__name__} {takes} type argument(s), got {len(args)} in {annotation!r}")
    return TypeSchema(name, tuple(schema_of(arg, owner) for arg in args))


def _schema_of_union(args: tuple, owner: type | None) -> TypeSchema:
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
        raise TypeError(f"{cls!r} is not registered; register it with py_class or register_object first")
    if hasattr(cls, "__dlpack__"):
        return TypeSchema("Tensor")
    raise TypeError(f"Cannot convert the annotation {cls!r} to a type of fields: none can hold instances of this class")


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


def own_annotations(cls: type, scope: dict[str, Any], anywhere: bool = False) -> dict[str, Any]:
    """Return the evaluated annotations that a class itself has.

    Parameters
    ----------
    cls : type
        The class.
    scope : dict
        Local names where the class statement stands, for annotations that are strings.
    anywhere : bool
        Whether a name may be that of a class of another module, registered under it by that module alone.

    Raises
    ------
    NameError
        If a name in them does not exist yet.
    """
    raw = _raw_annotations(cls)
    if not raw:
        return {}
    # `get_type_hints` evaluates strings at any depth, but of all ancestors; this class has none.
    carrier = type(cls.__name__, (), {"__annotations__": raw, "__module__": cls.__module__})
    return evaluated(carrier, cls, scope, anywhere)


def evaluated(annotated: Any, cls: type, scope: dict[str, Any], anywhere: bool = False) -> dict[str, Any]:
    """Return the evaluated annotations of something that stands in the body of a class, or of its stand-in.

    Parameters
    ----------
    annotated : type or function
        What has the annotations.
    cls : type
        The class.
    scope : dict
        Local names where the class statement stands.
    anywhere : bool
        As for `own_annotations`.

    Raises
    ------
    NameError
        If a name in them does not exist yet.
    """
    module = sys.modules.get(cls.__module__)
    globals_ = getattr(annotated, "__globals__", None) or (vars(module) if module is not None else {})
    # What the module says wins over what a function of it may have registered under the same name.
    registered = {n: c for n, c in _BY_MODULE.get(cls.__module__, {}).items() if n not in globals_}
    names = {**registered, **scope, cls.__name__: cls}
    while True:
        try:
            return typing.get_type_hints(annotated, globals_, names, include_extras=True)
        except NameError as error:
            found = _elsewhere(error.name) if anywhere else None
            if found is None or error.name in names:
                raise
            names[error.name] = found


def _elsewhere(name: str | None) -> type | None:
    """The class of a name, if only one module has registered one."""
    found = [names[name] for names in list(_BY_MODULE.values()) if name in names]
    return found[0] if len(found) == 1 else None


def unresolved(cls: type, scope: dict[str, Any]) -> list[str]:
    """Return the annotations of a class that cannot be evaluated, each as ``name: text``."""
    found = []
    for name, annotation in unevaluated(cls).items():
        carrier = type(cls.__name__, (), {"__annotations__": {name: annotation}, "__module__": cls.__module__})
        try:
            evaluated(carrier, cls, scope, True)
        except Exception:
            found.append(f"{name}: {getattr(annotation, '__forward_arg__', annotation)}")
    return found


def _raw_annotations(cls: type) -> dict[str, Any]:
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.VALUE)
    return dict(cls.__dict__.get("__annotations__", {}))


def unevaluated(cls: type) -> dict[str, Any]:
    """Return the annotations that a class itself has, those that cannot be evaluated yet in some form."""
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return dict(cls.__dict__.get("__annotations__", {}))
