"""C++ extensions are not supported: this package has no headers for them.

Upholds: every name says what to do instead.
"""

from __future__ import annotations

from typing import Any, NoReturn

from ._dtype import dtype

__all__ = ["build", "build_inline", "load", "load_inline", "to_cpp_dtype"]


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        f"cpp.{name} is not supported: this package has no C++ headers to compile against. Build a shared library whose "
        "functions are symbols named __tvm_ffi_<name> by the C calling convention, and load it with load_module"
    )


def build(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise `NotImplementedError`."""
    _refuse("build")


def build_inline(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise `NotImplementedError`."""
    _refuse("build_inline")


def load(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise `NotImplementedError`."""
    _refuse("load")


def load_inline(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise `NotImplementedError`."""
    _refuse("load_inline")


_CPP_TYPES = {
    "bool": "bool",
    "float32": "float",
    "float64": "double",
    **{f"{sign}int{bits}": f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)},
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
    if name not in _CPP_TYPES:
        raise ValueError(f"C++ has no type of its own for {name}")
    return _CPP_TYPES[name]
