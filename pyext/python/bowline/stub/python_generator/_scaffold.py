"""What is appended to Python files that lack blocks. That is imports, a library to load, classes, `__all__`.

Upholds: a kind of block that a file has is not added again, but for new classes.
"""

from __future__ import annotations

from ..consts import MarkerSyntax
from ..file_utils import CodeBlock
from ..utils import InitConfig, ObjectInfo

__all__ = ["generate_python_ffi_api", "generate_python_init"]


def _block(kind: str, syntax: MarkerSyntax, space: str = "") -> str:
    return f"{space}{syntax.begin} {kind}\n{space}{syntax.end}\n"


def _import(path: str, name: str, syntax: MarkerSyntax) -> str:
    return f"{syntax.import_object} {path};False;{name}\n"


def generate_python_ffi_api(
    code_blocks: list[CodeBlock],
    ty_map: dict[str, str],
    module_name: str,
    object_infos: list[ObjectInfo],
    init_cfg: InitConfig,
    is_root: bool,
    syntax: MarkerSyntax,
) -> str:
    """Return what is appended to a module of functions and types. That of the root loads the library."""
    kinds = {code.kind for code in code_blocks}
    text = "" if code_blocks else f'"""FFI API bindings for {module_name}."""\n'
    if "import-section" not in kinds:
        text += "\n" + _block("import-section", syntax)
    if is_root:
        text += _import("tvm_ffi.libinfo.load_lib_module", "_FFI_LOAD_LIB", syntax)
        text += f'LIB = _FFI_LOAD_LIB("{init_cfg.pkg}", "{init_cfg.shared_target}")\n'
    if "global" not in kinds:
        text += _block(f"global/{module_name}", syntax)
    text += _classes(object_infos, ty_map, syntax)
    if "__all__" not in kinds:
        text += f"\n__all__ = [\n{_block('__all__', syntax, '    ')}]\n"
    return text


def _classes(infos: list[ObjectInfo], ty_map: dict[str, str], syntax: MarkerSyntax) -> str:
    """Return a class for each type. A parent of another file is imported under a name of its own."""
    text = _import("tvm_ffi.register_object", "_FFI_REG_OBJ", syntax) if infos else ""
    here = {ty_map.get(info.type_key, info.type_key) for info in infos if info.type_key}
    for info in infos:
        if info.type_key is None:
            continue
        key = ty_map.get(info.type_key, info.type_key)
        parent = info.parent_type_key and ty_map.get(info.parent_type_key, info.parent_type_key)
        base = parent.rpartition(".")[2] if parent else "Object"
        if parent and parent not in here:
            base = "_" + parent.replace(".", "_")
            text += _import(parent, base, syntax)
        text += f'@_FFI_REG_OBJ("{key}")\nclass {key.rpartition(".")[2]}({base}):\n'
        text += f'    """FFI binding for `{key}`."""\n\n{_block(f"object/{key}", syntax, "    ")}\n'
    return text


def generate_python_init(code_blocks: list[CodeBlock], module_name: str, submodule: str, syntax: MarkerSyntax) -> str:
    """Return what is appended to a package's `__init__.py`."""
    if any(code.kind == "export" for code in code_blocks):
        return ""
    text = "" if code_blocks else f'"""Package {module_name}."""\n'
    return text + "\n" + _block(f"export/{submodule}", syntax)
