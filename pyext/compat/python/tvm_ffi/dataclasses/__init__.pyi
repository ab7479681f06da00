"""The module `bowline.dataclasses`."""

from bowline.dataclasses import KW_ONLY as KW_ONLY
from bowline.dataclasses import MISSING as MISSING
from bowline.dataclasses import Enum as Enum
from bowline.dataclasses import EnumAttrMap as EnumAttrMap
from bowline.dataclasses import EnumState as EnumState
from bowline.dataclasses import Field as Field
from bowline.dataclasses import IntEnum as IntEnum
from bowline.dataclasses import Object as Object
from bowline.dataclasses import StrEnum as StrEnum
from bowline.dataclasses import asdict as asdict
from bowline.dataclasses import astuple as astuple
from bowline.dataclasses import auto as auto
from bowline.dataclasses import c_class as c_class
from bowline.dataclasses import entry as entry
from bowline.dataclasses import field as field
from bowline.dataclasses import fields as fields
from bowline.dataclasses import init_property as init_property
from bowline.dataclasses import is_dataclass as is_dataclass
from bowline.dataclasses import method as method
from bowline.dataclasses import py_class as py_class
from bowline.dataclasses import replace as replace
