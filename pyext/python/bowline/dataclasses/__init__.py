"""Classes whose fields live in native objects.

`py_class` makes a registered type of a class with annotations; the other names work as those of the standard library's
`dataclasses`.
"""

from ._field import KW_ONLY, Field, field
from ._py_class import py_class
from ._tools import asdict, astuple, fields, is_dataclass, replace

__all__ = ["KW_ONLY", "Field", "asdict", "astuple", "field", "fields", "is_dataclass", "py_class", "replace"]
