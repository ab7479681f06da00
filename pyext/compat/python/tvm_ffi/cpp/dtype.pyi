"""The module `bowline.cpp.dtype`."""

from bowline.cpp.dtype import CPU_DTYPE_MAP as CPU_DTYPE_MAP
from bowline.cpp.dtype import CUDA_DTYPE_MAP as CUDA_DTYPE_MAP
from bowline.cpp.dtype import ROCM_DTYPE_MAP as ROCM_DTYPE_MAP
from bowline.cpp.dtype import to_cpp_dtype as to_cpp_dtype
