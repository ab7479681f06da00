"""What the scripts of this folder have in common. They load a client's libraries, and count what they registered."""

import ctypes
import sys
from pathlib import Path

import bowline

FOLDER = Path(sys.argv[1])


def load(*names: str, functions: int) -> None:
    """Load libraries in their order. At least as many global functions must have come with them."""
    before = set(bowline.registry.list_global_func_names())
    for name in names:
        # A static initialiser that fails ends the process.
        ctypes.CDLL(str(FOLDER / name))
    new = set(bowline.registry.list_global_func_names()) - before
    print(f"{len(new)} functions came with {', '.join(Path(name).name for name in names)}")
    assert len(new) >= functions, (len(new), functions)


def get(name: str):
    return bowline.get_global_func(name)
