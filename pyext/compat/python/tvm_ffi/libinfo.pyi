"""The module `bowline.libinfo`."""

from bowline.libinfo import LIB as LIB
from bowline.libinfo import find_cmake_path as find_cmake_path
from bowline.libinfo import find_cython_lib as find_cython_lib
from bowline.libinfo import find_dlpack_include_path as find_dlpack_include_path
from bowline.libinfo import find_include_path as find_include_path
from bowline.libinfo import find_libtvm_ffi as find_libtvm_ffi
from bowline.libinfo import find_python_helper_include_path as find_python_helper_include_path
from bowline.libinfo import find_source_path as find_source_path
from bowline.libinfo import find_windows_implib as find_windows_implib
from bowline.libinfo import include_paths as include_paths
from bowline.libinfo import load_lib_ctypes as load_lib_ctypes
from bowline.libinfo import load_lib_module as load_lib_module
