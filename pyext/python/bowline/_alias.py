"""The package under the name `tvm_ffi`. Each module is there once, whichever of its two names is imported first.

Upholds: `tvm_ffi.x` is the module `bowline.x`, whose name, spec and loader stay what they are. A module is found under
the other name only when it is whole.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from . import _one_runtime
from ._again import SecondSpec, own_spec

_PACKAGE = __package__
ALIAS = _one_runtime.NAME


# Modules that have another name here. The package of some has a function of that name.
_OTHER = {f"{ALIAS}.config": f"{_PACKAGE}._config"} | {
    f"{ALIAS}.dataclasses.{name}": f"{_PACKAGE}.dataclasses.{own}"
    for name, own in {
        "c_class": "_c_class",
        "common": "_tools",
        "enum": "_enum",
        "field": "_field",
        "py_class": "_py_class",
    }.items()
}


def _real(name: str) -> str:
    return _OTHER.get(name) or _PACKAGE + name[len(ALIAS) :]


def _show_loaded() -> None:
    """Let the modules that are loaded be found under their other name, too. What is not whole yet is found when it is.

    So no import of a module under its other name sets an attribute of its package where there is a function of that name.
    """
    second = {real: name for name, real in _OTHER.items()}
    for name, module in list(sys.modules.items()):
        if name.startswith(f"{_PACKAGE}.") and not getattr(own_spec(module), "_initializing", True):
            sys.modules.setdefault(second.get(name) or ALIAS + name[len(_PACKAGE) :], module)


def _find(real: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """Return the spec of a module of the package by its own name. None if there is none. `path` is that of its parent.

    Nothing is imported: before 3.14 a finder is called under a lock that each import takes.
    """
    module = sys.modules.get(real)
    if module is not None:
        return own_spec(module)
    # The package itself is found without a path: see `_again`.
    for finder in sys.meta_path if path is not None or real == _PACKAGE else ():
        spec = finder.find_spec(real, path)
        if spec is not None:
            return spec
    return None


class _AliasSpec(SecondSpec):
    """What the import of a second name works with. The module has it for a moment, in which others may import from it."""

    @property
    def parent(self) -> str | None:
        # As the module's own spec says: a relative import compares it with `__package__`.
        real = _real(self.name)
        return real if self.submodule_search_locations is not None else real.rpartition(".")[0]


class _Alias:
    """Finds modules of the package under the other name. It is their loader under that name, too."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return a spec that leads to the module of the package; None for all others."""
        if name != ALIAS and not name.startswith(f"{ALIAS}."):
            return None
        former = _find(_real(name), path)
        if former is None:
            return None
        is_package = former.submodule_search_locations is not None
        # A loader by what it does: the class of loaders takes an import.
        spec = _AliasSpec(name, self, origin=former.origin, is_package=is_package)  # type: ignore[arg-type]
        spec.submodule_search_locations = former.submodule_search_locations
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module itself. It is whole when this returns, whichever thread loads it."""
        module = importlib.import_module(_real(spec.name))
        spec.loader_state = own_spec(module)
        _show_loaded()
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing: the module is whole. Its spec is what it was."""
        module.__spec__ = own_spec(module)

    # For `python -m` and `pkgutil`, which ask the loader that a spec names.

    def is_package(self, name: str) -> bool:
        """Return whether a module has modules in it."""
        return _spec(name).submodule_search_locations is not None

    def get_code(self, name: str) -> Any:
        """Return the code of a module."""
        return _loader(name).get_code(_real(name))

    def get_source(self, name: str) -> Any:
        """Return the source of a module."""
        return _loader(name).get_source(_real(name))

    def get_filename(self, name: str) -> str:
        """Return the file of a module."""
        return _loader(name).get_filename(_real(name))

    def get_resource_reader(self, name: str) -> Any:
        """Return what reads files beside a module."""
        return _loader(name).get_resource_reader(_real(name))


def _spec(name: str) -> ModuleSpec:
    real = _real(name)
    spec = _find(real, getattr(importlib.import_module(real.rpartition(".")[0] or real), "__path__", None))
    if spec is None:
        raise ImportError(f"no module named {name!r}", name=name)
    return spec


def _loader(name: str) -> Any:
    return _spec(name).loader


class _StandIn(ModuleType):
    """What the distribution's own module becomes. A thread that found it before the package took its place has the package."""

    def __getattribute__(self, name: str) -> Any:
        return getattr(sys.modules[_PACKAGE], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(sys.modules[_PACKAGE], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(sys.modules[_PACKAGE], name)

    def __dir__(self) -> list[str]:
        return dir(sys.modules[_PACKAGE])


def provide_tvm_ffi() -> None:
    """Let `import tvm_ffi`, and imports from its modules, find this package. Programs written for tvm-ffi run unchanged.

    Once for a process, before the first such import. The distribution ``tvm-ffi-on-bowline`` calls it for you.

    Raises
    ------
    ImportError
        If another package `tvm_ffi` is loaded already, or has files beside that distribution's.

    Examples
    --------
    >>> import bowline
    >>> bowline.provide_tvm_ffi()
    >>> import tvm_ffi.container
    >>> tvm_ffi.container is bowline.container
    True
    """
    package = sys.modules[_PACKAGE]
    former = sys.modules.get(ALIAS)
    file = None if former is None else former.__dict__.get("__file__")
    if former is not None and former is not package:
        if file is None or not _one_runtime.is_alias(os.path.dirname(file)):
            raise ImportError(f"another package {ALIAS} is loaded already, from {file}", name=ALIAS, path=file)
        _one_runtime.refuse_beside(os.path.dirname(file))
    if not any(isinstance(finder, _Alias) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Alias())
    _show_loaded()
    sys.modules[ALIAS] = package
    if former is not None and former is not package:
        former.__class__ = _StandIn
