"""Dataclasses of the standard library as tuples.

Upholds: what is no dataclass, list, tuple or dict stays the same object.
"""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = ["UNPACK", "unpack_dataclass_to_tuple"]

#: How `make_kwargs_wrapper` calls `unpack_dataclass_to_tuple` in the code that it makes.
UNPACK = "unpack"

# The names of a dataclass's fields, kept in its own namespace. A class that is gone leaves nothing.
_FIELDS = "__bowline_field_names__"


def unpack_dataclass_to_tuple(x: Any) -> Any:
    """Return a value in which dataclasses are tuples of their fields, at any depth.

    Lists and tuples are gone through item by item and keep their type; dicts by value. Everything else is returned as it is.

    Examples
    --------
    >>> import dataclasses
    >>> from bowline.utils import unpack_dataclass_to_tuple
    >>> @dataclasses.dataclass
    ... class Shape:
    ...     height: int
    ...     width: int
    >>> unpack_dataclass_to_tuple([Shape(2, 3), "x"])
    [(2, 3), 'x']
    """
    cls = type(x)
    names = cls.__dict__.get(_FIELDS)
    if names is None:
        if cls is list:
            return [unpack_dataclass_to_tuple(item) for item in x]
        if cls is tuple:
            return tuple(unpack_dataclass_to_tuple(item) for item in x)
        if isinstance(x, tuple) and hasattr(cls, "_make"):
            return cls._make(unpack_dataclass_to_tuple(item) for item in x)
        if isinstance(x, (list, tuple)):
            return cls(unpack_dataclass_to_tuple(item) for item in x)
        if isinstance(x, dict):
            return {key: unpack_dataclass_to_tuple(value) for key, value in x.items()}
        if not dataclasses.is_dataclass(cls):
            return x
        names = tuple(field.name for field in dataclasses.fields(cls))
        setattr(cls, _FIELDS, names)
    return tuple([unpack_dataclass_to_tuple(getattr(x, name)) for name in names])
