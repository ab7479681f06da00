"""The root of all wrapper classes, and views of registered types.

Imports ``bowline._core`` and the standard library only.
Upholds: every class below `Object` is known to the native half before it has an instance.
"""

from __future__ import annotations

import abc
from typing import Any

from . import _core
from ._core import KWARGS, MISSING, FieldInfo, FieldProperty, TypeSchema

__all__ = [
    "KWARGS",
    "MISSING",
    "Bytes",
    "FFIProperty",
    "Object",
    "ObjectMeta",
    "String",
    "TypeField",
    "TypeInfo",
    "TypeMethod",
    "TypeSchema",
    "type_info",
]

FFIProperty = FieldProperty
TypeField = FieldInfo


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
    """

    __slots__ = ("doc", "func", "is_static", "name")

    def __init__(self, name: str, func: Any, is_static: bool, doc: str | None) -> None:
        self.name = name
        self.func = func
        self.is_static = is_static
        self.doc = doc

    def __repr__(self) -> str:
        return f"TypeMethod({self.name!r}, is_static={self.is_static})"


class TypeInfo:
    """What is known of a registered type.

    Attributes
    ----------
    type_index : int
        The number by which native code names the type.
    type_key : str
        Its name.
    """

    __slots__ = ("type_index", "type_key")

    def __init__(self, type_index: int) -> None:
        self.type_index = type_index
        self.type_key: str = _core.type_key(type_index)

    @property
    def type_cls(self) -> type | None:
        """The class of the type's wrappers; None while it has none."""
        return _core.class_of(self.type_index)

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

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TypeInfo):
            return NotImplemented
        return self.type_index == other.type_index

    def __hash__(self) -> int:
        return hash(self.type_index)

    def __repr__(self) -> str:
        return f"TypeInfo({self.type_key!r}, type_index={self.type_index})"


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
    def __signature__(cls) -> Any:
        # Only `inspect.signature` asks; the classes' own `__init__` is often a C function, which cannot say.
        from .dataclasses._signature import signature_of

        return signature_of(cls)

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

    def __repr__(self) -> str:
        from ._repr import repr_object

        return repr_object(self)


class String(str):
    """A string that went through `convert`; in all respects a `str`."""

    __slots__ = ()


class Bytes(bytes):
    """Bytes that went through `convert`; in all respects `bytes`."""

    __slots__ = ()


_core.register_class(Object, _core.type_index("ffi.Object"))
