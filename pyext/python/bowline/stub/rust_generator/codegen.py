"""The content of each kind of block in Rust files, and the tree of modules.

Upholds: a block keeps both of its marks and its indentation; a type that names what nothing provides is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..consts import MarkerSyntax
from ..file_utils import CodeBlock
from ..lib_state import object_info_from_type_key
from ..utils import InitConfig, ObjectInfo, Options
from ._bindings import Binding
from ._layout_text import braced
from ._resolve import Names
from .utils import RustImports, builtin_mirror_name

__all__ = [
    "finalize_rust_module_tree",
    "generate_rust_api_file",
    "generate_rust_import_section",
    "generate_rust_object",
]


def _fill(code: CodeBlock, lines: Iterable[str]) -> None:
    assert len(code.lines) >= 2
    space = " " * code.indent
    code.lines = [code.lines[0], *(space + line if line else "" for line in lines), code.lines[-1]]


def generate_rust_object(
    code: CodeBlock,
    ty_map: dict[str, str],
    imports: RustImports,
    opt: Options,
    obj_info: ObjectInfo,
    declared: Mapping[str, tuple[str, ...]],
) -> None:
    """Fill a block ``object/KEY``. `declared` has the modules of all types with a block in this run.

    Raises
    ------
    ValueError
        If the type names one that this run does not provide.
    """
    assert obj_info.type_key is not None
    names = Names(imports, ty_map, declared[obj_info.type_key], declared)
    lines = Binding(obj_info, names, object_info_from_type_key).lines()
    if names.missing:
        missing = ", ".join(f"`{key}`" for key in sorted(names.missing))
        raise ValueError(
            f"`{obj_info.type_key}` (line {code.lineno_start}) names {missing}: each needs an `object/<key>` block in a "
            "file of this run, or a `ty-map` directive"
        )
    _fill(code, lines)


def generate_rust_import_section(code: CodeBlock, imports: RustImports, opt: Options, defined_types: set[str]) -> None:
    """Fill a block ``import-section``. First imports, sorted, then structs for types of the runtime that are parents."""
    lines = sorted({item.as_use_line() for item in imports.items if item.path not in defined_types})
    for type_key, base in imports.builtin_mirrors.items():
        lines += [
            "",
            f"/// Stands for `{type_key}` of the runtime, of which the crate has no struct: it says how deep it is.",
            "#[allow(dead_code)]",
            "#[repr(C)]",
            "#[derive(tvm_ffi::derive::Object)]",
            f'#[type_key = "{type_key}"]',
            *braced(f"struct {builtin_mirror_name(type_key)}", [f"base: {base},"]),
        ]
    _fill(code, lines)


def generate_rust_api_file(
    code_blocks: list[CodeBlock],
    ty_map: dict[str, str],
    module_name: str,
    object_infos: list[ObjectInfo],
    init_cfg: InitConfig,
    is_root: bool,
    syntax: MarkerSyntax,
) -> str:
    """Return what is appended to a file. It is a head if the file is new, and a block for each type without one."""
    text = ""
    if not code_blocks:
        text += f"#![allow(dead_code, unused_imports)]\n\n//! FFI bindings for `{module_name}`.\n\n"
    wanted = [f"object/{info.type_key}" for info in object_infos if info.type_key is not None]
    have = {f"object/{code.param}" for code in code_blocks if code.kind == "object"}
    if all(code.kind != "import-section" for code in code_blocks):
        wanted.insert(0, "import-section")
    return text + "".join(f"{syntax.begin} {kind}\n{syntax.end}\n\n" for kind in wanted if kind not in have)


def finalize_rust_module_tree(init_path: Path, prefixes: set[str]) -> None:
    """Declare the module of each prefix in the one above it. Who uses the tree declares its root."""
    children: dict[Path, set[str]] = {}
    for prefix in prefixes:
        names = [name for name in prefix.split(".") if name]
        for depth, name in enumerate(names):
            children.setdefault(init_path.joinpath(*names[:depth]), set()).add(name)
    for folder, modules in children.items():
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "mod.rs"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        have = {line.strip() for line in text.splitlines()}
        new = [line for line in (f"pub mod {name};" for name in sorted(modules)) if line not in have]
        if not new:
            continue
        if text.strip():
            text = text + ("" if text.endswith("\n") else "\n") + "\n"
        file.write_text(text + "\n".join(new) + "\n", encoding="utf-8")
