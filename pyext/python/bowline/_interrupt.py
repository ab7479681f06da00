"""Exceptions that are about the program as a whole, not about one operation.

Upholds: code that makes the best of an exception lets these through, as the native half does.
"""

from __future__ import annotations

from types import FrameType


def is_interrupt(error: BaseException) -> bool:
    """Return whether an exception must reach the caller.

    Such are what a signal handler raises, a wish to end, and lack of memory or stack.
    """
    return not isinstance(error, Exception) or isinstance(error, MemoryError | RecursionError) or _is_from_handler(error)


def _is_from_handler(error: BaseException) -> bool:
    """Return whether one of the frames that raised it is a signal handler."""
    traceback = error.__traceback__
    while traceback is not None:
        if _is_handler(traceback.tb_frame):
            return True
        traceback = traceback.tb_next
    return False


def _is_handler(frame: FrameType) -> bool:
    """Return whether a function was given its caller's frame, as signal handlers are. It may be in ``*args``."""
    interrupted = frame.f_back
    if interrupted is None:
        return False
    return any(
        value is interrupted or (type(value) is tuple and any(item is interrupted for item in value))
        for value in frame.f_locals.values()
    )
