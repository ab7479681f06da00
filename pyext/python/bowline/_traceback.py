"""Tracebacks of native frames, as Python shows its own.

Upholds: what cannot be read as a frame is left out; making a traceback runs no code of others.
"""

from __future__ import annotations

import re
import sys
import types

_FRAME = re.compile(r'^\s*File "(?P<file>[^"\n]+)", line (?P<line>\d+), in (?P<name>.+?)\s*$', re.MULTILINE)
# What CPython takes for a line.
_MOST_LINES = 2**31 - 1


# On one line, so that its only line is its first, which can be set.
_here = lambda: _getframe()  # type: ignore[name-defined]  # noqa: E731, F821


def frames(backtrace: str) -> list[tuple[str, int, str]]:
    """Return file, line and name of each frame of a text."""
    return [(found["file"], int(found["line"]), found["name"]) for found in _FRAME.finditer(backtrace)]


def one_frame(above: types.TracebackType | None, file: str, line: int, name: str) -> types.TracebackType:
    """Return a traceback of one native frame, in front of another traceback."""
    line = min(line, _MOST_LINES)
    code = _here.__code__.replace(co_filename=file, co_name=name, co_qualname=name, co_firstlineno=max(line, 1))
    frame = types.FunctionType(code, {"_getframe": sys._getframe})()
    return types.TracebackType(above, frame, frame.f_lasti, line)


def native_traceback(backtrace: str) -> types.TracebackType | None:
    """Return the traceback that shows native frames.

    Parameters
    ----------
    backtrace : str
        Lines ``File "f", line n, in name``, most recent call first.

    Returns
    -------
    traceback or None
        None if there is no such line.
    """
    found: types.TracebackType | None = None
    for file, line, name in frames(backtrace):
        found = one_frame(found, file, line, name)
    return found
