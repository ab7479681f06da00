"""Classes for native types, and the table of global functions.

Upholds: a native type has one class. `_fallback` makes one for a value that comes before its type has any.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Collection, Iterator
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from . import _core, _one_testing
from ._declared import unevaluated
from ._method import method_of_class
from ._type_info import TypeInfo

if TYPE_CHECKING:
    from .function import Function

__all__ = [
    "get_global_func",
    "get_global_func_metadata",
    "get_registered_type_keys",
    "init_ffi_api",
    "list_global_func_names",
    "register_global_func",
    "register_object",
    "remove_global_func",
]

_T = TypeVar("_T")

# Where the classes of the built-in types are. A value may come before they are imported: `_fallback` does that then.
BUILT_IN = {
    "ffi.Array": "bowline.container",
    "ffi.List": "bowline.container",
    "ffi.Map": "bowline.container",
    "ffi.Dict": "bowline.container",
    "ffi.Function": "bowline.function",
    "ffi.Error": "bowline.error",
    "ffi.Tensor": "bowline._tensor",
    "ffi.Module": "bowline.module",
    "ffi.StructuralKey": "bowline.structural",
    "ffi.VisitInterrupt": "bowline.structural",
    "ffi.reflection.AccessStep": "bowline.access_path",
    "ffi.reflection.AccessPath": "bowline.access_path",
    "ffi.Enum": "bowline.dataclasses._enum",
    "ffi.IntEnum": "bowline.dataclasses._enum",
    "ffi.StrEnum": "bowline.dataclasses._enum",
    "ffi.EnumState": "bowline.dataclasses._enum",
}

# The first index of types that are no part of the ABI.
_DYNAMIC = 128
# Types of the package to which a library may give a class. It derives from the package's.
_DERIVABLE = ("ffi.Module", "ffi.Tensor")
# A library sets it whose native half has but a part of its types. A class for a type that is not there is left as it is.
_SKIP_UNKNOWN_OBJECTS = False


@overload
def register_object(type_key: type[_T], /) -> type[_T]: ...
@overload
def register_object(type_key: str | None = None, *, init: bool = True) -> Callable[[type[_T]], type[_T]]: ...
def register_object(type_key: str | type | None = None, *, init: bool = True) -> Any:
    """Make a class the class of a native type.

    Parameters
    ----------
    type_key : str or type, optional
        The native type; the class's name if left out. A class if used as a bare decorator.
    init : bool
        Give the class an ``__init__`` that takes the native fields, unless it defines one.

    Raises
    ------
    TypeError
        If what is decorated is no class, or the key no str.
    ValueError
        If there is no such type, or Python code or this package defined it.

    Notes
    -----
    Of several classes for a type the last one wins, as when its module is loaded anew; wrappers that exist keep theirs.

    Examples
    --------
    >>> import bowline.testing  # which has the type
    >>> @bowline.register_object("testing.DocPair")
    ... class Pair(bowline.Object):
    ...     @property
    ...     def total(self):
    ...         return self.a + self.b
    >>> Pair(1, 2).total
    3
    """

    if not isinstance(type_key, (str, type, NoneType)):
        raise TypeError(f"type_key must be a str or a class, got {type(type_key).__name__}")

    def register(cls: type) -> type:
        if not isinstance(cls, type):
            raise TypeError(f"register_object decorates a class, got {type(cls).__name__}: derive one from bowline.Object")
        key = type_key if isinstance(type_key, str) else cls.__name__
        try:
            index = _one_testing.type_index(key)
        except ValueError:
            if _SKIP_UNKNOWN_OBJECTS:
                return cls
            raise
        with former_on_failure(index):
            _expect_free(cls, key, index)
            # Wrappers that were made with a former class keep it; new ones get this one.
            _core.register_class(cls, index, True)
            equip(cls, index, init)
        return cls

    return register(type_key) if isinstance(type_key, type) else register


@contextlib.contextmanager
def former_on_failure(index: int) -> Iterator[None]:
    """Give a type its former class back, if any, when giving it another one fails."""
    former = _core.class_of(index)
    try:
        yield
    except BaseException:
        if former is None:
            _core.unregister_class(index)
        elif _core.class_of(index) is not former:
            _core.register_class(former, index, True)
        raise


def _expect_free(cls: type, key: str, index: int) -> None:
    """Refuse a class whose type has a class that stays. Refuse one with ancestors of which the type knows nothing, too.

    A class of another maker's type may: its fields are the type's (apache-tvm's `SliceDoc` is an `ExprDoc` in Python only).
    """
    above = {index}
    while (parent := _core.parent_index(min(above))) is not None:
        above.add(parent)
    for ancestor in cls.__mro__[1:]:
        other = _core.exact_index(ancestor)
        if other is not None and other not in above and not _core.is_foreign(index):
            raise TypeError(
                f"{cls.__qualname__} derives from {ancestor.__qualname__}, whose type '{_core.type_key(other)}' is not one "
                f"that '{key}' derives from: its fields would not be there"
            )
    former = _core.class_of(index)
    if former is None or former is cls:
        return
    if key in _DERIVABLE and issubclass(cls, _package_class(former)):
        return
    if key in BUILT_IN or index < _DYNAMIC:
        raise ValueError(f"type '{key}' has a class of the package, {_package_class(former).__qualname__}; derive from that")
    from ._place import is_defined_here  # late, as few classes come to this

    if is_defined_here(index):
        raise ValueError(
            f"type '{key}' is that of the class {former.__module__}.{former.__qualname__}, which defines it: give "
            f"{cls.__qualname__} another key, or derive from that class"
        )


def _package_class(cls: type) -> type:
    """Return the package's own class of a built-in type. Its values get that, or `cls`, which derives from it."""
    return next(base for base in cls.__mro__ if base.__module__.partition(".")[0] == __name__.partition(".")[0])


# Classes of types to which libraries may add more. With each: whether it is to have a constructor, and what it has been given.
_GROWING: dict[int, tuple[type, bool, tuple[int, int]]] = {}


def catch_up() -> None:
    """Give classes what libraries have registered of their types since. Call when a library was loaded."""
    for index, (cls, init, known) in list(_GROWING.items()):
        if _core.class_of(index) is cls and known != (len(_core.fields_of(index)), len(_core.methods_of(index))):
            equip(cls, index, init)


def equip(cls: type, index: int, init: bool) -> None:
    """Give a class its type's fields, methods and constructor, where it does not define them."""
    if _core.is_foreign(index) or not _core.is_defined(index):
        _GROWING[index] = cls, init, (len(_core.fields_of(index)), len(_core.methods_of(index)))
    for field in _core.fields_of(index):
        if field.owner == index and field.name not in cls.__dict__:
            setattr(cls, field.name, _core.field_property(index, field.name))
    for name, function, is_static, doc, _ in _core.methods_of(index):
        if name not in cls.__dict__ and name != "__ffi_init__":
            setattr(cls, name, method_of_class(cls, name, function, is_static, doc))
    if _core.is_foreign(index):
        from ._foreign import give_foreign_init

        give_foreign_init(cls, index, init)
        return
    if not init or "__init__" in cls.__dict__:
        return
    if _core.is_constructible(index):
        # Late: it imports inspect, which is slow, and a program may have no such class.
        from ._constructor import give_init

        give_init(cls, index=index)
    else:
        from ._foreign import no_constructor

        cls.__init__ = no_constructor(cls)


def _add_class_attrs(type_cls: type, type_info: TypeInfo, type_attr_names: Collection[str] = ()) -> type:
    """Give a class its type's own fields and methods, where it does not define them. `type_attr_names` are none of the two."""
    for field in type_info.fields:
        if field.name not in type_cls.__dict__:
            setattr(type_cls, field.name, field.as_property(type_cls))
    for method in type_info.methods:
        if method.name not in type_cls.__dict__ and method.name != "__ffi_init__" and method.name not in type_attr_names:
            setattr(type_cls, method.name, method.as_callable(type_cls))
    return type_cls


def _warn_missing_field_annotations(cls: type, type_info: TypeInfo, *, stacklevel: int) -> None:
    """Warn of fields that a type declares and its class's body does not annotate."""
    missing = sorted({field.name for field in type_info.fields} - unevaluated(cls).keys())
    if missing:
        warnings.warn(
            f"{cls.__qualname__} does not annotate these fields of '{type_info.type_key}': {', '.join(missing)}",
            stacklevel=stacklevel + 1,
        )


@overload
def register_global_func(func_name: Callable[..., Any], /) -> Function: ...
@overload
def register_global_func(func_name: str, f: Callable[..., Any], override: bool = False) -> Function: ...
@overload
def register_global_func(
    func_name: str, f: None = None, override: bool = False
) -> Callable[[Callable[..., Any]], Function]: ...
def register_global_func(
    func_name: str | Callable[..., Any], f: Callable[..., Any] | None = None, override: bool = False
) -> Any:
    """Put a function into the table that Python and native code share.

    Parameters
    ----------
    func_name : str or callable
        The name; the function's own if used as a bare decorator.
    f : callable, optional
        The function; without it a decorator is returned.
    override : bool
        Replace a function of that name.

    Returns
    -------
    Function
        What `get_global_func` will return.

    Raises
    ------
    RuntimeError
        If the name is taken.
    TypeError
        If the name is no str.

    Examples
    --------
    >>> import bowline
    >>> @bowline.register_global_func("doc.registry.double")
    ... def double(x):
    ...     return 2 * x
    >>> bowline.get_global_func("doc.registry.double") is double
    True
    >>> double(21)
    42
    """
    if callable(func_name):
        func_name, f = func_name.__name__, func_name
    if not isinstance(func_name, str):
        raise TypeError(f"func_name must be a str or a callable, got {type(func_name).__name__}")

    def register(f: Callable[..., Any]) -> Any:
        return _core.set_global_func(func_name, f, override)

    return register if f is None else register(f)


@overload
def get_global_func(name: str, allow_missing: Literal[False] = False) -> Function: ...
@overload
def get_global_func(name: str, allow_missing: bool) -> Function | None: ...
def get_global_func(name: str, allow_missing: bool = False) -> Any:
    """Return a global function: the same object each time.

    Parameters
    ----------
    name : str
        Its name.
    allow_missing : bool
        Return None if there is none.

    Raises
    ------
    ValueError
        If there is none.
    """
    found = _one_testing.global_func(name)
    if found is None and not allow_missing:
        from ._suggest import hint

        raise ValueError(f"Cannot find global function {name}{hint(name, list_global_func_names())}")
    return found


def get_global_func_metadata(name: str) -> dict[str, Any]:
    """Return what is known of a global function. ``type_schema`` is the JSON text of its type.

    Raises
    ------
    RuntimeError
        If there is none.

    Examples
    --------
    >>> import bowline.testing
    >>> bowline.get_global_func_metadata("testing.add_one")["type_schema"]
    '{"type":"ffi.Function","named_args":{"return":[{"type":"int"}],"params":[{"type":"int"}]}}'
    """
    if not isinstance(name, str):
        raise TypeError(f"name must be a str, got {type(name).__name__}")
    _one_testing.bring(name)
    text = _core.global_func_metadata(name)
    if text is None:
        raise RuntimeError(f"Global Function is not found: {name}")
    import json

    return json.loads(text) if text else {}


def init_ffi_api(namespace: str, target_module_name: str | None = None) -> None:
    """Put all global functions of a prefix into a module.

    Parameters
    ----------
    namespace : str
        The prefix, without the dot behind it; also the module unless the other argument says another.
    target_module_name : str, optional
        The module, which is loaded already.

    Raises
    ------
    TypeError
        If a name is no str.
    KeyError
        If the module is not loaded.
    """
    for argument, name in (("namespace", namespace), ("target_module_name", target_module_name)):
        if not isinstance(name, str) and (name is not None or argument == "namespace"):
            raise TypeError(f"{argument} must be a str, got {type(name).__name__}")
    module = sys.modules[target_module_name or namespace]
    _one_testing.bring(prefix := f"{namespace}.")
    for name in list_global_func_names():
        if name.startswith(prefix):
            short = name[len(prefix) :]
            if "." not in short:
                setattr(module, short, get_global_func(name))


def remove_global_func(name: str) -> None:
    """Take a function out of the table; those who hold it keep it. ValueError if there is none."""
    if not _core.remove_global_func(name):
        raise ValueError(f"Cannot find global function {name}")


def list_global_func_names() -> list[str]:
    """Return the names of all global functions."""
    return list(_core.global_func_names())


def get_registered_type_keys() -> list[str]:
    """Return the keys of all native types."""
    return list(_core.type_keys())
