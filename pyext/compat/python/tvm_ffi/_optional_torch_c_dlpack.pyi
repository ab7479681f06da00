"""The module `bowline._optional_torch_c_dlpack`."""

from bowline._optional_torch_c_dlpack import load_torch_c_dlpack_extension as load_torch_c_dlpack_extension
from bowline._optional_torch_c_dlpack import logger as logger
from bowline._optional_torch_c_dlpack import patch_torch_cuda_stream_protocol as patch_torch_cuda_stream_protocol
