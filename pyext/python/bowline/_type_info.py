"""Views of registered types: their fields, methods and classes.

Upholds: there is one view of a type, which is known by its index.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _core
from ._core import FieldInfo
from ._method import method_of_class


def _dtype_class() -> type:
    from ._dtype import DataType

    return DataType


def _device_class() -> type:
    from ._device import Device

    return Device


def _shape_class() -> type:
    from ._shape import Shape

    return Shape


# By key of what they stand for: classes whose instances are no wrappers. `core` adds its own two.
PLAIN: dict[str, Callable[[], type]] = {"DataType": _dtype_class, "Device": _device_class, "ffi.Shape": _shape_class}


def plain_class(type_key: str) -> type | None:
    """Return the class of a type whose values are no wrappers, such as strings. None for other types."""
    find = PLAIN.get(type_key)
    return None if find is None else find()


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
        return method_of_class(cls, self.name, self.func, self.is_static, self.doc)

    def __repr__(self) -> str:
        return f"TypeMethod({self.name!r}, is_static={self.is_static})"


# Bytes of an object without fields: counts, type index and deleter.
_HEADER_SIZE = 24
# By type index, which is given out once: there is one view of a type.
_KNOWN: dict[int, TypeInfo] = {}
# By type index, of types that wait for their fields. What `_register_fields` calls follows the class; none while hooks run.
PENDING: dict[int, tuple[type, Callable[[int, type, list[Any], int | str | None], None] | None]] = {}
# By type index, of classes that `py_class` made: its options, and `field_markers`.
DECORATOR_ARGS: dict[int, dict[str, Any]] = {}


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
        if known is not None:
            return known
        made = super().__new__(cls)
        made.type_index = type_index
        made.type_key = key
        return _KNOWN.setdefault(type_index, made)

    @property
    def total_size(self) -> int:
        """Bytes of an object, its header included. For a type that does not say, they are those of its parent."""
        size = _core.total_size(self.type_index)
        if size:
            return size
        parent = self.parent_type_info
        return _HEADER_SIZE if parent is None else parent.total_size

    @property
    def _has_type_metadata(self) -> bool:
        """Whether the type itself says how large its objects are. The root does."""
        return bool(_core.total_size(self.type_index)) or self.type_key == "ffi.Object"

    @property
    def type_cls(self) -> type | None:
        """The class of the type's wrappers; None while it has none."""
        waiting, _ = PENDING.get(self.type_index, (None, None))
        return _core.class_of(self.type_index) or waiting or plain_class(self.type_key)

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
    def fields(self) -> list[FieldInfo] | Any:
        """Fields that the type itself declares. None for a type that waits for `_register_fields`."""
        if self.type_index in PENDING:
            return None
        return [field for field in self.all_fields if field.owner == self.type_index]

    @property
    def _decorator_args(self) -> dict[str, Any]:
        """What `py_class` was given for the type, and `field_markers`: marks among annotations. For tools that build on it."""
        try:
            return DECORATOR_ARGS[self.type_index]
        except KeyError:
            raise AttributeError(f"'{self.type_key}' is no type of py_class") from None

    @property
    def methods(self) -> list[TypeMethod]:
        """Methods that the type itself registers."""
        return [TypeMethod(*method) for method in _core.methods_of(self.type_index)]

    def _register_fields(self, fields: list[Any], structure_kind: int | str | None = None) -> None:
        """Give a type from `core._register_py_class` its fields. That goes once."""
        cls, register_fields = PENDING.get(self.type_index, (None, None))
        if cls is None or register_fields is None:
            raise RuntimeError(f"the type '{self.type_key}' has its fields already")
        register_fields(self.type_index, cls, list(fields), structure_kind)
        del PENDING[self.type_index]

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
