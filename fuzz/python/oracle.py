"""What holds of every value that the fuzz target pickle_load made. It opens cycles among them, too."""

from __future__ import annotations

import copy

import bowline
from bowline import Array, Dict, List, Map
from harness import FIELDS, REFUSALS, Frozen, Holder, Pair, Required


def parts(value):
    """What a value holds."""
    if isinstance(value, (tuple, list, Array, List)):
        return list(value)
    if isinstance(value, (dict, Map, Dict)):
        return [part for entry in value.items() for part in entry]
    return []


def check(value, seen, deep):
    """A bowline object is whole or empty. It is the one wrapper of what it holds."""
    if id(value) in seen:
        return
    seen[id(value)] = value
    if isinstance(value, bowline.Object):
        if value.__chandle__() == 0:
            for name in FIELDS.get(type(value), ()):
                try:
                    found = getattr(value, name)
                except REFUSALS:
                    continue
                raise AssertionError(f"an empty {type(value)} has {name} = {found!r}")
            assert isinstance(repr(value), str)
            return
        assert Holder(value).value is value, "a second wrapper"
        for name, kind in FIELDS.get(type(value), {}).items():
            found = getattr(value, name)
            assert isinstance(found, kind), f"{type(value)}.{name} is {found!r}"
            assert type(found) is not bool or kind is not int, f"{type(value)}.{name} is {found!r}"
            check(found, seen, deep)
        assert isinstance(repr(value), str)
        if deep:
            assert type(copy.copy(value)) is type(value)
    for part in parts(value):
        check(part, seen, deep)


def untangle(seen):
    """Opens the cycles: the collector does not see those through native objects alone. Whether that was possible."""
    opened = True
    for value in seen.values():
        if isinstance(value, bowline.Object) and value.__chandle__():
            if isinstance(value, (List, Dict)):
                value.clear()
            for name in ("next", "items", "value", "a", "child"):
                if name in FIELDS.get(type(value), ()) and type(value) not in (Frozen, Required, Pair):
                    setattr(value, name, None)
            # What a frozen field once held it keeps until its object goes.
            opened &= not (isinstance(value, Frozen) and value.child is not None)
        elif isinstance(value, (list, dict, bytearray)):
            value.clear()
    return opened
