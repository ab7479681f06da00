"""The module `bowline.utils.unpack_dataclass`."""

from bowline.utils.unpack_dataclass import UNPACK as UNPACK
from bowline.utils.unpack_dataclass import unpack_dataclass_to_tuple as unpack_dataclass_to_tuple
