"""Containers of native values.

Upholds: an instance is a wrapper like any other; its items live in the native object.
"""

from __future__ import annotations

import operator
from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    MutableMapping,
    MutableSequence,
    Sequence,
    ValuesView,
)
from types import GenericAlias
from typing import TYPE_CHECKING, Any, SupportsIndex

from . import _core, _pretty  # noqa: F401, lets `pprint` know objects
from .core import MISSING as MISSING  # noqa: PLC0414, handed on
from .core import CContainerBase

__all__ = ["Array", "Dict", "List", "Map"]


def normalize_index(length: int, idx: SupportsIndex) -> int:
    """Return an index counted from the start.

    Raises
    ------
    IndexError
        If it is outside of a sequence of that length.
    """
    at = operator.index(idx)
    if not -length <= at < length:
        raise IndexError(f"Index out of range. size: {length}, got index {at}")
    return at + length if at < 0 else at


def getitem_helper(obj: Any, elem_getter: Callable[[Any, int], Any], length: int, idx: SupportsIndex | slice) -> Any:
    """Return an item of a sequence, or a list of the items of a slice. `elem_getter` reads them."""
    if isinstance(idx, slice):
        return [elem_getter(obj, at) for at in range(*idx.indices(length))]
    return elem_getter(obj, normalize_index(length, idx))


class _Items(CContainerBase):
    """What the two sequences share."""

    if TYPE_CHECKING:
        # The native half of each has these.
        def __len__(self) -> int: ...
        def __iter__(self) -> Iterator[Any]: ...
        def __getitem__(self, index: Any) -> Any: ...

    def __eq__(self, other: object) -> bool:
        return True if self is other else _core.content_equal_items(self, other)

    def __hash__(self) -> int:
        return _core.content_hash(self)

    def __reversed__(self) -> Iterator[Any]:
        for i in range(len(self) - 1, -1, -1):
            try:
                item = self[i]
            except IndexError:  # A List may have become shorter meanwhile.
                return
            yield item

    def __radd__(self, other: Iterable[Any]) -> Any:
        if not isinstance(other, list | tuple):
            return NotImplemented
        return type(self)([*other, *self])

    def __add__(self, other: Iterable[Any]) -> Any:
        if not isinstance(other, list | tuple | _Items):
            return NotImplemented
        return type(self)([*self, *other])

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the position of the first item equal to `value`; ValueError if there is none."""
        items = self[:]
        for i in range(*slice(start, stop).indices(len(items))):
            if items[i] is value or items[i] == value:
                return i
        raise ValueError(f"{value!r} is not in {type(self).__name__}")

    def count(self, value: Any) -> int:
        """Return how many items are equal to `value`."""
        return sum(1 for item in self if item is value or item == value)

    __class_getitem__ = classmethod(GenericAlias)  # type: ignore[var-annotated]


class Array(_core.CArray, _Items):
    """An immutable sequence.

    Parameters
    ----------
    items : iterable
        Its items; tuples and lists among them become containers too.

    Examples
    --------
    >>> from bowline import Array
    >>> a = Array([1, "two", (3.0, None)])
    >>> a
    (1, "two", (3.0, None))
    >>> a[2] is a[2]
    True
    >>> a[:2]
    [1, 'two']
    >>> a == [1, "two", [3.0, None]]
    True
    """


class List(_core.CList, _Items):
    """A mutable sequence; every wrapper and every thread sees the same items.

    Parameters
    ----------
    items : iterable
        Its first items.

    Examples
    --------
    >>> from bowline import List
    >>> a = List([1, 2])
    >>> a.append("three")
    >>> a[0:1] = [0, 0.5]
    >>> a
    [0, 0.5, 2, "three"]
    >>> a.pop()
    'three'
    """

    def insert(self, index: SupportsIndex, value: Any) -> None:
        """Put `value` before position `index`, which is clamped to the ends."""
        _core.list_insert(self, index, value)

    def append(self, value: Any) -> None:
        """Put `value` at the end."""
        _core.list_append(self, value)

    def extend(self, values: Iterable[Any]) -> None:
        """Put all `values` at the end."""
        _core.list_extend(self, values)

    def pop(self, index: SupportsIndex = -1) -> Any:
        """Take the item at `index` out and return it; IndexError if there is none."""
        return _core.list_pop(self, index)

    def remove(self, value: Any) -> None:
        """Take the first item equal to `value` out; ValueError if there is none."""
        if not _core.list_remove(self, value):
            raise ValueError(f"{value!r} is not in {type(self).__name__}")

    def clear(self) -> None:
        """Take all items out."""
        _core.list_clear(self)

    def reverse(self) -> None:
        """Put the items in the opposite order."""
        _core.list_reverse(self)

    def __iadd__(self, values: Iterable[Any]) -> List:
        self.extend(values)
        return self


class _Pairs(CContainerBase):
    """What the two mappings share."""

    if TYPE_CHECKING:
        # The native half of each has these.
        def __len__(self) -> int: ...
        def __iter__(self) -> Iterator[Any]: ...
        def __contains__(self, key: object) -> bool: ...
        def __getitem__(self, key: Any) -> Any: ...

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Pairs) or not (isinstance(self, type(other)) or isinstance(other, type(self))):
            return NotImplemented
        return _core.content_equal(self, other)

    def __hash__(self) -> int:
        return _core.content_hash(self)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of `key`, or `default`."""
        return _core.map_shown_get(self, key, default)

    def keys(self) -> KeysView[Any]:
        """Return a view of the keys."""
        return _Keys(self)

    def values(self) -> ValuesView[Any]:
        """Return a view of the values."""
        return _Values(self)

    def items(self) -> ItemsView[Any, Any]:
        """Return a view of the pairs."""
        return _PairViews(self)

    __class_getitem__ = classmethod(GenericAlias)  # type: ignore[var-annotated]


