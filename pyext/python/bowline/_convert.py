"""The native form of Python values.

Upholds: what is native already is returned as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _core
from .core import _OPAQUE_PTR_HANDLERS, Bytes, OpaquePyObject, PyNativeObject, String

__all__ = ["convert", "convert_func"]

_AS_THEY_ARE = (_core.CObject, PyNativeObject, OpaquePyObject, bool, int, float, type(None))


def convert(value: Any) -> Any:
    """Return what a value becomes when it goes to native code.

    Parameters
    ----------
    value : Any
        Wrappers, numbers, None, element types, devices and ``ctypes.c_void_p`` are returned as they are. Lists and tuples
        become `Array`, dicts `Map`, callables `Function`, strings `String`, bytes `Bytes`, exceptions `Error`. A value that
        stands for an object becomes that object, one that exports a tensor a `Tensor`. All others become `OpaquePyObject`.

    Examples
    --------
    >>> import bowline
    >>> bowline.convert([1, (2, "three")])
    (1, (2, "three"))
    >>> bowline.convert("text")
    'text'
    >>> payload = object()
    >>> bowline.convert(payload).pyobject() is payload
    True
    """
    if type(value) in _CONTAINERS:
        return _core.convert(value)
    if isinstance(value, _AS_THEY_ARE) or hasattr(type(value), "__ffi_plain__"):
        return value
    if isinstance(value, str):
        return String(value)
    if isinstance(value, bytes | bytearray):
        return Bytes(value)
    if not any(hasattr(type(value), name) for name in _CONVERTED):
        says = any(hasattr(type(value), name) for name in _LEFT_ALONE)
        if says or type(value) in _OPAQUE_PTR_HANDLERS:
            return value
    found = _core.convert(value)
    return OpaquePyObject(value) if found is value else found


# Classes without any of the protocols below.
_CONTAINERS = (list, tuple, dict)

# Protocols that say what a value is now. They come before those of the next table.
_CONVERTED = ("__tvm_ffi_object__", "__dlpack__", "__dlpack_c_exchange_api__")

# Protocols by which a value says what it is when it is used, not before.
_LEFT_ALONE = (
    "__tvm_ffi_int__",
    "__tvm_ffi_float__",
    "__tvm_ffi_value__",
    "__tvm_ffi_opaque_ptr__",
    "__cuda_stream__",
)


def convert_func(pyfunc: Callable[..., Any], tensor_cls: type | None = None) -> Any:
    """Return the Function that calls a Python callable.

    Parameters
    ----------
    pyfunc : callable
        The callable.
    tensor_cls : type, optional
        A class of tensors of another library, which must expose ``__dlpack_c_exchange_api__``: tensors among the
        arguments, and in containers, come as its instances.

    Raises
    ------
    TypeError
        If `pyfunc` cannot be called, or `tensor_cls` exposes no exchange API.

    Examples
    --------
    >>> import bowline
    >>> bowline.convert_func(lambda x: 2 * x)(21)
    42
    """
    if tensor_cls is None:
        return _core.function_from_callable(pyfunc)
    return _core.function_from_callable_of(pyfunc, tensor_cls)


# The name that libraries find in `bowline.core`.
_convert_to_ffi_func = convert_func
