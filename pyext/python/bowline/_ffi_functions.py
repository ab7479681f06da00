"""Operations on modules as global functions under ``ffi.``, for who calls them by name.

Imports `bowline.module`.
Upholds: a function is registered when it is first asked for, once, unless somebody put another in its place.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from . import _core, module

_LOCK = threading.Lock()

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ffi.SystemLib": module.system_lib,
    "ffi.ModuleLoadFromFile": module.load_module,
    "ffi.ModuleGetFunction": _core.module_function,
    "ffi.ModuleGetFunctionMetadata": _core.module_metadata,
    "ffi.ModuleGetFunctionDoc": _core.module_doc,
    "ffi.ModuleImplementsFunction": module.Module.implements_function,
    "ffi.ModuleImportModule": _core.module_import,
    "ffi.ModuleClearImports": module.Module.clear_imports,
    "ffi.ModuleGetKind": lambda m: m.kind,
    "ffi.ModuleGetPropertyMask": module.Module.get_property_mask,
    "ffi.ModuleGetWriteFormats": module.Module.get_write_formats,
    "ffi.ModuleInspectSource": module.Module.inspect_source,
    "ffi.ModuleWriteToFile": module.Module.write_to_file,
}


def register(name: str) -> bool:
    """Register one of the functions; return whether there is one of this name."""
    function = _FUNCTIONS.get(name)
    if function is None:
        return False
    with _LOCK:
        if _core.get_global_func(name) is None:
            _core.set_global_func(name, function)
    return True
