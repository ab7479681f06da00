"""The generator of Python.

Upholds: it has no state; what is collected of a file is in its `PythonImports`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .. import consts
from ..file_utils import CodeBlock
from ..utils import FuncInfo, InitConfig, ObjectInfo, Options
from . import codegen
from .consts import TY_MAP_DEFAULTS
from .utils import ImportItem, PythonImports

__all__ = ["PythonGenerator"]


class PythonGenerator:
    """Writes Python; `Generator` says what each method is for."""

    name = "python"
    syntax = consts.PYTHON_SYNTAX
    source_exts = frozenset({".py", ".pyi"})
    directive_kinds = frozenset({"import-object"})

    def default_ty_map(self) -> dict[str, str]:
        """Return what types are called if no file says otherwise."""
        return dict(TY_MAP_DEFAULTS)

    def new_imports(self) -> PythonImports:
        """Return what collects the imports of a file."""
        return PythonImports()

    def add_directive(self, imports: PythonImports, name: str, payload: str, lineno: int) -> None:
        """Take ``PATH;TYPE_CHECKING_ONLY;ALIAS``, of which the last two may be missing."""
        assert name in self.directive_kinds, name
        path, checked, alias, *_ = [*(part.strip() for part in payload.split(";")), "", ""]
        imports.items.append(ImportItem(path, type_checking_only=checked.lower() == "true", alias=alias or None))
        if alias == "_FFI_LOAD_LIB" or path.endswith("libinfo.load_lib_module"):
            imports.has_lib_load = True

    def canonical_type_name(self, type_key: str) -> str:
        """Return the path by which a type would be imported."""
        return ImportItem(type_key).full_name

    def extra_export_names(self, imports: PythonImports) -> set[str]:
        """Return `LIB` where the library is loaded."""
        return {"LIB"} if imports.has_lib_load else set()

    def is_builtin(self, type_key: str) -> bool:
        """Return whether the package has the type."""
        return type_key in consts.BUILTIN_TYPE_KEYS

    def check_view(self, code_blocks: list[CodeBlock]) -> tuple[str, ...]:
        """Return all lines: any change makes a file out of date."""
        return tuple(line for code in code_blocks for line in code.lines)

    def generate_global_funcs_block(
        self,
        code: CodeBlock,
        global_funcs: list[FuncInfo],
        ty_map: dict[str, str],
        imports: PythonImports,
        opt: Options,
    ) -> None:
        """Write the signatures of functions."""
        codegen.generate_python_global_funcs(code, global_funcs, ty_map, imports.items, opt)

    def generate_object_block(
        self,
        code: CodeBlock,
        ty_map: dict[str, str],
        imports: PythonImports,
        opt: Options,
        obj_info: ObjectInfo,
        declared: Mapping[str, Path],
    ) -> None:
        """Write the fields and signatures of a type."""
        codegen.generate_python_object(code, ty_map, imports.items, opt, obj_info)

    def generate_import_section_block(
        self, code: CodeBlock, imports: PythonImports, opt: Options, defined_types: set[str]
    ) -> None:
        """Write the imports, but for what the file defines."""
        elsewhere = [item for item in imports.items if item.full_name not in defined_types]
        codegen.generate_python_import_section(code, elsewhere, opt)

    def generate_all_block(self, code: CodeBlock, names: set[str], opt: Options) -> None:
        """Write the names in `__all__`."""
        codegen.generate_python_all(code, names, opt)

    def generate_export_block(self, code: CodeBlock) -> None:
        """Write the import of all names of a module."""
        codegen.generate_python_export(code)

    def generate_helpers_block(self, code: CodeBlock, opt: Options) -> None:
        """Write nothing: Python needs no more."""

    def api_filename(self) -> str:
        """Return the name of the module with functions and types."""
        return "_ffi_api.py"

    def init_filename(self) -> str:
        """Return the name of a package's own module."""
        return "__init__.py"

    def generate_api_file(
        self,
        code_blocks: list[CodeBlock],
        ty_map: dict[str, str],
        module_name: str,
        object_infos: list[ObjectInfo],
        init_cfg: InitConfig,
        is_root: bool,
    ) -> str:
        """Return what is appended to the module with functions and types."""
        return codegen.generate_python_ffi_api(code_blocks, ty_map, module_name, object_infos, init_cfg, is_root, self.syntax)

    def generate_init_file(self, code_blocks: list[CodeBlock], module_name: str, submodule: str) -> str:
        """Return what is appended to a package's own module."""
        return codegen.generate_python_init(code_blocks, module_name, submodule, self.syntax)

    def finalize_init(self, init_path: Path, generated_prefixes: set[str]) -> None:
        """Do nothing: Python finds modules by their place."""
