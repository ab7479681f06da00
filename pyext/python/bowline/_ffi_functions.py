"""Operations of the object system as global functions under ``ffi.``, for who calls them by name.

Imports `bowline.core` and what has the operations.
Upholds: a function is registered when it is first asked for, once, unless somebody put another in its place.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

from . import _content, _core, _repr, module, registry, serialization, structural
from .container import Array, Dict, List, Map

_LOCK = threading.Lock()


def _text(value: Any) -> str:
    return _repr.text(value)


def _map(*items: Any) -> Map:
    return Map(dict(zip(items[::2], items[1::2], strict=True)))


def _dict(*items: Any) -> Dict:
    return Dict(dict(zip(items[::2], items[1::2], strict=True)))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ffi.Array": lambda *items: Array(items),
    "ffi.List": lambda *items: List(items),
    "ffi.Map": _map,
    "ffi.Dict": _dict,
    "ffi.DeepCopy": copy.deepcopy,
    "ffi.ReprPrint": _text,
    "ffi.RecursiveEq": _content.equal,
    "ffi.RecursiveHash": _content.content_hash,
    "ffi.RecursiveLt": lambda a, b: _content.order(a, b) < 0,
    "ffi.RecursiveLe": lambda a, b: _content.order(a, b) <= 0,
    "ffi.RecursiveGt": lambda a, b: _content.order(a, b) > 0,
    "ffi.RecursiveGe": lambda a, b: _content.order(a, b) >= 0,
    "ffi.StructuralEqual": structural.structural_equal,
    "ffi.StructuralHash": lambda *args: _signed(structural.structural_hash(*args)),
    "ffi.GetFirstStructuralMismatch": structural.get_first_structural_mismatch,
    "ffi.StructuralKey": structural.StructuralKey,
    "ffi.StructuralKeyEqual": _core.structural_key_equal,
    "ffi.ToJSONGraphString": serialization.to_json_graph_str,
    "ffi.FromJSONGraphString": serialization.from_json_graph_str,
    "ffi.FunctionRemoveGlobal": _core.remove_global_func,
    "ffi.GetGlobalFuncMetadata": lambda name: _core.global_func_metadata(name) or "{}",
    "ffi.GetRegisteredTypeKeys": lambda: registry.get_registered_type_keys(),
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
    "ffi.GetInvalidObject": lambda: _core.MISSING,
    "ffi.GetKwargsObject": lambda: _core.KWARGS,
}


def _signed(number: int) -> int:
    """The same 64 bits as native code has them."""
    return number - (number >> 63 << 64)


def register(name: str) -> bool:
    """Register one of the functions; return whether there is one of this name."""
    function = _FUNCTIONS.get(name)
    if function is None:
        return False
    with _LOCK:
        if _core.get_global_func(name) is None:
            _core.set_global_func(name, function)
    return True
