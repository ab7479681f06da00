"""Imports as Python has them, and signatures and fields as Python's type checkers read them.

Upholds: what is written of a type names no type that `ty_map` was not asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import TypeAlias

from ...core import TypeSchema
from ..utils import FuncInfo, InitFieldInfo, ObjectInfo
from . import consts

__all__ = [
    "ImportItem",
    "PythonImports",
    "render_func_signature",
    "render_object_ffi_init",
    "render_object_fields",
    "render_object_init",
    "render_object_methods",
]

#: Says how a type is called, and may note that it has to be imported.
_TypeMap: TypeAlias = Callable[[str], str]


@dataclasses.dataclass(frozen=True, init=False, repr=False)
class ImportItem:
    """A name that a module imports. The module is that of keys that begin as `full_name` does.

    Attributes
    ----------
    mod : str
        Where it is imported from; empty if it is a module.
    name : str
        What is imported.
    type_checking_only : bool
        Whether only type checkers need it.
    alias : str, optional
        Another name for it.
    """

    mod: str
    name: str
    type_checking_only: bool = False
    alias: str | None = None

    def __init__(self, full_name: str, type_checking_only: bool = False, alias: str | None = None) -> None:
        mod, _, name = full_name.rpartition(".")
        for head, instead in consts.MOD_MAP.items():
            if mod == head or mod.startswith(f"{head}."):
                mod = instead + mod[len(head) :]
                break
        values = {"mod": mod, "name": name, "type_checking_only": type_checking_only, "alias": alias}
        for attribute, value in values.items():
            object.__setattr__(self, attribute, value)

    @property
    def name_with_alias(self) -> str:
        """The name and, if it has another, that."""
        return f"{self.name} as {self.alias}" if self.alias else self.name

    @property
    def full_name(self) -> str:
        """The name with its module."""
        return f"{self.mod}.{self.name}" if self.mod else self.name

    def __str__(self) -> str:
        return f"from {self.mod} import {self.name_with_alias}" if self.mod else f"import {self.name_with_alias}"

    __repr__ = __str__


@dataclasses.dataclass
class PythonImports:
    """What a file imports. `has_lib_load` is whether it loads a library, hence has the name `LIB`."""

    items: list[ImportItem] = dataclasses.field(default_factory=list)
    has_lib_load: bool = False


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _parts(func: FuncInfo) -> tuple[TypeSchema | None, tuple[TypeSchema, ...] | None]:
    """Return what a function returns and takes, each None if it is not declared."""
    named = func.schema.named_args or {}
    return (named["return"][0] if "return" in named else None), named.get("params")


def render_func_signature(func: FuncInfo, ty_map: _TypeMap, indent: int, input_ty_map: _TypeMap | None = None) -> str:
    """Return the signature of a function, whose parameters go by position.

    Raises
    ------
    ValueError
        If its type is not that of a function.
    """
    if func.schema.origin != "Callable":
        raise ValueError(f"Expected Callable type schema, but got: {func.schema}")
    result, parameters = _parts(func)
    if parameters is None:
        ty_map("Any")
        given = "*args: Any"
    else:
        takes = [
            "self" if func.is_member and at == 0 else f"_{at}: {parameter.input_repr(input_ty_map or ty_map)}"
            for at, parameter in enumerate(parameters)
        ]
        given = ", ".join([*takes, "/"] if takes else [])
    returned = "Any" if result is None else result.output_repr(ty_map)
    return f"{' ' * indent}def {_last(func.schema.name)}({given}) -> {returned}: ..."


def render_object_fields(info: ObjectInfo, ty_map: _TypeMap, indent: int) -> list[str]:
    """Return a line for each of a type's own fields."""
    return [f"{' ' * indent}{field.name}: {field.output_repr(ty_map)}" for field in info.fields]


def render_object_methods(info: ObjectInfo, ty_map: _TypeMap, indent: int, input_ty_map: _TypeMap | None = None) -> list[str]:
    """Return the lines of a type's own methods, those of one name together."""
    by_name: dict[tuple[str, bool], list[FuncInfo]] = {}
    for method in info.methods:
        by_name.setdefault((method.schema.name, method.is_member), []).append(method)
    lines = []
    space = " " * indent
    for (name, is_member), methods in by_name.items():
        for method in methods:
            if len(methods) > 1:
                lines.append(f"{space}@overload")
            if _last(name) == "__ffi_init__":
                # Classes have it as a method, whatever the function is that was registered.
                lines.append(_ffi_init_of(method, ty_map, indent, input_ty_map or ty_map))
                continue
            if not is_member:
                lines.append(f"{space}@staticmethod")
            lines.append(render_func_signature(method, ty_map, indent, input_ty_map))
    return lines


def _ffi_init_of(method: FuncInfo, ty_map: _TypeMap, indent: int, input_ty_map: _TypeMap) -> str:
    _, parameters = _parts(method)
    if parameters is None:
        ty_map("Any")
        takes = ["*args: Any"]
    else:
        takes = [f"_{at}: {parameter.input_repr(input_ty_map)}" for at, parameter in enumerate(parameters)]
        takes += ["/"] if takes else []
    return _init("__ffi_init__", takes, indent)


def _init(name: str, takes: Iterable[str], indent: int) -> str:
    return f"{' ' * indent}def {name}({', '.join(['self', *takes])}) -> None: ..."


def render_object_init(info: ObjectInfo, ty_map: _TypeMap, indent: int, input_ty_map: _TypeMap | None = None) -> list[str]:
    """Return the line of a type's constructor, of the fields that it takes. None without a constructor."""
    return [_init("__init__", _field_parameters(info, input_ty_map or ty_map), indent)] if info.has_init else []


def render_object_ffi_init(info: ObjectInfo, ty_map: _TypeMap, indent: int, input_ty_map: _TypeMap | None = None) -> list[str]:
    """Return the line of `__ffi_init__`, unless it is among the type's methods."""
    if not info.has_init or any(_last(method.schema.name) == "__ffi_init__" for method in info.methods):
        return []
    return [_init("__ffi_init__", _field_parameters(info, input_ty_map or ty_map), indent)]


def _field_parameters(info: ObjectInfo, ty_map: _TypeMap) -> list[str]:
    """Return the parameters of a constructor. Those with defaults are behind the others, then those by name only."""

    def shown(fields: list[InitFieldInfo]) -> list[str]:
        return [
            f"{field.name}: {field.schema.input_repr(ty_map)}" + (" = ..." if field.has_default else "")
            for field in sorted(fields, key=lambda field: field.has_default)
        ]

    positional = shown([field for field in info.init_fields if not field.kw_only])
    named = shown([field for field in info.init_fields if field.kw_only])
    return [*positional, *(["*", *named] if named else [])]
