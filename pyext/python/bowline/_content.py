"""Equality, order and hash by content.

Imports `bowline.core` only.
Upholds: no recursion but through hooks, so that depth is no limit; equal values have equal hashes.
"""

from __future__ import annotations

import math
from typing import Any

from . import _core
from .core import Object

_SEQUENCES = (_core.CArray, _core.CList)
_MAPPINGS = (_core.CMap, _core.CDict)
_SCALARS = (bool, int, float, str, bytes)
_COMPARABLE = (*_SEQUENCES, list, tuple)


def equal(a: Any, b: Any) -> bool:
    """Return whether two values have the same content: types, fields and items, NaN equal to itself."""
    todo = [(a, b)]
    # A pair that is being compared counts as equal, so that cycles end.
    seen: set[tuple[int, int]] = set()
    while todo:
        x, y = todo.pop()
        if x is y:
            continue
        if not isinstance(x, Object) or not isinstance(y, Object):
            if not _same_value(x, y):
                return False
            continue
        pair = (x.__chandle__(), y.__chandle__())
        if pair[0] == pair[1] or pair in seen:
            continue
        seen.add(pair)
        if _type_index(x) != _type_index(y):
            return False
        if isinstance(x, _core.CTensor):
            if not _core.structural_equal(x, y):
                return False
            continue
        hook = hook_of(x, "__ffi_eq__")
        if hook is not None:
            if not hook(x, y, equal):
                return False
            continue
        hook = hook_of(x, "__ffi_compare__")
        if hook is not None:
            if hook(x, y, order) != 0:
                return False
            continue
        both = _pairs_of_parts(x, y)
        if both is None:
            return False
        todo.extend(both)
    return True


def _pairs_of_parts(x: Any, y: Any) -> list[tuple[Any, Any]] | None:
    """What must be equal for two objects of one type to be; None if they are not equal anyway."""
    if isinstance(x, _MAPPINGS):
        if len(x) != len(y):
            return None
        pairs = [(item, _core.map_get(y, key, _ABSENT)) for key, item in _core.map_items(x)]
        return None if any(other is _ABSENT for _, other in pairs) else pairs
    parts = _parts(x, "compare")
    others = _parts(y, "compare")
    if parts is None or others is None or len(parts) != len(others):
        return None
    return list(zip(parts, others, strict=True))


_ABSENT = object()


def order(a: Any, b: Any) -> int:
    """Return a number below, at or above 0 as `a` comes before, with or after `b`; see `less`."""
    return _compare(a, b)


def hook_of(obj: Any, name: str) -> Any:
    """What a class, or the native type of an object, says of an operation; None for the usual."""
    found = getattr(type(obj), name, None)
    if found is None:
        index = _type_index(obj)
        found = None if index is None else _core.lookup_type_attr(index, name)
    return found


def less(a: Any, b: Any, or_equal: bool) -> bool:
    """Return ``a < b`` (or ``a <= b``) by the first part that differs; None is lowest.

    Raises
    ------
    TypeError
        For values without an order: of different types, NaN, unequal mappings, objects without fields.
    ValueError
        For graphs with cycles.
    """
    order = _compare(a, b)
    return order < 0 or (or_equal and order == 0)


def _compare(a: Any, b: Any) -> int:
    # Depth first: the last entry is compared next. An int entry closes an object.
    todo: list[Any] = [(a, b)]
    open_: set[int] = set()
    while todo:
        entry = todo.pop()
        if isinstance(entry, int):
            open_.discard(entry)
            continue
        x, y = entry
        if x is y and not isinstance(x, float):
            continue
        if not isinstance(x, Object) or not isinstance(y, Object):
            if found := _value_order(x, y):
                return found
            continue
        if _type_index(x) != _type_index(y):
            raise TypeError(f"cannot order a {_type_name(x)} and a {_type_name(y)}")
        hook = hook_of(x, "__ffi_compare__")
        if hook is not None:
            if found := hook(x, y, order):
                return found
            continue
        if isinstance(x, _MAPPINGS):
            if not equal(x, y):
                raise TypeError(f"a {_type_name(x)} has no order")
            continue
        handle = x.__chandle__()
        if handle in open_:
            raise ValueError("cannot order graphs with cycles")
        parts = _parts(x, "compare")
        others = _parts(y, "compare")
        if parts is None or others is None:
            raise TypeError(f"{_type_name(x)} has no order")
        open_.add(handle)
        todo.append(handle)
        if len(parts) != len(others):
            # Decides if all shared parts are equal.
            todo.append((len(parts), len(others)))
        todo.extend(reversed(list(zip(parts, others, strict=False))))
    return 0


