"""One library of types and functions under ``testing.``: that of `bowline.testing`, or libtvm_ffi_testing.so of apache-tvm-ffi.

They register the same names. An error in the other's initialisers would end the process, so that it is refused before. Ours is
loaded by its import, or when one of its names is asked for. Programs for tvm-ffi do just that, which has them from the start.
What loads it is above all that asks for names: the package says what that is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from . import _core

OTHER = "libtvm_ffi_testing.so"
_PREFIX = "testing."
# A function that both have, and one that the other has not.
_IN_BOTH, _IN_OURS = "testing.TestIntPairSum", "testing.copies"


# Imports `bowline.testing`. The package sets it when it is imported.
_load: Callable[[], object] | None = None


def set_loader(load: Callable[[], object]) -> None:
    """Say what loads the library of `bowline.testing`."""
    global _load
    _load = load


def is_ours() -> bool:
    """Whether the library of `bowline.testing` is loaded."""
    return _core.get_global_func(_IN_OURS) is not None


def is_other() -> bool:
    """Whether the other one is."""
    return not is_ours() and _core.get_global_func(_IN_BOTH) is not None


def bring(name: str) -> bool:
    """Load ours for a name of it. Returns whether the name is worth another look."""
    if not name.startswith(_PREFIX) or is_ours() or _load is None:
        return False
    try:
        _load()
    except ImportError:
        # The other one is loaded, or this build has none.
        return False
    return True


def bring_all() -> None:
    """Load ours for what goes through all names."""
    bring(_PREFIX)


def global_func(name: str) -> Any:
    """Return a global function; None if there is none, neither in ours."""
    found = _core.get_global_func(name)
    return _core.get_global_func(name) if found is None and bring(name) else found


def type_index(key: str) -> int:
    """Return the index of a type. ValueError if there is none, neither in ours."""
    try:
        return _core.type_index(key)
    except ValueError:
        if not bring(key):
            raise
    return _core.type_index(key)


def find_type_index(key: str) -> int | None:
    """Return the index of a type; None if there is none of this key."""
    try:
        return type_index(key)
    except ValueError:
        return None


def refuse_other(path: str | os.PathLike[str]) -> None:
    """Refuse the other one by its name, where ours is loaded.

    Raises
    ------
    ImportError
        That says so.
    """
    if os.path.basename(os.fsdecode(path)) == OTHER and is_ours():
        raise ImportError(
            f"{OTHER} of apache-tvm-ffi has types and functions of the same names as bowline.testing, which this process has "
            "imported; there can be one of the two in a process",
            path=os.fsdecode(path),
        )
