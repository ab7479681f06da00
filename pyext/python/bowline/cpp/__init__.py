"""Shared libraries from C++ sources, compiled against tvm-ffi's headers by the system's compiler, and loaded.

The headers are not shipped here: the environment variable ``TVM_FFI_INCLUDE`` names them (see `bowline.libinfo`).
"""

from .dtype import to_cpp_dtype
from .extension import build, build_inline, load, load_inline

__all__ = ["build", "build_inline", "load", "load_inline", "to_cpp_dtype"]
