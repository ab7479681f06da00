"""The version, under the names that tools which write versions give it."""

from __future__ import annotations

from ._core import __version__

__all__ = ["__version__", "__version_tuple__", "commit_id", "version", "version_tuple"]

version = __version__
#: Its parts, numbers as numbers.
__version_tuple__: tuple[int | str, ...] = tuple(
    int(part) if part.isdecimal() else part for part in __version__.replace("-", ".").replace("+", ".").split(".")
)
version_tuple = __version_tuple__
#: Of which commit it was built: builds do not know.
commit_id = __commit_id__ = None
