"""Ways through a graph of objects.

Upholds: a path is made from the root, step by step; paths of the same steps are equal.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from . import _core
from .core import Object
from .registry import register_object

__all__ = ["AccessKind", "AccessPath", "AccessStep"]


class AccessKind(IntEnum):
    """The kinds of steps."""

    ATTR = 0
    ARRAY_ITEM = 1
    MAP_ITEM = 2
    ATTR_MISSING = 3
    ARRAY_ITEM_MISSING = 4
    MAP_ITEM_MISSING = 5


@register_object("ffi.reflection.AccessStep", init=False)
class AccessStep(Object):
    """A step of a path.

    Attributes
    ----------
    kind : AccessKind
        What is accessed, by number.
    key : Any
        The field's name, the item's position, or the key.
    """

    def __repr__(self) -> str:
        return _core.object_text(self)


@register_object("ffi.reflection.AccessPath", init=False)
class AccessPath(Object):
    """A way from the root of a graph to a part of it.

    Attributes
    ----------
    parent : AccessPath or None
        The way to where the last step begins.
    step : AccessStep or None
        The last step.
    depth : int
        How many steps there are.

    Examples
    --------
    >>> from bowline.access_path import AccessPath
    >>> path = AccessPath.root().attr("body").array_item(2)
    >>> path, path.depth, path == AccessPath.root().attr("body").array_item(2)
    (<root>.body[2], 2, True)
    """

    def __init__(self) -> None:
        raise ValueError("AccessPath cannot be made directly: begin with AccessPath.root() and add steps")

    @staticmethod
    def root() -> AccessPath:
        """Return the path without steps."""
        return AccessPath._root()  # type: ignore[attr-defined]

    def attr(self, attr_key: str) -> AccessPath:
        """Return the path to a field of what this one leads to."""
        return self._extend(AccessKind.ATTR, attr_key)  # type: ignore[attr-defined]

    def attr_missing(self, attr_key: str) -> AccessPath:
        """Return the path to a field that is not there."""
        return self._extend(AccessKind.ATTR_MISSING, attr_key)  # type: ignore[attr-defined]

    def array_item(self, index: int) -> AccessPath:
        """Return the path to an item of what this one leads to."""
        return self._extend(AccessKind.ARRAY_ITEM, index)  # type: ignore[attr-defined]

    def array_item_missing(self, index: int) -> AccessPath:
        """Return the path to an item that is not there."""
        return self._extend(AccessKind.ARRAY_ITEM_MISSING, index)  # type: ignore[attr-defined]

    def map_item(self, key: Any) -> AccessPath:
        """Return the path to the value of a key of what this one leads to."""
        return self._extend(AccessKind.MAP_ITEM, key)  # type: ignore[attr-defined]

    def map_item_missing(self, key: Any) -> AccessPath:
        """Return the path to a key that is not there."""
        return self._extend(AccessKind.MAP_ITEM_MISSING, key)  # type: ignore[attr-defined]

    def is_prefix_of(self, other: AccessPath) -> bool:
        """Return whether the other begins with the steps of this one."""
        return self._is_prefix_of(other)  # type: ignore[attr-defined]

    def to_steps(self) -> list[AccessStep]:
        """Return the steps from the root on."""
        return list(self._to_steps())  # type: ignore[attr-defined]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AccessPath):
            return NotImplemented
        return self._path_equal(other)  # type: ignore[attr-defined]

    def __ne__(self, other: object) -> bool:
        if not isinstance(other, AccessPath):
            return NotImplemented
        return not self._path_equal(other)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(self._text())  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return _core.object_text(self)
