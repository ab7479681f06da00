"""The root of all wrapper classes, and views of registered types.

Imports ``bowline._core`` and the standard library only.
Upholds: every class below `Object` is known to the native half before it has an instance.
"""

from __future__ import annotations

import abc
import importlib
import threading
from typing import Any

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
FieldGetter = FieldSetter = type([].append)


class TypeMethod:
    """A method that a native type registered.

    Attributes
    ----------
    name : str
        The attribute under which classes show it.
    func : Function
        The native function; takes the object first unless `is_static`.
    is_static : bool
        Whether it is called without an object.
    doc : str or None
        What it does.
    metadata : dict
        What else is known; ``type_schema`` is the JSON text of its type.
    """

    __slots__ = ("doc", "func", "is_static", "metadata", "name")

    def __init__(self, name: str, func: Any, is_static: bool, doc: str | None, metadata: str = "") -> None:
        self.name = name
        self.func = func
        self.is_static = is_static
        self.doc = doc
        self.metadata: dict[str, Any] = {}
        if metadata:
            import json

            self.metadata = json.loads(metadata)

    def as_callable(self, cls: type) -> Any:
        """Return what a class shows under the method's name."""
        from .registry import _method

        return _method(cls, self.name, self.func, self.is_static, self.doc)

    def __repr__(self) -> str:
        return f"TypeMethod({self.name!r}, is_static={self.is_static})"


# By type index: there is one view of a type. Changed under the lock.
_KNOWN: dict[int, TypeInfo] = {}
_KNOWN_LOCK = threading.RLock()


class TypeInfo:
    """What is known of a registered type; the same object each time.

    Attributes
    ----------
    type_index : int
        The number by which native code names the type.
    type_key : str
        Its name.
    """

    __slots__ = ("type_index", "type_key")
    type_index: int
    type_key: str

    def __new__(cls, type_index: int) -> TypeInfo:
        key = _core.type_key(type_index)
        known = _KNOWN.get(type_index)
        # A type whose registration was taken back leaves its index to another.
        if known is not None and known.type_key == key:
            return known
        made = super().__new__(cls)
        made.type_index = type_index
        made.type_key = key
        with _KNOWN_LOCK:
            known = _KNOWN.get(type_index)
            if known is None or known.type_key != key:
                known = _KNOWN[type_index] = made
        return known

    @property
    def total_size(self) -> int:
        """Bytes of an object, its header included; 0 while that is not known."""
        return _core.total_size(self.type_index)

    @property
    def type_cls(self) -> type | None:
        """The class of the type's wrappers; None while it has none."""
        return _core.class_of(self.type_index) or _plain_class(self.type_key)

    @property
    def parent_type_info(self) -> TypeInfo | None:
        """The parent's view; None for the root."""
        parent = _core.parent_index(self.type_index)
        return None if parent is None else TypeInfo(parent)

    @property
    def type_ancestors(self) -> list[int]:
        """Type indices of all ancestors, the root first."""
        found = []
        index = _core.parent_index(self.type_index)
        while index is not None:
            found.append(index)
            index = _core.parent_index(index)
        return found[::-1]

    @property
    def all_fields(self) -> list[FieldInfo]:
        """Inherited and own fields, the root's first."""
        return _core.fields_of(self.type_index)

    @property
    def fields(self) -> list[FieldInfo]:
        """Fields that the type itself declares."""
        return [field for field in self.all_fields if field.owner == self.type_index]

    @property
    def methods(self) -> list[TypeMethod]:
        """Methods that the type itself registers."""
        return [TypeMethod(*method) for method in _core.methods_of(self.type_index)]

    def __reduce__(self) -> tuple[Any, ...]:
        return (_type_info_of_key, (self.type_key,))

    def __repr__(self) -> str:
        return f"TypeInfo({self.type_key!r}, type_index={self.type_index})"


def _type_info_of_key(key: str) -> TypeInfo:
    return TypeInfo(_core.type_index(key))


def type_info(cls: type) -> TypeInfo:
    """Return what is known of a class's type.

    Parameters
    ----------
    cls : type
        A registered class, or one that derives from such a class.

    Raises
    ------
    TypeError
        If neither it nor any class that it derives from is registered.
    """
    index = _core.index_of_class(cls)
    if index is None:
        raise TypeError(f"{cls!r} is not a registered class")
    return TypeInfo(index)


class ObjectMeta(_core.CObjectMeta, abc.ABCMeta):
    """Metaclass of `Object`: instances have no ``__dict__`` unless the class asks for one."""

    def __new__(mcls, name: str, bases: tuple, namespace: dict, /, **kwargs: Any) -> ObjectMeta:
        namespace.setdefault("__slots__", ())
        cls = super().__new__(mcls, name, bases, namespace, **kwargs)
        _core.adjust_class(cls)
        return cls

    @property
    def __tvm_ffi_type_info__(cls) -> TypeInfo:
        return type_info(cls)


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # A user's `__init__` of a `py_class` finds its object made, and may call this one.
        if not self.__chandle__():
            self.__ffi_init__(*args, **kwargs)

    def __ctypes_handle__(self) -> Any:
        """Return the address of the native object as ctypes has it; its value is None when there is none."""
        import ctypes

        return ctypes.c_void_p(self.__chandle__() or None)

    def __repr__(self) -> str:
        return _core.object_text(self)


