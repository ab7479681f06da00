"""The module `bowline.dataclasses._py_class`."""

from bowline.dataclasses._py_class import KW_ONLY as KW_ONLY
from bowline.dataclasses._py_class import MISSING as MISSING
from bowline.dataclasses._py_class import _collect_py_methods as _collect_py_methods
from bowline.dataclasses._py_class import method as method
from bowline.dataclasses._py_class import py_class as py_class
from bowline.dataclasses._py_class import register_py_class as register_py_class
