"""The module `bowline.dataclasses._enum`."""

from bowline.dataclasses._enum import ENUM_STATE_ATTR as ENUM_STATE_ATTR
from bowline.dataclasses._enum import Enum as Enum
from bowline.dataclasses._enum import EnumAttrMap as EnumAttrMap
from bowline.dataclasses._enum import EnumState as EnumState
from bowline.dataclasses._enum import IntEnum as IntEnum
from bowline.dataclasses._enum import StrEnum as StrEnum
from bowline.dataclasses._enum import V as V
from bowline.dataclasses._enum import auto as auto
from bowline.dataclasses._enum import entry as entry
