"""The generator of Rust.

Upholds: it has no state; what is collected of a file is in its `RustImports`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from .. import consts
from ..file_utils import CodeBlock
from ..utils import FuncInfo, InitConfig, ObjectInfo, Options
from . import codegen
from .consts import RUST_DIRECTIVE_KINDS, RUST_TY_MAP_DEFAULTS
from .utils import RustImports, RustUse, check_tokens, is_crate_type_key, rust_module_path

__all__ = ["RustGenerator"]


class _Modules(Mapping[str, "tuple[str, ...]"]):
    """The modules of types, from their files. A file in no crate is an error when it is asked for."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files

    def __getitem__(self, type_key: str) -> tuple[str, ...]:
        return rust_module_path(self._files[type_key])

    def __contains__(self, type_key: object) -> bool:
        return type_key in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


class RustGenerator:
    """Writes Rust; `Generator` says what each method is for."""

    name = "rust"
    syntax = consts.RUST_SYNTAX
    source_exts = frozenset({".rs"})
    directive_kinds = RUST_DIRECTIVE_KINDS

    def default_ty_map(self) -> dict[str, str]:
        """Return what types are called if no file says otherwise."""
        return dict(RUST_TY_MAP_DEFAULTS)

    def new_imports(self) -> RustImports:
        """Return what collects the imports and directives of a file."""
        return RustImports()

    def add_directive(self, imports: RustImports, name: str, payload: str, lineno: int) -> None:
        """Take a directive; of an import what is before the first semicolon."""
        if name == "import-object":
            imports.record(payload.partition(";")[0].strip())
        else:
            imports.directives.add(name, payload, lineno)

    def canonical_type_name(self, type_key: str) -> str:
        """Return the path by which a type would be imported."""
        return RustUse(type_key).path

    def extra_export_names(self, imports: RustImports) -> set[str]:
        """Return nothing: exports are not generated."""
        return set()

    def is_builtin(self, type_key: str) -> bool:
        """Return whether the crate has the type."""
        return is_crate_type_key(type_key)

    def check_view(self, code_blocks: list[CodeBlock]) -> dict[tuple[str, object], tuple[str, ...]]:
        """Return what types and imports define. Imports alone, comments and layout make no file out of date."""
        views = {
            (code.kind, code.param): check_tokens(code.lines[1:-1])
            for code in code_blocks
            if code.kind == "object" or code.kind == "import-section"
        }
        return {key: tokens for key, tokens in views.items() if tokens}

    def generate_global_funcs_block(
        self,
        code: CodeBlock,
        global_funcs: list[FuncInfo],
        ty_map: dict[str, str],
        imports: RustImports,
        opt: Options,
    ) -> None:
        """Write nothing: the crate looks functions up by name."""

    def generate_object_block(
        self,
        code: CodeBlock,
        ty_map: dict[str, str],
        imports: RustImports,
        opt: Options,
        obj_info: ObjectInfo,
        declared: Mapping[str, Path],
    ) -> None:
        """Write a type."""
        codegen.generate_rust_object(code, ty_map, imports, opt, obj_info, _Modules(declared))

    def generate_import_section_block(
        self, code: CodeBlock, imports: RustImports, opt: Options, defined_types: set[str]
    ) -> None:
        """Write the imports, but for what the file defines."""
        codegen.generate_rust_import_section(code, imports, opt, defined_types)

    def generate_all_block(self, code: CodeBlock, names: set[str], opt: Options) -> None:
        """Write nothing: what is public is marked so."""

    def generate_export_block(self, code: CodeBlock) -> None:
        """Write nothing: modules are declared by `finalize_init`."""

    def generate_helpers_block(self, code: CodeBlock, opt: Options) -> None:
        """Write nothing: types need no more."""

    def api_filename(self) -> str:
        """Return the name of a module's file."""
        return "mod.rs"

    def init_filename(self) -> str:
        """Return the same: a module has one file."""
        return "mod.rs"

    def generate_api_file(
        self,
        code_blocks: list[CodeBlock],
        ty_map: dict[str, str],
        module_name: str,
        object_infos: list[ObjectInfo],
        init_cfg: InitConfig,
        is_root: bool,
    ) -> str:
        """Return what is appended to a module's file."""
        return codegen.generate_rust_api_file(code_blocks, ty_map, module_name, object_infos, init_cfg, is_root, self.syntax)

    def generate_init_file(self, code_blocks: list[CodeBlock], module_name: str, submodule: str) -> str:
        """Return nothing: the module's file is the same one."""
        return ""

    def finalize_init(self, init_path: Path, generated_prefixes: set[str]) -> None:
        """Declare the modules."""
        codegen.finalize_rust_module_tree(init_path, generated_prefixes)
