"""Modules: functions under names, from shared libraries and from this process.

Upholds: a function of a module is the same object each time; what has its code keeps it loaded.
"""

from __future__ import annotations

import json
import os
from enum import IntFlag
from typing import Any, ClassVar

from . import _core, _one_testing
from .container import Array
from .core import Object
from .registry import catch_up, get_global_func, register_object

__all__ = ["Module", "ModulePropertyMask", "load_module", "system_lib"]

_clear_imports = get_global_func("ffi.ModuleClearImports")
_get_kind = get_global_func("ffi.ModuleGetKind")
_get_property_mask = get_global_func("ffi.ModuleGetPropertyMask")
_get_write_formats = get_global_func("ffi.ModuleGetWriteFormats")
_inspect_source = get_global_func("ffi.ModuleInspectSource")
_save_to_bytes = get_global_func("ffi.ModuleSaveToBytes")
_write_to_file = get_global_func("ffi.ModuleWriteToFile")


class ModulePropertyMask(IntFlag):
    """What can be done with a module."""

    BINARY_SERIALIZABLE = 1
    RUNNABLE = 2
    COMPILATION_EXPORTABLE = 4


@register_object("ffi.Module")
class Module(Object):
    """Functions under names; `load_module` and `system_lib` give one.

    A function is an attribute, or an item, of its module.

    Attributes
    ----------
    kind : str
        What kind of module it is.
    imports : Array
        The modules that it imports.

    Examples
    --------
    >>> import bowline.testing
    >>> m = bowline.system_lib("testing.")
    >>> m.add_one(1), m["add_one"] is m.add_one
    (2, True)
    >>> m.implements_function("add_two")
    False
    """

    entry_name: ClassVar[str] = "main"

    @property
    def kind(self) -> str:
        """What kind of module it is."""
        return _get_kind(self)

    @property
    def imports(self) -> Array[Module]:
        """The modules that it imports."""
        return self.imports_

    def get_function(self, name: str, query_imports: bool = False) -> Any:
        """Return the function of a name: the same object each time.

        Parameters
        ----------
        name : str
            The name.
        query_imports : bool
            Look in imported modules, too.

        Raises
        ------
        AttributeError
            If there is none.
        """
        found = _core.module_function(self, name, query_imports)
        if found is None:
            raise AttributeError(f"Module has no function '{name}'")
        return found

    def implements_function(self, name: str, query_imports: bool = False) -> bool:
        """Return whether there is a function of a name; see `get_function`.

        A module of a library in C++ may say so of one that has to be compiled before it can be called.
        """
        return _core.module_implements(self, name, query_imports)

    def get_function_metadata(self, name: str, query_imports: bool = False) -> dict[str, Any] | None:
        """Return what the module says about a function; None if nothing."""
        text = _core.module_metadata(self, name, query_imports)
        return None if text is None else json.loads(text)

    def get_function_doc(self, name: str, query_imports: bool = False) -> str | None:
        """Return the documentation of a function; None if there is none."""
        return _core.module_doc(self, name, query_imports)

    def import_module(self, module: Module) -> None:
        """Let `query_imports` find the functions of another module.

        Raises
        ------
        TypeError
            If it is no module.
        ValueError
            If that one imports this one.
        """
        _core.module_import(self, module)

    def clear_imports(self) -> None:
        """Forget all imported modules."""
        _clear_imports(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            # What Python asks for by itself.
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.get_function(name)

    def __getitem__(self, name: str) -> Any:
        return self.get_function(name)

    def __call__(self, *args: Any) -> Any:
        """Call the function ``main``."""
        return self.get_function(self.entry_name)(*args)

    def get_property_mask(self) -> int:
        """Return what can be done with the module, as `ModulePropertyMask` numbers it."""
        return _get_property_mask(self)

    def is_runnable(self) -> bool:
        """Return whether its functions can be called."""
        return bool(self.get_property_mask() & ModulePropertyMask.RUNNABLE)

    def is_binary_serializable(self) -> bool:
        """Return whether it can be written as bytes."""
        return bool(self.get_property_mask() & ModulePropertyMask.BINARY_SERIALIZABLE)

    def is_compilation_exportable(self) -> bool:
        """Return whether it can be compiled into a library."""
        return bool(self.get_property_mask() & ModulePropertyMask.COMPILATION_EXPORTABLE)

    def inspect_source(self, fmt: str = "") -> str:
        """Return the source: empty where there is none, as of modules that are libraries."""
        return _inspect_source(self, fmt)

    def get_write_formats(self) -> Array[str]:
        """Return the formats in which it can be written: none, of modules that are libraries."""
        return _get_write_formats(self)

    def write_to_file(self, file_name: str, fmt: str = "") -> None:
        """Write the module to a file.

        Raises
        ------
        RuntimeError
            If it cannot be written, as modules that are libraries.
        """
        _write_to_file(self, file_name, fmt)

    def save_to_bytes(self) -> bytes:
        """Return the module as bytes.

        Raises
        ------
        RuntimeError
            If it cannot be, as modules that are libraries.
        """
        return _save_to_bytes(self)


def load_module(path: str | os.PathLike[str], keep_module_alive: bool = True, *, serialize: bool = False) -> Module:
    """Return the module in a file.

    A shared library's functions are its symbols whose names begin with ``__tvm_ffi_``, by the C calling convention. Other
    files are for the global function ``ffi.Module.load_from_file.<ending>``, called with path and ending. Nothing can check
    what a library does: one that does not keep to the convention crashes.

    Parameters
    ----------
    path : str or path
        The file.
    keep_module_alive : bool
        Never unload the library. Otherwise it is unloaded when the module and all its functions are gone; objects that
        it made must be gone by then.
    serialize : bool
        The library is not thread-safe: let one thread at a time into its functions. These are the module's, and those that
        the library registers while it is loaded, or in one of these functions: global functions, methods, constructors.
        A thread in there that calls Python code, or a function of another such library, is out until that returns.

    Raises
    ------
    ValueError
        If other files than shared libraries are to be serialized.
    RuntimeError
        If the file cannot be loaded.
    ImportError
        If it was built for another ABI of bowline, or is libtvm_ffi_testing.so where `bowline.testing` is imported.
    """
    _one_testing.refuse_other(path)
    loaded = _core.module_load(os.fspath(path), keep_module_alive, serialize)
    catch_up()
    return loaded


def system_lib(symbol_prefix: str = "") -> Module:
    """Return the module of functions that native code of this process registered. It is the same each time.

    Parameters
    ----------
    symbol_prefix : str
        What comes before the name of a function; a function that is registered without it is found, too.
    """
    library = _core.module_system(symbol_prefix)
    _one_testing.bring(symbol_prefix)
    return library
