"""Exactly one Python wrapper per native object, on free-threaded CPython too.

A class with `py_class` has its fields in native objects; reading a field gives the one wrapper of what is there:

>>> import bowline
>>> @bowline.py_class("doc.Node")
... class Node(bowline.Object):
...     name: str
...     next: "Node | None" = None
>>> a = Node("a")
>>> b = Node("b", next=a)
>>> b.next is a
True
"""

import gc
import importlib
import os.path

if os.path.exists(os.path.join(os.path.dirname(__file__), "preprocessors.py")):
    raise ImportError(
        "the distribution 'bowline', another project, has its files where those of bowline-ffi are: run `pip uninstall bowline "
        "bowline-ffi`, then `pip install bowline-ffi`"
    )

try:
    from . import _core
except ImportError as error:
    if "subinterpreter" not in str(error):
        raise
    raise ImportError(
        "bowline works in one interpreter of a process, and another one has it or may have it: InterpreterPoolExecutor and "
        "concurrent.interpreters cannot be used with it. Use threads, which run in parallel on free-threaded Python, or "
        "processes"
    ) from None

from . import _again, _one_runtime, _one_testing
from . import _fallback as _fallback  # makes classes for want of others
from . import registry as registry
from ._core import __version__, settle, stats, trim
from .core import Object
from .registry import (
    get_global_func,
    get_global_func_metadata,
    init_ffi_api,
    register_global_func,
    register_object,
    remove_global_func,
)

# Type checkers read the stub beside this file, which has all of these names.
# Loaded on first use: name → module that has it.
_LAZY = {
    "Array": "container",
    "Dict": "container",
    "List": "container",
    "Map": "container",
    "Function": "function",
    "Error": "error",
    "register_error": "error",
    "KW_ONLY": "dataclasses",
    "field": "dataclasses",
    "py_class": "dataclasses",
    "method": "dataclasses",
    "Bytes": "core",
    "CAny": "core",
    "CContainerBase": "core",
    "ObjectConvertible": "core",
    "String": "core",
    "convert": "_convert",
    "convert_func": "_convert",
    "Device": "_device",
    "DLDeviceType": "_device",
    "device": "_device",
    "dtype": "_dtype",
    "Shape": "_shape",
    "Tensor": "_tensor",
    "Module": "module",
    "load_module": "module",
    "system_lib": "module",
    "StreamContext": "stream",
    "get_raw_stream": "stream",
    "use_raw_stream": "stream",
    "use_torch_stream": "stream",
    "from_dlpack": "_tensor",
    "provide_tvm_ffi": "_alias",
    "Drawing": "_show",
    "progress": "_progress",
    "show": "_show",
    "LIB": "libinfo",
    "__version_tuple__": "_version",
}
_STRUCTURAL = (
    "DefRegionKind",
    "InplaceMode",
    "StructuralKey",
    "StructuralMutator",
    "StructuralVisitor",
    "VisitInterrupt",
    "WalkOrder",
    "WalkResult",
    "get_first_structural_mismatch",
    "structural_equal",
    "structural_hash",
    "structural_map",
    "structural_mutate",
    "structural_visit",
    "structural_walk",
)
_LAZY.update(dict.fromkeys(_STRUCTURAL, "structural"))
_MODULES = {
    "access_path",
    "container",
    "core",
    "cpp",
    "dataclasses",
    "demo",
    "error",
    "function",
    "libinfo",
    "module",
    "registry",
    "serialization",
    "stream",
    "structural",
    "testing",
    "utils",
}
# Element types by name. Not in `__all__`, since one of them is called `bool`.
_DTYPES = {
    "bool",
    *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)),
    *("float16", "float32", "float64", "bfloat16"),
    *("float8_e3m4", "float8_e4m3", "float8_e4m3b11fnuz", "float8_e4m3fn", "float8_e4m3fnuz"),
    *("float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"),
    *("float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn", "float4_e2m1fnx2"),
}

__all__ = [
    "Object",
    "__version__",
    "get_global_func",
    "get_global_func_metadata",
    "init_ffi_api",
    "register_global_func",
    "register_object",
    "remove_global_func",
    "settle",
    "stats",
    "trim",
    *_LAZY,
]


_again.install()
_one_runtime.install()
_one_testing.set_loader(lambda: importlib.import_module(f"{__name__}.testing"))

# The collector's pauses are a good time for pending releases.
gc.callbacks.append(_core.on_gc)


def __getattr__(name: str) -> object:
    if name in _LAZY:
        value = getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    elif name in _DTYPES:
        value = getattr(importlib.import_module(f"{__name__}._dtype"), name)
    elif name in _MODULES:
        value = importlib.import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_DTYPES, *_MODULES})
