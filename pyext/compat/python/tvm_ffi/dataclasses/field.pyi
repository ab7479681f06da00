"""The module `bowline.dataclasses._field`."""

from bowline.dataclasses._field import KW_ONLY as KW_ONLY
from bowline.dataclasses._field import Field as Field
from bowline.dataclasses._field import field as field
