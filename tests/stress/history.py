"""What every thread did last.

It is in a file mapped by the process under stress and by the one that watches it: it can be read after a crash.
"""

from __future__ import annotations

import mmap
import os

LANES = 96
_LENGTH = 256  # bytes per lane: eight for how often it was written, then the last 248 entries
_ENTRIES = _LENGTH - 8


class History:
    """A ring of one-byte entries for each lane. A lane has one writer at a time."""

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:
            if os.fstat(file.fileno()).st_size != LANES * _LENGTH:
                file.truncate(LANES * _LENGTH)
            self._map = mmap.mmap(file.fileno(), LANES * _LENGTH)

    def write(self, lane: int, at: int, entry: int) -> None:
        """Write the entry number `at` of a lane."""
        start = lane * _LENGTH
        self._map[start + 8 + at % _ENTRIES] = entry
        self._map[start : start + 8] = (at + 1).to_bytes(8, "little")

    def last(self, lane: int, count: int) -> tuple[int, bytes]:
        """Return how many entries a lane has had, and the last of them, oldest first."""
        start = lane * _LENGTH
        written = int.from_bytes(self._map[start : start + 8], "little")
        numbers = range(max(0, written - min(count, _ENTRIES)), written)
        return written, bytes(self._map[start + 8 + n % _ENTRIES] for n in numbers)

    def clear(self) -> None:
        """Forget everything."""
        self._map[:] = bytes(LANES * _LENGTH)
