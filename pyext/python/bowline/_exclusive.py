"""A lock that signal handlers and forks do not leave locked.

Upholds: after `Exclusive.run` its thread holds the lock no more than before. A ``with`` statement cannot say that: a signal may
be handled between the lock's ``__enter__`` and the block.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any


class Exclusive:
    """Runs one step at a time. A handler, or a finalizer, that comes within a step of its own thread does not wait for it."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._renew()
        # A thread that the child of a fork has not may have held it.
        os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self._lock = threading.RLock()

    def run(self, step: Callable[..., Any], *args: Any) -> Any:
        """Return what a step returns, which runs no user code."""
        lock = self._lock
        try:
            lock.acquire()
            return step(*args)
        finally:
            try:
                lock.release()
            except RuntimeError:
                # A handler raised before the lock was ours.
                pass
