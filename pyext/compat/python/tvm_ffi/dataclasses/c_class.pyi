"""The module `bowline.dataclasses._c_class`."""

from bowline.dataclasses._c_class import c_class as c_class
