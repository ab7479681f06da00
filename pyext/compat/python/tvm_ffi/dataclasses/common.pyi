"""The module `bowline.dataclasses._tools`."""

from bowline.dataclasses._tools import asdict as asdict
from bowline.dataclasses._tools import astuple as astuple
from bowline.dataclasses._tools import fields as fields
from bowline.dataclasses._tools import is_dataclass as is_dataclass
from bowline.dataclasses._tools import replace as replace