class _Hashed:
    """Stands for an object within a tuple that is to be hashed."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value

    def __hash__(self) -> int:
        return self.value


_NAN = _Hashed(hash("NaN"))


def content_hash(value: Any) -> int:
    """Return a hash that is the same for values that are equal; that of a sequence is the one of a tuple.

    Raises
    ------
    TypeError
        For opaque values without a hash.
    ValueError
        For a class with its own equality but without its own hash.
    """
    # By handle: the hash; None while the object's parts are hashed. One from which a cycle can be reached hashes by its
    # type: graphs with cycles can be equal without having the same shape.
    known: dict[int, Any] = {}
    cyclic: set[int] = set()
    # Depth first; an entry with parts is met again when all of them are known.
    todo: list[tuple[Any, list[Any] | None]] = [(value, None)]
    while todo:
        x, parts = todo.pop()
        if not isinstance(x, Object):
            continue
        handle = x.__chandle__()
        if parts is not None:
            if any(_reaches_a_cycle(part, known, cyclic) for part in parts):
                cyclic.add(handle)
            known[handle] = _combine(x, parts, known, handle in cyclic)
        elif handle not in known:
            own = _own_hash(x)
            if own is not None:
                known[handle] = own
                continue
            parts = _parts_to_hash(x)
            known[handle] = None
            todo.append((x, parts))
            todo.extend((part, None) for part in parts)
    return hash(_part(value, known))


def _own_hash(x: Object) -> int | None:
    """The hash of an object that is not looked into."""
    if isinstance(x, _core.CTensor):
        return hash(_core.structural_hash(x))
    hook = hook_of(x, "__ffi_hash__")
    if hook is not None:
        return hash(hook(x, content_hash))
    if hook_of(x, "__ffi_eq__") is not None or hook_of(x, "__ffi_compare__") is not None:
        raise ValueError(f"{_type_name(x)} has its own equality but no __ffi_hash__")
    if isinstance(x, _MAPPINGS) or _parts(x, "hash") is not None:
        return None
    return hash((_type_index(x), x.__chandle__()))


def _parts_to_hash(x: Any) -> list[Any]:
    if isinstance(x, _MAPPINGS):
        # Keys are told apart by value or identity, without looking into them.
        return [item for _, item in _core.map_items(x)]
    parts = _parts(x, "hash")
    return [] if parts is None else parts


def _reaches_a_cycle(part: Any, known: dict[int, Any], cyclic: set[int]) -> bool:
    if not isinstance(part, Object):
        return False
    handle = part.__chandle__()
    return known[handle] is None or handle in cyclic


def _combine(x: Any, parts: list[Any], known: dict[int, Any], is_cyclic: bool) -> int:
    if is_cyclic:
        return hash((_type_index(x), "cycle"))
    values = [_part(part, known) for part in parts]
    if isinstance(x, _SEQUENCES):
        return hash(tuple(values))
    if isinstance(x, _MAPPINGS):
        keys = (_key(key) for key, _ in _core.map_items(x))
        return hash((_type_index(x), frozenset(hash(pair) for pair in zip(keys, values, strict=False))))
    return hash((_type_index(x), *values))


def _part(value: Any, known: dict[int, Any]) -> Any:
    if isinstance(value, Object):
        return _Hashed(known[value.__chandle__()])
    return _NAN if isinstance(value, float) and math.isnan(value) else value


def _key(key: Any) -> Any:
    return key.__chandle__() if isinstance(key, Object) else _part(key, {})


def _type_index(obj: Object) -> int | None:
    return _core.index_of_class(type(obj))


def _type_name(value: Any) -> str:
    index = _type_index(value) if isinstance(value, Object) else None
    return type(value).__name__ if index is None else _core.type_key(index)


def _parts(obj: Any, purpose: str) -> list[Any] | None:
    """Items or fields of an object; None if it shows neither."""
    if isinstance(obj, _SEQUENCES):
        return list(obj)
    index = _type_index(obj)
    if index is None or not _core.is_defined(index):
        return None
    return [
        _core.field_property(field.owner, field.name).get(obj)
        for field in _core.fields_of(index)
        if getattr(field, purpose)
    ]


def _same_value(x: Any, y: Any) -> bool:
    if isinstance(x, float) and isinstance(y, float):
        return x == y or (math.isnan(x) and math.isnan(y))
    # True is not 1, and 1 is not 1.0.
    return _kind(x) is _kind(y) and bool(x == y)


def _kind(value: Any) -> type:
    for kind in _SCALARS:
        if isinstance(value, kind):
            return kind
    return type(value)


def _value_order(x: Any, y: Any) -> int:
    if x is None or y is None:
        return (x is not None) - (y is not None)
    if _kind(x) is not _kind(y) or not isinstance(x, _SCALARS):
        raise TypeError(f"cannot order a {_type_name(x)} and a {_type_name(y)}")
    if isinstance(x, float) and (math.isnan(x) or math.isnan(y)):
        raise TypeError("cannot order NaN")
    return (x > y) - (x < y)


def equal_to_sequence(mine: Any, other: Any) -> Any:
    """Return whether a container has the content of another or of a plain sequence; NotImplemented for the rest."""
    if not isinstance(other, _COMPARABLE):
        return NotImplemented
    if isinstance(other, Object) and _type_index(mine) == _type_index(other):
        return equal(mine, other)
    # The two may have different lengths by now: other threads.
    mine, other = list(mine), list(other)
    return len(mine) == len(other) and all(_equal_item(x, y) for x, y in zip(mine, other, strict=True))


def _equal_item(x: Any, y: Any) -> bool:
    if isinstance(x, _SEQUENCES):
        found = equal_to_sequence(x, y)
        return found is not NotImplemented and found
    return equal(x, y)
