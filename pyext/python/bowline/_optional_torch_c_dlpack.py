"""What tvm-ffi builds or loads for old versions of torch. Here there is nothing to do.

Upholds: torch's tensors cross by torch's own exchange API, or by DLPack's capsules where torch has none.
"""

from __future__ import annotations

import logging
from typing import Any

__all__ = ["load_torch_c_dlpack_extension", "logger", "patch_torch_cuda_stream_protocol"]

logger = logging.getLogger(__name__)


def load_torch_c_dlpack_extension() -> None:
    """Return None: no extension is needed, and none is built."""


def _torch_extension_device(torch_module: Any) -> str:
    """Return which devices a module of torch is for: ``cpu``, ``cuda`` or ``rocm``. Tools ask before they build for it."""
    if not torch_module.cuda.is_available():
        return "cpu"
    version = torch_module.version
    is_rocm = getattr(version, "cuda", None) is None and getattr(version, "hip", None) is not None
    return "rocm" if is_rocm else "cuda"


def patch_torch_cuda_stream_protocol() -> None:
    """Give torch's streams ``__cuda_stream__`` where they lack it, if torch is there."""
    try:
        import torch
    except ImportError:
        return
    stream = torch.cuda.Stream
    if not hasattr(stream, "__cuda_stream__"):
        stream.__cuda_stream__ = lambda self: (0, self.cuda_stream)
