"""How far long native work has come, for those who wait for it.

Upholds: work that is not watched is not slowed; a callback is never called by what it does itself.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from . import _core


class _Watched(threading.local):
    """What a thread's work is reported to."""

    callback: Callable[[int], object] | None = None


_watched = _Watched()


def _report(steps: int) -> None:
    """Tell a thread's callback that so many steps were made. Native work calls it at every checkpoint."""
    callback = _watched.callback
    if callback is not None:
        _watched.callback = None
        try:
            callback(steps)
        except BaseException:
            # A signal handler has such a variable. By it `_interrupt` lets the exception out of texts, too.
            interrupted = sys._getframe().f_back  # noqa: F841
            raise
        finally:
            _watched.callback = callback


class progress:  # noqa: N801, used like a function
    """Let a callback know how far long native work of this thread has come.

    Within the ``with`` statement deep copies, comparisons, hashes, texts, JSON, structural walks and rewrites call it every few
    thousand steps. A step is an object or value that is visited. So the sum is near the number of those; what comes after the
    last report is not told.

    Parameters
    ----------
    callback : callable
        It gets the number of steps since it was called last, as `tqdm.tqdm.update` does. What it raises ends the work and
        comes out of it; the graph is as it was.

    Notes
    -----
    It is for the thread that enters it. Work that the callback does itself is not reported.

    Examples
    --------
    >>> import copy
    >>> import bowline
    >>> steps = []
    >>> with bowline.progress(steps.append):
    ...     twin = copy.deepcopy(bowline.List([bowline.List([n]) for n in range(20_000)]))
    >>> sum(steps) >= 16_000
    True
    """

    __slots__ = ("_callback", "_former")

    def __init__(self, callback: Callable[[int], Any]) -> None:
        if not callable(callback):
            raise TypeError(f"expected a callable, got {type(callback).__name__}")
        self._callback = callback
        self._former: Callable[[int], object] | None = None

    def __enter__(self) -> None:
        self._former, _watched.callback = _watched.callback, self._callback

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        _watched.callback, self._former = self._former, None


_core.set_report(_report)
