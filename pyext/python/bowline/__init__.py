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

from . import _core, registry
from ._core import __version__, settle, stats, trim
from .core import Object
from .registry import get_global_func, register_global_func, register_object, remove_global_func

# Type checkers read this as true; it saves the import of typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import container, core, dataclasses, demo, error, function
    from ._convert import convert
    from .container import Array, Dict, List, Map
    from .core import Bytes, String
    from .dataclasses import KW_ONLY, field, py_class
    from .error import Error, register_error
    from .function import Function

# Loaded when somebody asks: name → module that has it.
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
    "Bytes": "core",
    "String": "core",
    "convert": "_convert",
}
_MODULES = {"container", "core", "dataclasses", "demo", "error", "function", "registry"}

__all__ = [
    "Object",
    "__version__",
    "get_global_func",
    "register_global_func",
    "register_object",
    "remove_global_func",
    "settle",
    "stats",
    "trim",
    *_LAZY,
]


# The collector's pauses are a good time to pay what is owed to Python.
gc.callbacks.append(_core.on_gc)


def __getattr__(name: str) -> object:
    if name in _LAZY:
        value = getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    elif name in _MODULES:
        value = importlib.import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_MODULES})
