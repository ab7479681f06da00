"""The root of all wrapper classes, and the names that tvm-ffi's module `core` has.

Upholds: every class below `Object` is known to the native half before it has an instance.
"""

from __future__ import annotations

import abc
import importlib
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

from . import _core
from ._core import (
    CAny,
    CObject,
    FieldInfo,
    FieldProperty,
    ObjectRValueRef,
    OpaquePyObject,
    TypeSchema,
)
from ._declared import expect_one_line, is_own
from ._type_info import PLAIN, TypeInfo, TypeMethod, type_info

if TYPE_CHECKING:
    # Of higher files: `__getattr__` below finds them when they are asked for.
    from ._device import Device as Device
    from ._device import DLDeviceType as DLDeviceType
    from ._dtype import DataType as DataType
    from ._shape import Shape as Shape
    from ._tensor import Tensor as Tensor
    from ._tensor import from_dlpack as from_dlpack
    from .error import ERROR_NAME_TO_TYPE as ERROR_NAME_TO_TYPE
    from .error import ERROR_TYPE_TO_NAME as ERROR_TYPE_TO_NAME
    from .error import Error as Error
    from .function import Function as Function

__all__ = [
    "KWARGS",
    "MISSING",
    "Bytes",
    "CAny",
    "CContainerBase",
    "CObject",
    "FFIProperty",
    "FieldGetter",
    "FieldSetter",
    "Object",
    "ObjectConvertible",
    "ObjectMeta",
    "ObjectRValueRef",
    "OpaquePyObject",
    "PyNativeObject",
    "String",
    "TypeField",
    "TypeInfo",
    "TypeMethod",
    "TypeSchema",
    "type_info",
]

FFIProperty = FieldProperty
TypeField = FieldInfo
# What `TypeField.getter` and `TypeField.setter` are.
FieldGetter: type = type([].append)
FieldSetter: type = FieldGetter


# Modules whose frames stand between a call that makes a class and the metaclass.
_MAKERS = ("abc", "types", "typing", "dataclasses")


def _module_of_caller() -> str:
    """Return the module of the code that makes a class by a call. `type` would take that of `abc`."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_globals.get("__name__")
        if isinstance(name, str) and name not in _MAKERS and not name.startswith("bowline."):
            return name
        frame = frame.f_back
    return __name__


def _without_internals(names: Iterable[str]) -> list[str]:
    """Leave out what classes keep for the package's own use."""
    return [name for name in names if not name.startswith("__bowline_")]


if TYPE_CHECKING:
    from abc import ABCMeta as _ProtocolMeta
else:
    # That of protocols, so that a class may have some among its bases. It is an `ABCMeta`.
    _ProtocolMeta = type(Protocol)


class ObjectMeta(_core.CObjectMeta, _ProtocolMeta):
    """Metaclass of `Object`: instances have no ``__dict__`` unless the class asks for one."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **kwargs: Any) -> ObjectMeta:
        if type(namespace) is dict:
            # It may be the caller's, who made the class without a class statement.
            namespace = dict(namespace)
        namespace.setdefault("__slots__", ())
        if "__module__" not in namespace:
            namespace["__module__"] = _module_of_caller()
        cls = super().__new__(mcls, name, bases, namespace, **kwargs)
        if len(bases) > 1:
            expect_one_line(cls, is_own)
        _core.adjust_class(cls)
        return cls

    # Protocols look at attributes, which takes time; classes of objects are none.
    __instancecheck__ = abc.ABCMeta.__instancecheck__
    __subclasscheck__ = abc.ABCMeta.__subclasscheck__

    def __dir__(cls) -> list[str]:
        return _without_internals(super().__dir__())

    @property
    def __tvm_ffi_type_info__(cls) -> TypeInfo:
        return type_info(cls)

    @__tvm_ffi_type_info__.setter
    def __tvm_ffi_type_info__(cls, info: TypeInfo) -> None:
        # Libraries that register a class step by step set it. It is known already, and cannot be that of another type.
        if info is not type_info(cls):
            raise TypeError(f"the type of {cls!r} is {type_info(cls)!r}, and cannot become {info!r}")


class Object(_core.CObject, metaclass=ObjectMeta):
    """Base of all wrappers: one native object has one wrapper.

    Two reads of a field give the same wrapper, at the same address, for as long as the native object lives. A subclass
    has no ``__dict__``; it may ask for one, or for slots, with ``__slots__``.

    Examples
    --------
    >>> import bowline
    >>> @bowline.py_class("doc.core.Node")
    ... class Node(bowline.Object):
    ...     next: "Node | None" = None
    >>> inner = Node()
    >>> outer = Node(inner)
    >>> outer.next is inner
    True
    >>> address = id(inner)
    >>> del inner
    >>> id(outer.next) == address
    True
    """

    def __init__(self, /, *args: Any, **kwargs: Any) -> None:
        # A user's `__init__` of a `py_class` finds its object made, and may call this one.
        if not self.__chandle__():
            self.__ffi_init__(*args, **kwargs)

    def __ctypes_handle__(self) -> Any:
        """Return the address of the native object for ctypes. Its value is None when there is no object."""
        import ctypes

        return ctypes.c_void_p(self.__chandle__() or None)

    def __repr__(self) -> str:
        return _core.object_text(self)

    def __dir__(self) -> list[str]:
        return _without_internals(super().__dir__())

    def __rich_repr__(self) -> Any:
        if type(self).__repr__ is not Object.__repr__ or not self.__chandle__():
            return None
        from ._repr_parts import rich_parts

        return rich_parts(self)


class _Sentinel(Object):
    """What says something about arguments instead of being one."""

    __slots__ = ()
    if TYPE_CHECKING:
        name: Any

    def __reduce__(self) -> str:
        return self.name  # that of a global of this module


#: "Not given": an argument that leaves a parameter its default. It is one native object, in all languages.
MISSING: Any
#: "Names follow": behind it, positional arguments of `__ffi_init__` are names and values by turns.
KWARGS: Any
MISSING, KWARGS = _core.sentinels(_Sentinel)
_Sentinel.name = _core.field_property(_core.index_of_class(_Sentinel), "name")


class ObjectConvertible:
    """Base of classes whose instances stand for native objects: `asobject` returns the one."""

    __slots__ = ()

    def asobject(self) -> Object:
        """Return the native object.

        Raises
        ------
        NotImplementedError
            If the class does not say what it is.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define asobject()")


