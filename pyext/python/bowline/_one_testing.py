"""One library of types and functions under ``testing.``: that of `bowline.testing`, or libtvm_ffi_testing.so of apache-tvm-ffi.

They register the same names. An error in the other's initialisers would end the process, so that it is refused before.
"""

from __future__ import annotations

import os

from . import _core

OTHER = "libtvm_ffi_testing.so"
# A function that both have, and one that the other has not.
_IN_BOTH, _IN_OURS = "testing.TestIntPairSum", "testing.copies"


def is_ours() -> bool:
    """Whether the library of `bowline.testing` is loaded."""
    return _core.get_global_func(_IN_OURS) is not None


def is_other() -> bool:
    """Whether the other one is."""
    return not is_ours() and _core.get_global_func(_IN_BOTH) is not None


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
