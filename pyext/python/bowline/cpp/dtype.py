"""The C++ types of element types.

Upholds: an element type without a C++ type of its own is refused.
"""

from __future__ import annotations

from typing import Any

from .._dtype import dtype

__all__ = ["CPU_DTYPE_MAP", "CUDA_DTYPE_MAP", "ROCM_DTYPE_MAP", "to_cpp_dtype"]

#: Those of the language itself.
CPU_DTYPE_MAP = {
    "bool": "bool",
    "float32": "float",
    "float64": "double",
    **{f"{sign}int{bits}": f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}
#: Those of CUDA's headers.
CUDA_DTYPE_MAP = {
    "bfloat16": "__nv_bfloat16",
    "float16": "__half",
    "float4_e2m1": "__nv_fp4_e2m1",
    "float4_e2m1fn_x2": "__nv_fp4x2_e2m1",
    "float8_e4m3fn": "__nv_fp8_e4m3",
    "float8_e5m2": "__nv_fp8_e5m2",
    "float8_e8m0fnu": "__nv_fp8_e8m0",
}
#: Those of ROCm's headers.
ROCM_DTYPE_MAP = {
    "bfloat16": "__hip_bfloat16",
    "float16": "__half",
    "float4_e2m1": "__hip_fp4_e2m1",
    "float4_e2m1fn_x2": "__hip_fp4x2_e2m1",
    "float8_e4m3fn": "__hip_fp8_e4m3",
    "float8_e4m3fnuz": "__hip_fp8_e4m3_fnuz",
    "float8_e5m2": "__hip_fp8_e5m2",
    "float8_e5m2fnuz": "__hip_fp8_e5m2_fnuz",
}


def to_cpp_dtype(dtype_str: Any) -> str:
    """Return the C++ type of an element type.

    Parameters
    ----------
    dtype_str : str or dtype
        The element type, or one of NumPy or torch.

    Raises
    ------
    ValueError
        If C++ has none of its own.

    Examples
    --------
    >>> to_cpp_dtype("uint8")
    'uint8_t'
    """
    name = str(dtype(dtype_str))
    if name not in CPU_DTYPE_MAP:
        raise ValueError(f"C++ has no type of its own for {name}")
    return CPU_DTYPE_MAP[name]