class PyNativeObject:
    """Base of classes whose instances are Python values and native ones, such as `String`."""

    __slots__ = ()
    #: The native object that an instance keeps: none. It is made when native code gets the value.
    _tvm_ffi_cached_object: Object | None = None


class _AlsoPlain(type):
    """Metaclass of `String` and `Bytes`, which counts plain strings and bytes as instances."""

    def __instancecheck__(cls, instance: object) -> bool:
        # A class that derives from one of the two has the instances that it made.
        plain = cls.__base__ if PyNativeObject in cls.__bases__ else cls
        return type.__instancecheck__(plain, instance)  # type: ignore[arg-type]


class String(str, PyNativeObject, metaclass=_AlsoPlain):
    """A string that went through native code. It is a `str` in all respects, and every `str` counts as an instance."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return (str, (str(self),))


class Bytes(bytes, PyNativeObject, metaclass=_AlsoPlain):
    """Bytes that went through native code. It is `bytes` in all respects, and all `bytes` count as instances."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[bytes], tuple[bytes]]:
        return (bytes, (bytes(self),))


PLAIN["ffi.String"] = lambda: String
PLAIN["ffi.Bytes"] = lambda: Bytes


class CContainerBase(Object):
    """Base of the four containers."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        from ._repr_parts import show_cut

        show_cut(self, printer)


#: Functions that say the address of an instance, by its exact class. They are for classes that cannot say it by
#: ``__tvm_ffi_opaque_ptr__``.
#: The table is asked at each call: classes may be added and taken out at any time.
_OPAQUE_PTR_HANDLERS: dict[type, Callable[[Any], int | None]] = _core.opaque_ptr_handlers()

_core.register_class(Object, _core.type_index("ffi.Object"))
_core.set_convertible(ObjectConvertible)

# Names of higher modules that this one hands on, to others than the package itself.
_ELSEWHERE = {
    "Function": "function",
    "Error": "error",
    "Tensor": "_tensor",
    "ERROR_NAME_TO_TYPE": "error",
    "ERROR_TYPE_TO_NAME": "error",
    "_convert_to_ffi_error": "error",
    "_convert_to_ffi_func": "_convert",
    "_set_class_device": "_device",
    "Device": "_device",
    "DLDeviceType": "_device",
    "DataType": "_dtype",
    "Shape": "_shape",
    "from_dlpack": "_tensor",
    "DLTensorTestWrapper": "_dlpack_only",
    **dict.fromkeys(
        (
            "_type_cls_to_type_info",
            "_type_index_to_type_info",
            "_object_type_key_to_index",
            "_lookup_or_register_type_info_from_type_key",
            "_lookup_type_attr",
            "_register_type_attr",
            "_register_object_by_index",
            "_register_py_class",
            "_rollback_py_class",
            "_to_py_class_value",
            "_convert_to_opaque_object",
            "_set_class_dtype",
            "_set_class_object",
            "_set_class_tensor",
            "_set_type_cls",
        ),
        "_compat",
    ),
}


# Which class values of a kind get at the moment.
_CLASSES = ("_CLASS_DEVICE", "_CLASS_DTYPE", "_CLASS_OBJECT", "_CLASS_TENSOR")
_OPTIONAL = ("torch", "ml_dtypes", "cuda_driver")


if not TYPE_CHECKING:  # Checkers would take any name for one that it knows.

    def __getattr__(name: str) -> Any:
        if name in _CLASSES:
            return importlib.import_module("._compat", __package__).class_now(name)
        if name in _OPTIONAL:
            # Packages that tvm-ffi looks for when it is imported. They are looked for here when a value of theirs comes.
            return sys.modules.get(name)
        if name not in _ELSEWHERE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f".{_ELSEWHERE[name]}", __package__), name)
        globals()[name] = value
        return value


def object_repr(obj: CObject) -> str:
    """Return the text of a wrapper, whatever its class says."""
    return _core.object_text(obj)
