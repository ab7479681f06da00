"""One runtime in a process: a package that brings libtvm_ffi.so of its own is refused.

Its extension would find the functions of the C ABI here, by the library's name, and take the objects for its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class _Refusal:
    """Finds no module; refuses that package."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != "tvm_ffi":
            return None
        spec = PathFinder.find_spec(name, path, target)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            if os.path.exists(os.path.join(folder, "lib", "libtvm_ffi.so")):
                msg = (
                    f"{name} in {folder} brings a runtime of its own, and bowline's is there already; "
                    "there can be one in a process"
                )
                raise ImportError(msg, name=name, path=folder)
        return None


def install() -> None:
    """Put the refusal in front of what finds modules, once."""
    if not any(isinstance(finder, _Refusal) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Refusal())
