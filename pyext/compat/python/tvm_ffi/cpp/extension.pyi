"""The module `bowline.cpp.extension`."""

from bowline.cpp.extension import IS_WINDOWS as IS_WINDOWS
from bowline.cpp.extension import build as build
from bowline.cpp.extension import build_inline as build_inline
from bowline.cpp.extension import load as load
from bowline.cpp.extension import load_inline as load_inline
from bowline.cpp.extension import logger as logger
