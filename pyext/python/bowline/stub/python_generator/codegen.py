"""The content of each kind of block in Python files.

Upholds: a block keeps both of its marks and its indentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..file_utils import CodeBlock
from ..utils import FuncInfo, ObjectInfo, Options
from . import consts
from ._scaffold import generate_python_ffi_api, generate_python_init
from .utils import (
    ImportItem,
    render_func_signature,
    render_object_ffi_init,
    render_object_fields,
    render_object_init,
    render_object_methods,
)

__all__ = [
    "generate_python_all",
    "generate_python_export",
    "generate_python_ffi_api",
    "generate_python_global_funcs",
    "generate_python_import_section",
    "generate_python_init",
    "generate_python_object",
]

_TYPE_CHECKING = "typing.TYPE_CHECKING"


def _fill(code: CodeBlock, lines: Iterable[str], indent: int | None = None) -> None:
    """Put lines between a block's marks, under the first of them."""
    assert len(code.lines) >= 2
    space = " " * (code.indent if indent is None else indent)
    code.lines = [code.lines[0], *(space + line for line in lines), code.lines[-1]]


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _type_suffix_and_record(
    ty_map: dict[str, str], imports: list[ImportItem], func_names: set[str] | None = None
) -> Callable[[str], str]:
    """Return what says how a type is called and notes its import. One that a function is called as gets another name."""

    def name_of(name: str) -> str:
        path = ty_map.get(name, name)
        last = _last(path)
        if "." not in path:
            return last
        alias = f"_{last}" if func_names and last in func_names else None
        imports.append(ImportItem(path, type_checking_only=True, alias=alias))
        return alias or last

    return name_of


def _make_input_ty_map(ty_map: dict[str, str]) -> dict[str, str]:
    """Return how types of parameters are called. `ty_map` says it if a file did so, else the wider defaults."""
    wider = {
        name: path
        for name, path in consts.TY_MAP_INPUT_DEFAULTS.items()
        if ty_map.get(name, consts.TY_MAP_DEFAULTS[name]) == consts.TY_MAP_DEFAULTS[name]
    }
    return {**ty_map, **wider}


def _both_maps(
    ty_map: dict[str, str], imports: list[ImportItem], names: set[str]
) -> tuple[Callable[[str], str], Callable[[str], str]]:
    """Return what says how types of results and of parameters are called."""
    return (
        _type_suffix_and_record(ty_map, imports, func_names=names),
        _type_suffix_and_record(_make_input_ty_map(ty_map), imports, func_names=names),
    )


def generate_python_global_funcs(
    code: CodeBlock, global_funcs: list[FuncInfo], ty_map: dict[str, str], imports: list[ImportItem], opt: Options
) -> None:
    """Fill a block ``global/PREFIX@PACKAGE``; without functions it stays as it is."""
    assert len(code.lines) >= 2
    if not global_funcs:
        return
    prefix, package = code.param[0], code.param[1]
    imports.append(ImportItem(f"{package or 'tvm_ffi'}.init_ffi_api", alias="_FFI_INIT_FUNC"))
    imports.append(ImportItem(_TYPE_CHECKING))
    out, taken = _both_maps(ty_map, imports, {_last(func.schema.name) for func in global_funcs})
    signatures = [render_func_signature(func, out, opt.indent, input_ty_map=taken) for func in global_funcs]
    head = f'_FFI_INIT_FUNC("{prefix}", __name__)'
    _fill(code, ["# fmt: off", head, "if TYPE_CHECKING:", *signatures, "# fmt: on"])


def generate_python_object(
    code: CodeBlock, ty_map: dict[str, str], imports: list[ImportItem], opt: Options, obj_info: ObjectInfo
) -> None:
    """Fill a block ``object/KEY`` with the type's own fields, its constructor and its own methods."""
    if obj_info.has_overloaded_methods():
        imports.append(ImportItem("typing.overload", type_checking_only=True))
    out, taken = _both_maps(ty_map, imports, {_last(method.schema.name) for method in obj_info.methods})
    checked = [
        *render_object_init(obj_info, out, opt.indent, input_ty_map=taken),
        *render_object_ffi_init(obj_info, out, opt.indent, input_ty_map=taken),
        *render_object_methods(obj_info, out, opt.indent, input_ty_map=taken),
    ]
    if checked:
        imports.append(ImportItem(_TYPE_CHECKING))
        checked.insert(0, "if TYPE_CHECKING:")
    _fill(code, ["# fmt: off", *render_object_fields(obj_info, out, 0), *checked, "# fmt: on"])


def generate_python_import_section(code: CodeBlock, imports: list[ImportItem], opt: Options) -> None:
    """Fill a block ``import-section``, a line for each module. Without imports it stays as it is."""
    always: dict[str, set[str]] = {}
    checked: dict[str, set[str]] = {}
    for item in imports:
        (checked if item.type_checking_only else always).setdefault(item.mod, set()).add(item.name_with_alias)
    if checked:
        always.setdefault("typing", set()).add("TYPE_CHECKING")
    if not always:
        return

    def lines(names: dict[str, set[str]], indent: int) -> list[str]:
        space = " " * indent
        return [
            f"{space}from {mod} import {', '.join(sorted(found))}" if mod else f"{space}import {', '.join(sorted(found))}"
            for mod, found in sorted(names.items())
        ]

    only_checked = ["if TYPE_CHECKING:", *lines(checked, opt.indent)] if checked else []
    head, tail = ["# fmt: off", "# isort: off", "from __future__ import annotations"], ["# isort: on", "# fmt: on"]
    _fill(code, [*head, *lines(always, 0), *only_checked, *tail], indent=0)


def generate_python_all(code: CodeBlock, names: set[str], opt: Options) -> None:
    """Fill a block ``__all__``: constants first, then classes, then functions. Without names it stays as it is."""
    assert len(code.lines) >= 2

    def rank(name: str) -> tuple[int, str]:
        is_class = name[:1].isupper() and "_" not in name
        return (0 if name.isupper() else 1 if is_class else 2, name)

    if names:
        _fill(code, [f'"{name}",' for name in sorted({_last(name) for name in names}, key=rank)])


def generate_python_export(code: CodeBlock) -> None:
    """Fill a block ``export/MODULE``: the package has all that the module in it has."""
    module = code.param
    lines = [
        "# fmt: off",
        "# isort: off",
        f"from .{module} import *  # noqa: F403",
        f"from .{module} import __all__ as {module}__all__",
        'if "__all__" not in globals():',
        "    __all__ = []",
        f"__all__.extend({module}__all__)",
        "# isort: on",
        "# fmt: on",
    ]
    _fill(code, lines, indent=0)