class _Keys(KeysView[Any]):
    __slots__ = ()
    _mapping: _Pairs

    def __iter__(self) -> Iterator[Any]:
        return iter(self._mapping)


class _Values(ValuesView[Any]):
    __slots__ = ()
    _mapping: _Pairs

    def __iter__(self) -> Iterator[Any]:
        return _core.map_values(self._mapping)


class _PairViews(ItemsView[Any, Any]):
    __slots__ = ()
    _mapping: _Pairs

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return _core.map_shown_items(self._mapping)


class Map(_core.CMap, _Pairs):
    """An immutable mapping that keeps the order of its keys.

    Objects among the keys are told apart by identity, unless their class has `__any_equal__(self, other)`, and
    `__any_hash__(self)` to go with it, as `StructuralKey` has; what these raise propagates. A subclass has them only if it
    defines them itself.

    Parameters
    ----------
    items : mapping
        Its keys and values.

    Examples
    --------
    >>> from bowline import Map
    >>> m = Map({"one": 1, "two": [2, 2]})
    >>> m
    {"one": 1, "two": (2, 2)}
    >>> m["two"] is m["two"]
    True
    >>> list(m), m.get("three", 3)
    (['one', 'two'], 3)
    """


class Dict(_core.CDict, _Pairs):
    """A mutable mapping; every wrapper and every thread sees the same items.

    Keys are told apart as those of a `Map`.

    Parameters
    ----------
    items : mapping, optional
        Its first keys and values.

    Examples
    --------
    >>> from bowline import Dict
    >>> d = Dict({"one": 1})
    >>> d["two"] = 2
    >>> d.pop("one")
    1
    >>> d
    {"two": 2}
    """

    def pop(self, key: Any, *default: Any) -> Any:
        """Take `key` out and return its value, or the default; KeyError without one."""
        if len(default) > 1:
            raise TypeError(f"pop expected at most 2 arguments, got {1 + len(default)}")
        return _core.dict_pop(self, key, *default)

    def popitem(self) -> tuple[Any, Any]:
        """Take a pair out; KeyError if there is none."""
        return _core.dict_popitem(self)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the value of `key`, which is `default` if it had none."""
        return _core.dict_setdefault(self, key, default)

    def update(self, other: Any = (), /, **more: Any) -> None:
        """Put the pairs of a mapping, or of an iterable of pairs, in."""
        _core.dict_update(self, other)
        if more:
            _core.dict_update(self, more)

    def clear(self) -> None:
        """Take all pairs out."""
        _core.dict_clear(self)


# Registered rather than inherited: the abstract classes' methods in Python would hide the native ones.
Sequence.register(Array)
MutableSequence.register(List)
Mapping.register(Map)
MutableMapping.register(Dict)

for _key, _class in {"ffi.Array": Array, "ffi.List": List, "ffi.Map": Map, "ffi.Dict": Dict}.items():
    _core.register_class(_class, _core.type_index(_key))
