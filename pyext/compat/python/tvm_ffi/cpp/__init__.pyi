"""The module `bowline.cpp`."""

from bowline.cpp import build as build
from bowline.cpp import build_inline as build_inline
from bowline.cpp import load as load
from bowline.cpp import load_inline as load_inline
from bowline.cpp import to_cpp_dtype as to_cpp_dtype
