"""The package is imported once in a process, also where `sys.modules` loses it.

Upholds: a module of this package is executed once: its classes are those of native types, which there is one set of.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

_PACKAGE = __package__


class SecondSpec(ModuleSpec):
    """What a second import of a module works with. The module has it for a moment; `loader_state` is the one to return to."""


def own_spec(module: ModuleType | None) -> ModuleSpec | None:
    """Return the spec that a module was loaded by. Imports of it may be going on."""
    spec = getattr(module, "__spec__", None)
    while isinstance(spec, SecondSpec):
        spec = spec.loader_state
    return spec


class _Known:
    """Gives modules of the package that were there before, as they are; also to `importlib.reload`."""

    def __init__(self, package: ModuleType) -> None:
        self.package = package

    def _module(self, name: str) -> ModuleType | None:
        if name == _PACKAGE:
            return self.package
        parent, _, child = name.rpartition(".")
        above = self._module(parent) if parent.split(".", 1)[0] == _PACKAGE else None
        # An import leaves the module there once it succeeded.
        found = None if above is None else vars(above).get(child)
        return found if isinstance(found, ModuleType) and found.__name__ == name else None

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return a spec that leads to the module that is there; None for all others."""
        known = self._module(name)
        former = own_spec(known)
        if former is None:
            return None
        is_package = former.submodule_search_locations is not None
        # A loader by what it does: the class of loaders takes an import.
        spec = SecondSpec(name, self, origin=former.origin, is_package=is_package)  # type: ignore[arg-type]
        spec.submodule_search_locations = former.submodule_search_locations
        spec.has_location = former.has_location
        spec.loader_state = former
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module that is there."""
        known = self._module(spec.name)
        if known is None:
            raise ImportError(f"{spec.name} is not there any more", name=spec.name)
        return known

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing: the module is whole. Its spec is what it was."""
        module.__spec__ = own_spec(module)


def install() -> None:
    """Let later imports find what this one has made."""
    if not any(isinstance(finder, _Known) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Known(sys.modules[_PACKAGE]))
