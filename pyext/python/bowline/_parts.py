"""Which objects have parts, and which of them are containers.

Upholds: containers, functions and errors count as no classes with fields, though their types have some.
"""

from __future__ import annotations

from typing import Any

from . import _core

SEQUENCES = (_core.CArray, _core.CList)
MAPPINGS = (_core.CMap, _core.CDict)


def has_fields(cls: type[Any]) -> bool:
    """Return whether a class is registered and its instances are shown by their fields."""
    if not issubclass(cls, _core.CObject) or issubclass(cls, (*SEQUENCES, *MAPPINGS, _core.CFunction, _core.CError)):
        return False
    index = _core.index_of_class(cls)
    return index is not None and _core.is_defined(index)
