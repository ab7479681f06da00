"""The private names of tvm-ffi's `core` that libraries use which extend its object system.

Upholds: each does what that of tvm-ffi does; `bowline.core` hands them all on under these names. Nothing below uses one.
"""

from __future__ import annotations

from typing import Any

from . import _core, _one_testing
from ._core import CAny, OpaquePyObject
from ._type_info import PENDING, PLAIN, TypeInfo, plain_class


def _type_cls_to_type_info(type_cls: type) -> TypeInfo | None:
    """Return what is known of the type for which exactly this class is registered."""
    index = _core.index_of_class(type_cls)
    if index is None:
        index = next((_core.type_index(key) for key in PLAIN if plain_class(key) is type_cls), None)
        return None if index is None else TypeInfo(index)
    return TypeInfo(index) if _core.class_of(index) is type_cls else None


def _type_index_to_type_info(type_index: int) -> TypeInfo | None:
    """Return what is known of a type; None if there is none of this index."""
    try:
        return TypeInfo(type_index)
    except ValueError:
        return None


def _object_type_key_to_index(type_key: str) -> int | None:
    """Return the index of a type; None if there is none of this key."""
    return _one_testing.find_type_index(type_key)


def _lookup_or_register_type_info_from_type_key(type_key: str) -> TypeInfo:
    """Return what is known of the type with this key."""
    return TypeInfo(_one_testing.type_index(type_key))


_lookup_type_attr = _core.lookup_type_attr
_register_type_attr = _core.register_type_attr


def _register_object_by_index(type_index: int, type_cls: type) -> TypeInfo:
    """Make a class the one that wraps objects of a type."""
    _core.register_class(type_cls, type_index)
    return TypeInfo(type_index)


def _register_py_class(parent_type_info: TypeInfo, type_key: str, type_cls: type) -> TypeInfo:
    """Register a type below another, without fields yet; `_rollback_py_class` takes it back."""
    from .dataclasses._in_steps import register_fields

    info = TypeInfo(_core.new_type(type_key, parent_type_info.type_index))
    PENDING[info.type_index] = type_cls, register_fields
    return info


def _rollback_py_class(type_info: TypeInfo) -> None:
    """Take a registration back, so that its key is free."""
    _core.rollback_type(type_info.type_index)
    PENDING.pop(type_info.type_index, None)


def _to_py_class_value(value: Any) -> Any:
    """Return a value as Python sees it."""
    return value.to_py() if isinstance(value, CAny) else value


def _convert_to_opaque_object(pyobject: Any) -> OpaquePyObject:
    """Return an object that crosses native code as it is, without conversion."""
    return OpaquePyObject(pyobject)


def _set_type_cls(type_info: TypeInfo, type_cls: type) -> None:
    """Make a class the one that wraps objects of a type."""
    _core.register_class(type_cls, type_info.type_index, True)


def _set_class_tensor(cls: type) -> None:
    """Make a subclass of `Tensor` the class of all tensors to come. Libraries with tensors of their own do."""
    from ._tensor import Tensor

    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(f"expected a class that derives from bowline.Tensor, got {cls!r}")
    _core.register_class(cls, _core.type_index("ffi.Tensor"), True)


def _set_class_object(cls: type) -> None:
    """Make a class the one of objects of the root type. Only `Object` itself is."""
    if cls is not _core.class_of(_core.type_index("ffi.Object")):
        raise TypeError(f"the class of plain objects is bowline.Object, and stays that: got {cls!r}")


def _set_class_dtype(cls: type) -> None:
    """Make a class the one of element types. Only `dtype` itself is."""
    if cls is not plain_class("DataType"):
        raise TypeError(f"the class of element types is bowline.dtype, and stays that: got {cls!r}")


def class_now(name: str) -> Any:
    """Return what `core._CLASS_DEVICE` and its kin are at the moment."""
    if name == "_CLASS_DEVICE":
        from . import _device

        return _device._class
    if name == "_CLASS_DTYPE":
        return plain_class("DataType")
    if name == "_CLASS_TENSOR":
        from . import _tensor  # which registers the first

        return _core.class_of(_core.type_index("ffi.Tensor")) or _tensor.Tensor
    return _core.class_of(_core.type_index("ffi.Object"))
