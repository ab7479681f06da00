"""Tests that use what a machine has one of, one at a time.

Upholds: processes of all users of one machine share the lock; what the function raises comes out.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import Any

from ..utils.lockfile import FileLock

__all__ = ["run_with_gpu_lock"]


def run_with_gpu_lock(func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Return what a function returns, called while no other process runs one by this function."""
    with FileLock(os.path.join(tempfile.gettempdir(), "bowline-gpu.lock")):
        return func(*args, **kwargs)
