"""The memory of tensors as buffers, which picklers may leave out of their stream.

Upholds: nothing is copied; a buffer keeps its tensor.
"""

from __future__ import annotations

import ctypes
from pickle import PickleBuffer
from typing import Any


def buffer_of(tensor: Any, size: int) -> PickleBuffer:
    """Return a buffer over the memory of a contiguous tensor on the CPU."""
    kind = ctypes.c_ubyte * size
    block: Any = kind.from_address(tensor.data_ptr()) if size else kind()
    # All views of the block keep it, and so the tensor.
    block.tensor = tensor
    return PickleBuffer(memoryview(block).toreadonly() if tensor._is_read_only else block)


def view_of(content: Any) -> memoryview:
    """Return a view of all bytes that a contiguous buffer has, whatever its items are."""
    return PickleBuffer(content).raw()
