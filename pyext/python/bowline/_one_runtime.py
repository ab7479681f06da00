"""One runtime in a process. A package `tvm_ffi` that brings libtvm_ffi.so of its own is refused.

Its extension would find the functions of the C ABI here, by the library's name, and take the objects for its own.

Upholds: what is refused here, and what the distribution `tvm-ffi-on-bowline` refuses beside its own file, are the same files.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

NAME = "tvm_ffi"
# How many files a message names.
_SHOWN = 8


def is_alias(folder: str) -> bool:
    """Whether the module in a folder is that of tvm-ffi-on-bowline, by what it calls."""
    try:
        with open(os.path.join(folder, "__init__.py"), encoding="utf-8") as file:
            return "provide_tvm_ffi" in file.read()
    except OSError:
        return False


def _is_ours(folder: str, entry: str, is_top: bool = True) -> bool:
    """Whether tvm-ffi-on-bowline installs such an entry: one module, and what type checkers read."""
    if entry in ("__pycache__", "py.typed") or entry.endswith(".pyi"):
        return True
    if entry == "__init__.py":
        return is_top
    path = os.path.join(folder, entry)
    # A folder of type stubs. Of that name the other package has one with modules in it.
    return os.path.exists(os.path.join(path, "__init__.pyi")) and all(
        _is_ours(path, inner, False) for inner in os.listdir(path)
    )


def foreign_files(folder: str) -> list[str]:
    """Return the paths in a folder `tvm_ffi` that are not of tvm-ffi-on-bowline."""
    try:
        entries = sorted(os.listdir(folder))
    except OSError:
        # It is in an archive, which is installed as a whole.
        return []
    return [os.path.join(folder, entry) for entry in entries if not _is_ours(folder, entry)]


def _brings_runtime(folder: str) -> bool:
    """Whether a folder has the native half of the other package. What that is linked with counts, too."""
    if os.path.exists(os.path.join(folder, "lib", "libtvm_ffi.so")):
        return True
    return os.path.isdir(folder) and any(
        entry.startswith("core.") and entry.endswith((".so", ".pyd")) for entry in os.listdir(folder)
    )


def refuse_beside(folder: str) -> None:
    """Refuse the folder of tvm-ffi-on-bowline if files of the other package are in it.

    Raises
    ------
    ImportError
        That says which files are to be removed.
    """
    found = foreign_files(folder)
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        msg = (
            f"{NAME} in {folder} is that of tvm-ffi-on-bowline, but files of another package {NAME} are beside it, which "
            "brings a runtime of its own; there can be one in a process. Uninstall both (apache-tvm-ffi, tvm-ffi-on-bowline), "
            f"remove what is left of {', '.join(found[:_SHOWN])}{more}, and install tvm-ffi-on-bowline again"
        )
        raise ImportError(msg, name=NAME, path=folder)


class _Refusal:
    """Finds no module; refuses that package."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != NAME:
            return None
        spec = PathFinder.find_spec(name, path, target)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            if is_alias(folder):
                refuse_beside(folder)
            elif _brings_runtime(folder):
                msg = (
                    f"{name} in {folder} brings a runtime of its own, and bowline's is there already; "
                    "there can be one in a process. Uninstall apache-tvm-ffi, or remove that folder"
                )
                raise ImportError(msg, name=name, path=folder)
        return None


def install() -> None:
    """Put the refusal in front of what finds modules, once."""
    if not any(isinstance(finder, _Refusal) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Refusal())
