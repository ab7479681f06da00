"""Methods and hooks of classes that native code is to know.

Upholds: a hook is found by its name alone, one that is not of this package if the class says the name; a method only if it is
marked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from .._interrupt import is_interrupt
from ..core import TypeSchema
from ._annotation import schema_of

_F = TypeVar("_F", bound="Callable[..., Any] | staticmethod[..., Any]")

# Names of type attributes that a class's own functions of the same name become.
HOOKS = frozenset(
    {
        "__ffi_repr__",
        "__ffi_hash__",
        "__ffi_eq__",
        "__ffi_compare__",
        "__ffi_convert__",
        "__ffi_shallow_copy__",
        "__any_hash__",
        "__any_equal__",
        "__s_equal__",
        "__s_hash__",
        "__s_visit__",
        "__s_mutate__",
        "__s_maybe_inplace_mutate__",
        "__data_to_json__",
        "__data_from_json__",
    }
)

# Those that native code calls with a visitor or mutator, and the object behind it.
_DRIVEN = frozenset({"__s_visit__", "__s_mutate__", "__s_maybe_inplace_mutate__"})

# Those that go on to classes below, as they do in tvm-ffi. There a class may say others (`__ffi_inherit_type_attrs__`).
_INHERITED = ("__s_equal__", "__s_hash__", "__s_visit__", "__data_to_json__", "__data_from_json__")

# The one that is no function but text. It is JSON of what parameters of the type accept.
_INPUT_SCHEMA = "__ffi_convert_type_schema__"

_MARKED = "__ffi_method__"


def method(fn: _F) -> _F:
    """Let native code know a method of a `py_class` by its name.

    Parameters
    ----------
    fn : function or staticmethod
        The method. Native code passes the object first unless it is static.

    Raises
    ------
    TypeError
        For a classmethod, or for what is no function.

    Examples
    --------
    >>> import bowline
    >>> @bowline.py_class("doc.method.Point")
    ... class Point(bowline.Object):
    ...     x: int
    ...     @bowline.method
    ...     def moved(self, by):
    ...         return self.x + by
    >>> (moved,) = Point.__tvm_ffi_type_info__.methods
    >>> moved.name, moved.func(Point(1), 2), Point(1).moved(2)
    ('moved', 3, 3)
    """
    if isinstance(fn, classmethod):
        raise TypeError(
            "@classmethod is not supported by @method, since native code has no class to pass; use a @staticmethod or a "
            "plain method"
        )
    function = fn.__func__ if isinstance(fn, staticmethod) else fn
    if not callable(function):
        raise TypeError(f"@method expected a callable, got {type(fn).__name__}")
    setattr(function, _MARKED, True)
    return fn


def _turned(method: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a hook that calls a plain method: its object comes first there."""
    return lambda driver, value: method(value, driver)


# Name, function, whether it is static, doc, and metadata as JSON.
Row = tuple[str, Any, bool, str | None, str]


def methods_and_hooks(cls: type, scope: dict[str, Any] | None = None) -> tuple[list[Row], list[tuple[str, Any]]]:
    """Return a class's own methods, and its hooks by name.

    Parameters
    ----------
    cls : type
        The class.
    scope : dict, optional
        Names of the function in which the class was defined, for annotations.
    """
    methods, hooks = [], []
    for name, value in cls.__dict__.items():
        is_static = isinstance(value, staticmethod)
        if isinstance(value, classmethod) and getattr(value.__func__, _MARKED, False):
            raise TypeError(
                f"method '{name}' of {cls.__qualname__} is wrapped by @classmethod, but native code has no class to pass"
            )
        function = value.__func__ if is_static else value
        if name in HOOKS and callable(getattr(cls, name)):
            # A classmethod's hook comes bound to its class.
            hook = getattr(cls, name)
            hooks.append((name, _turned(hook) if name in _DRIVEN and value is hook else hook))
        elif name == _INPUT_SCHEMA:
            hooks.append((name, value))
        elif getattr(function, _MARKED, False):
            methods.append((name, function, is_static, function.__doc__, _metadata(cls, function, is_static, scope or {})))
    hooks += _selected(cls, {name for name, _ in hooks})
    return methods, hooks


def _collect_py_methods(cls: type, globalns: dict[str, Any] | None = None) -> list[tuple[Any, ...]] | None:
    """Return what a class's own namespace lets native code know. None if that is nothing.

    For tools that make classes step by step. Rows have a name, the function or value, and whether it is static; with
    `globalns`, in which annotations are looked up, also the metadata that native methods have, or None for a hook.
    """
    methods, hooks = methods_and_hooks(cls, globalns)
    metadata = {name: said for name, _, _, _, said in methods}
    known = {*metadata, *(name for name, _ in hooks)} - {"__ffi_shallow_copy__"}
    rows: list[tuple[Any, ...]] = []
    for name, value in cls.__dict__.items():
        if name in known:
            is_static = isinstance(value, staticmethod)
            row = (name, value.__func__ if is_static else value, is_static)
            rows.append(row if globalns is None else (*row, metadata.get(name)))
    return rows or None


def _metadata(cls: type, function: Any, is_static: bool, scope: dict[str, Any]) -> str:
    """Return what a method's annotations say of its type, as native methods say it. Empty if they cannot be evaluated."""
    # Late: a program may have no such method.
    import inspect
    import json

    try:
        hints = get_type_hints(function, localns=scope | {cls.__name__: cls})
        parameters = list(inspect.signature(function).parameters.values())
    except Exception as error:
        if is_interrupt(error):
            raise
        return ""

    def schema(name: str) -> TypeSchema:
        try:
            return schema_of(hints.get(name, Any), cls)
        except TypeError:
            return TypeSchema("Any")

    named = {"return": (schema("return"),)}
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if all(one.kind in by_position for one in parameters):
        own = () if is_static else (schema_of(cls),)
        named["params"] = (*own, *(schema(one.name) for one in parameters[len(own) :]))
    return json.dumps({"type_schema": json.dumps(TypeSchema("Callable", named_args=named).to_json())})


def _selected(cls: type, known: set[str]) -> list[tuple[str, Any]]:
    """Return the type attributes that a class names itself and those of its parents.

    Where the value is None, there is none.
    """
    inherited = tuple(getattr(cls, "__ffi_inherit_type_attrs__", _INHERITED))
    own = (name for name in getattr(cls, "__ffi_type_attr_names__", ()) if name in cls.__dict__)
    found = []
    for name in dict.fromkeys((*own, *inherited)):
        value = getattr(cls, name, None)
        if name not in known and value is not None:
            is_plain = any(c.__dict__.get(name) is value for c in cls.__mro__)
            found.append((name, _turned(value) if name in _DRIVEN and is_plain else value))
    return found
