"""Classes for types that have none when the first value of theirs comes.

Upholds: a value that comes from native code always finds a class: the package's own, or one that is made for the type.
"""

from __future__ import annotations

import importlib

from . import _core
from .core import Object
from .registry import BUILT_IN, equip


def make_fallback(index: int) -> type:
    """Make a class for a type that has none, its parents first."""
    key = _core.type_key(index)
    if key in BUILT_IN:
        importlib.import_module(BUILT_IN[key])
    above = _core.parent_index(index)
    parent = Object if above is None else _core.class_of(above) or make_fallback(above)
    found = _core.class_of(index)
    if found is not None:
        return found
    module, _, name = key.rpartition(".")
    namespace = {
        "__module__": module or "bowline",
        "__qualname__": key,
        "__doc__": f"Auto-generated fallback class for {key}.",
    }
    cls = type(parent)(name, (parent,), namespace)
    # Whole before others find it, without a lock. A parent's `__init_subclass__` has run, and its metaclass runs below.
    equip(cls, index, True)
    try:
        _core.register_class(cls, index)
    except ValueError:
        # Another thread was first.
        found = _core.class_of(index)
        if found is None:
            raise
        return found
    return cls


_core.set_fallback(make_fallback)
