"""The module `bowline.dataclasses._py_class`."""

from bowline.dataclasses._py_class import py_class as py_class
from bowline.dataclasses._py_class import register_py_class as register_py_class
