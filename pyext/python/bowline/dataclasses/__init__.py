"""Classes whose fields live in native objects.

`py_class` makes a registered type of a class with annotations, `c_class` gives a native type a class, `Enum` makes an
enumeration; the other names work as those of the standard library's `dataclasses`.
"""

from .. import _pretty  # noqa: F401, lets `pprint` know objects
from ..core import MISSING, Object
from . import _reduction as _reduction  # for the reducers that it registers
from ._c_class import c_class
from ._field import KW_ONLY, Field, field
from ._init_property import init_property
from ._method import method
from ._py_class import py_class
from ._tools import asdict, astuple, fields, is_dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._enum import Enum as Enum
    from ._enum import EnumAttrMap as EnumAttrMap
    from ._enum import EnumState as EnumState
    from ._enum import IntEnum as IntEnum
    from ._enum import StrEnum as StrEnum
    from ._enum import auto as auto
    from ._enum import entry as entry

_ENUM = ("Enum", "EnumAttrMap", "EnumState", "IntEnum", "StrEnum", "auto", "entry")

__all__ = [
    "KW_ONLY",
    "MISSING",
    "Enum",
    "EnumAttrMap",
    "EnumState",
    "Field",
    "IntEnum",
    "Object",
    "StrEnum",
    "asdict",
    "astuple",
    "auto",
    "c_class",
    "entry",
    "field",
    "fields",
    "init_property",
    "is_dataclass",
    "method",
    "py_class",
    "replace",
]


if not TYPE_CHECKING:  # Checkers would take any name for one that it knows.

    def __getattr__(name: str) -> object:
        if name == "common":
            # What tvm-ffi's module of that name has.
            from . import _tools

            return _tools
        # Enumerations register native classes, which who has none need not pay for.
        if name != "enum" and name not in _ENUM:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import _enum

        globals().update({known: getattr(_enum, known) for known in _ENUM}, enum=_enum)
        return globals()[name]