class _Sentinel(Object):
    """What says something about arguments instead of being one."""

    __slots__ = ()

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
    """Base of the package's classes that are Python values and native ones by turns, such as `String`."""

    __slots__ = ()


class _AlsoPlain(type):
    """Metaclass of `String` and `Bytes`: native strings and bytes come to Python as plain ones, and count as instances."""

    def __instancecheck__(cls, instance: object) -> bool:
        # A class that derives from one of the two has the instances that it made.
        plain = cls.__base__ if PyNativeObject in cls.__bases__ else cls
        return type.__instancecheck__(plain, instance)


class String(str, PyNativeObject, metaclass=_AlsoPlain):
    """A string that went through native code; in all respects a `str`, and every `str` counts as one."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return (str, (str(self),))


class Bytes(bytes, PyNativeObject, metaclass=_AlsoPlain):
    """Bytes that went through native code; in all respects `bytes`, and all `bytes` count as some."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[bytes], tuple[bytes]]:
        return (bytes, (bytes(self),))


class CContainerBase(Object):
    """Base of the four containers."""

    __slots__ = ()


_core.register_class(Object, _core.type_index("ffi.Object"))
_core.set_convertible(ObjectConvertible)

# Names of other modules that this one has too.
_ELSEWHERE = {
    "Function": "function",
    "Error": "error",
    "Tensor": "_tensor",
    "ERROR_NAME_TO_TYPE": "error",
    "ERROR_TYPE_TO_NAME": "error",
    "_convert_to_ffi_error": "error",
    "Device": "_device",
    "DLDeviceType": "_device",
    "DataType": "_dtype",
    "Shape": "_shape",
}


def __getattr__(name: str) -> Any:
    if name == "_CLASS_DEVICE":
        from . import _device

        return _device._class
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_ELSEWHERE[name]}", __package__), name)
    globals()[name] = value
    return value


def object_repr(obj: CObject) -> str:
    """Return the text of a wrapper, whatever its class says."""
    return _core.object_text(obj)


# What libraries that extend the object system use.


# Classes whose instances are no wrappers, by the keys of what they stand for.
_PLAIN = {"DataType": "DataType", "Device": "Device", "ffi.Shape": "Shape", "ffi.String": "String", "ffi.Bytes": "Bytes"}


def _plain_class(type_key: str) -> type | None:
    name = _PLAIN.get(type_key)
    return None if name is None else getattr(importlib.import_module(__name__), name)


def _type_cls_to_type_info(type_cls: type) -> TypeInfo | None:
    """Return what is known of the type for which exactly this class is registered."""
    index = _core.index_of_class(type_cls)
    if index is None:
        index = next((_core.type_index(key) for key in _PLAIN if _plain_class(key) is type_cls), None)
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
    try:
        return _core.type_index(type_key)
    except ValueError:
        return None


def _lookup_or_register_type_info_from_type_key(type_key: str) -> TypeInfo:
    """Return what is known of the type with this key."""
    return TypeInfo(_core.type_index(type_key))


_lookup_type_attr = _core.lookup_type_attr
_register_type_attr = _core.register_type_attr


def _register_object_by_index(type_index: int, type_cls: type) -> TypeInfo:
    """Make a class the one that wraps objects of a type."""
    _core.register_class(type_cls, type_index)
    return TypeInfo(type_index)


def _register_py_class(parent_type_info: TypeInfo, type_key: str, type_cls: type) -> TypeInfo:
    """Register a type below another, without fields yet; `_rollback_py_class` takes it back."""
    return TypeInfo(_core.new_type(type_key, parent_type_info.type_index))


def _rollback_py_class(type_info: TypeInfo) -> None:
    """Take a registration back, so that its key is free."""
    _core.rollback_type(type_info.type_index)


def _to_py_class_value(value: Any) -> Any:
    """Return a value as Python sees it."""
    return value.to_py() if isinstance(value, CAny) else value


def _convert_to_ffi_func(pyfunc: Any, tensor_cls: type | None = None) -> Any:
    """Return the Function that calls a callable."""
    from ._convert import convert_func

    return convert_func(pyfunc, tensor_cls)


def _convert_to_opaque_object(pyobject: Any) -> OpaquePyObject:
    """Return an object that crosses native code as it is, even if it could be converted."""
    return OpaquePyObject(pyobject)


def _set_class_device(cls: type) -> None:
    """Make a class below `Device` that of all devices to come."""
    from . import _device

    _device.set_class(cls)
