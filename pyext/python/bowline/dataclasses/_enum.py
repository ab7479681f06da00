"""Enumerations: classes with a fixed set of instances, which native code knows as one object each.

Imports `bowline.core` and the other files of this folder.
Upholds: a variant is one object, whatever way it comes, copies and pickles included; the variants of a type and what is said
of them are in one native object, an attribute of the type.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, ClassVar, Generic, TypeVar

from .. import _core
from ..container import Dict
from ..core import MISSING, Object, ObjectMeta
from ..registry import register_object
from . import _annotation
from ._py_class import LOCK, register_py_class

_STATE = "__ffi_enum__"
_INT64 = range(-(2**63), 2**63)
V = TypeVar("V")


class _Entry:
    """A variant to be: what its fields shall hold."""

    __slots__ = ("args", "kwargs")

    def __init__(self, args: tuple, kwargs: dict[str, Any]) -> None:
        self.args = args
        self.kwargs = kwargs

    def __repr__(self) -> str:
        given = [*(repr(value) for value in self.args), *(f"{name}={value!r}" for name, value in self.kwargs.items())]
        return f"entry({', '.join(given)})"


def entry(*args: Any, **kwargs: Any) -> Any:
    """Declare a variant in the body of an `Enum`.

    Parameters
    ----------
    *args, **kwargs
        Values of the fields that the class declares.
    """
    return _Entry(args, kwargs)


def auto() -> Any:
    """Declare a variant without fields of its own in the body of an `Enum`."""
    return _Entry((), {})


class _EnumMeta(ObjectMeta):
    """Metaclass of enumerations: calling the class finds a variant, iterating goes through them."""

    def __new__(mcls, name: str, bases: tuple, namespace: dict, /, **kwargs: Any) -> _EnumMeta:
        return super().__new__(mcls, name, bases, namespace)

    def __init__(
        cls, name: str, bases: tuple, namespace: dict, /, type_key: str | None = None, is_base: bool = False
    ) -> None:
        super().__init__(name, bases, namespace)
        if not is_base:
            _declare(cls, type_key or f"{cls.__module__}.{cls.__qualname__}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) != 1 or kwargs:
            raise TypeError(f"{cls.__name__}() takes one argument, the value of a variant; variants are declared in its body")
        (value,) = args
        if type(value) is cls:
            return value
        _check_range(value)
        found = _find(cls, value)
        if found is None:
            raise ValueError(f"{value!r} is not a valid {cls.__name__}")
        return found

    def __iter__(cls) -> Iterator[Any]:
        return iter(list(_state(cls).entries))

    def __len__(cls) -> int:
        return len(_state(cls).entries)

    def __bool__(cls) -> bool:
        return True


class EnumState(Object):
    """The variants of an enumeration, and what is said of them.

    Attributes
    ----------
    entries : List
        The variants in the order of their registration.
    indexes : Dict
        The variants by number and by name.
    attrs : Dict
        By name of an attribute: a Dict from variants to values.
    """


register_object("ffi.EnumState", init=False)(EnumState)


class EnumAttrMap(Generic[V]):
    """What is said of an enumeration's variants under one name; made by `Enum.def_attr`."""

    __slots__ = ("_default", "_enum_cls", "_name")

    def __init__(self, enum_cls: type, name: str, default: Any = MISSING) -> None:
        self._enum_cls = enum_cls
        self._name = name
        self._default = default

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    def _check(self, variant: Any) -> None:
        if not isinstance(variant, self._enum_cls):
            raise TypeError(f"expected {self._enum_cls.__name__}, got {type(variant).__name__}")

    def _column(self) -> Any:
        return _state(self._enum_cls).attrs.get(self._name, ())

    def __getitem__(self, variant: Any) -> V:
        self._check(variant)
        found = self.get(variant, self._default)
        if found is MISSING:
            raise KeyError(f"{variant!r} has no extensible attribute {self._name!r}")
        return found

    def __setitem__(self, variant: Any, value: V) -> None:
        self._check(variant)
        _state(self._enum_cls).attrs.setdefault(self._name, Dict())[variant] = value

    def __contains__(self, variant: object) -> bool:
        self._check(variant)
        return variant in self._column()

    def get(self, variant: Any, default: Any = None) -> Any:
        """Return what is said of a variant, or `default`."""
        self._check(variant)
        column = self._column()
        return column.get(variant, default) if column else default


class Enum(Object, metaclass=_EnumMeta, is_base=True):
    """An enumeration.

    Parameters
    ----------
    type_key : str, optional
        Of the class statement: the type's key; of an existing native enumeration this class becomes the class of that.

    Examples
    --------
    >>> import bowline
    >>> from bowline.dataclasses import Enum, entry
    >>> class Unit(Enum, type_key="doc.enum.Unit"):
    ...     bits: int
    ...     byte = entry(bits=8)
    ...     word = entry(bits=64)
    >>> Unit.byte, Unit("word") is Unit.word, [unit.bits for unit in Unit]
    (doc.enum.Unit.byte, True, [8, 64])
    >>> price = Unit.def_attr("price", default=0)
    >>> price[Unit.byte] = 5
    >>> price[Unit.byte], price[Unit.word]
    (5, 0)
    """

    @classmethod
    def get(cls, index: int | str) -> Any:
        """Return the variant of a name or number.

        Raises
        ------
        KeyError
            If there is none.
        OverflowError
            For a number that is outside the int64 range.
        """
        _check_range(index)
        found = _find(cls, index)
        if found is None:
            raise KeyError(index)
        return found

    @classmethod
    def all_entries(cls) -> Iterator[Any]:
        """Return an iterator over the variants in the order of their registration."""
        return iter(cls)

    @classmethod
    def def_attr(cls, name: str, default: Any = MISSING) -> EnumAttrMap[Any]:
        """Return the map under which something is said of the variants.

        Parameters
        ----------
        name : str
            Under which name native code and other calls find it, too.
        default : optional
            What it gives for variants of which nothing was said; without it those are a KeyError.
        """
        if not isinstance(name, str):
            raise TypeError(f"name must be str, got {type(name).__name__}")
        return EnumAttrMap(cls, name, default)

    def __repr__(self) -> str:
        return f"{_core.type_key(_core.index_of_class(type(self)))}.{self._str_index}"

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (_variant, (type(self), self._str_index))


class _PayloadEnum(Enum, is_base=True):
    """What enumerations share whose variants stand for a value."""

    _payload: ClassVar[type]

    @property
    def name(self) -> str:
        """The name by which native code knows the variant; of a StrEnum that is its value."""
        return self._str_index

    def __eq__(self, other: object) -> Any:
        if isinstance(other, Enum):
            return self.same_as(other)
        return self.value == other if isinstance(other, self._payload) else NotImplemented

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return hash(self.value)

    def __str__(self) -> str:
        return str(self.value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self._str_index}"

    @classmethod
    def __ffi_convert__(cls, value: Any) -> Any:
        found = _find(cls, value) if type(value) is cls._payload else None
        if found is None:
            reason = ", which is outside the int64 range" if _is_out_of_range(value) else ""
            raise TypeError(f"Cannot cast {value!r} to `{_core.type_key(_core.index_of_class(cls))}`{reason}")
        return found


class IntEnum(_PayloadEnum, is_base=True):
    """An enumeration whose variants stand for integers of 64 bits, and are equal to them.

    Examples
    --------
    >>> from bowline.dataclasses import IntEnum
    >>> class Level(IntEnum, type_key="doc.enum.Level"):
    ...     low = 10
    ...     high = 20
    >>> Level(10) is Level.low, Level.low == 10, str(Level.high)
    (True, True, '20')
    """

    _payload = int


class StrEnum(_PayloadEnum, is_base=True):
    """An enumeration whose variants stand for strings, and are equal to them.

    Examples
    --------
    >>> from bowline.dataclasses import StrEnum
    >>> class Op(StrEnum, type_key="doc.enum.Op"):
    ...     add = "+"
    >>> Op("+") is Op.add, Op.add == "+"
    (True, True)
    """

    _payload = str


register_object("ffi.Enum", init=False)(Enum)
register_object("ffi.IntEnum", init=False)(IntEnum)
register_object("ffi.StrEnum", init=False)(StrEnum)


def _variant(cls: type, name: str) -> Any:
    return cls.get(name)


def _state(cls: type) -> Any:
    return _core.enum_state(_core.index_of_class(cls))


def _is_out_of_range(value: Any) -> bool:
    return type(value) is int and value not in _INT64


def _check_range(value: Any) -> None:
    if _is_out_of_range(value):
        raise OverflowError(f"enum integer index {value} is outside the int64 range")


def _find(cls: type, value: Any) -> Any:
    # Only exact kinds: True is not 1.
    if type(value) not in (int, str) or _is_out_of_range(value):
        return None
    return _state(cls).indexes.get(value)


def _declare(cls: Any, key: str) -> None:
    """Register an enumeration and make its variants."""
    class_vars = _class_vars(cls)
    _check_body(cls)
    declared = {name: value for name, value in cls.__dict__.items() if _is_declaration(cls, value) and name[:2] != "__"}
    binders = [name for name in class_vars if name not in cls.__dict__]
    for name in declared:
        delattr(cls, name)
    with LOCK:
        if key in _core.type_keys():
            variants = _core.enum_state(_core.type_index(key)).indexes
            for name in binders:
                if name not in variants:
                    raise RuntimeError(f"{cls.__name__}.{name}: native `{key}` has no variant with string index {name!r}")
            register_object(key, init=False)(cls)
        else:
            register_py_class(cls, key, _scope(cls), structural_eq="singleton", repr=False, frozen=True)
        for name in binders:
            setattr(cls, name, _bind(cls, name))
        for name, value in declared.items():
            setattr(cls, name, _make(cls, name, value))


def _is_declaration(cls: Any, value: Any) -> bool:
    payload = getattr(cls, "_payload", None)
    return isinstance(value, _Entry) or (payload is not None and type(value) is payload)


def _check_body(cls: Any) -> None:
    """Refuse what an enumeration of values cannot have."""
    payload = getattr(cls, "_payload", None)
    if payload is None:
        return
    annotated = _annotation.unevaluated(cls)
    if "value" in annotated:
        raise TypeError(f"{cls.__name__} cannot declare a field of this name: {_base(cls)} reserves `value`")
    for name, value in cls.__dict__.items():
        if name[:1] != "_" and name not in annotated and type(value) in _LITERALS - {payload}:
            raise TypeError(f"{cls.__name__}.{name}: expected {payload.__name__}, got {type(value).__name__} {value!r}")


# What a variant is declared by in the body of an enumeration of values, if it is of the right type.
_LITERALS = {int, str, bool, float, bytes}


def _base(cls: Any) -> str:
    return "IntEnum" if cls._payload is int else "StrEnum"


def _class_vars(cls: type) -> list[str]:
    """The names that a class itself annotates as ClassVar, in order."""
    raw = _annotation.unevaluated(cls)
    return [
        name
        for name, annotation in raw.items()
        if _annotation.is_class_var(annotation)
        or (isinstance(annotation, str) and annotation.replace("typing.", "").startswith("ClassVar"))
    ]


def _scope(cls: type) -> dict[str, Any]:
    """Local names where the class statement stands."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") != cls.__module__:
        frame = frame.f_back
    return {} if frame is None or frame.f_locals is frame.f_globals else dict(frame.f_locals)


def _bind(cls: Any, name: str) -> Any:
    """The native variant of a name; a new one where a class of Python's own declares it without values."""
    found = _find(cls, name)
    return found if found is not None else _make(cls, name, _Entry((), {}))


def _make(cls: Any, name: str, value: Any) -> Any:
    """Make and register a variant; one that stands for the value of another is that other."""
    state = _state(cls)
    number: Any = len(state.entries)
    payload = getattr(cls, "_payload", None)
    given = value if isinstance(value, _Entry) else _Entry((), {})
    fields = dict(given.kwargs)
    index = name
    if payload is not None:
        if isinstance(value, _Entry):
            values = [*given.args, *(fields.pop(key) for key in ("value",) if key in fields)]
            if len(values) != 1:
                raise TypeError(f"{cls.__name__}.{name}: expected one {payload.__name__}, got {len(values)} values")
            (value,) = values
            if type(value) is not payload:
                raise TypeError(f"{cls.__name__}.{name}: expected one {payload.__name__}, got {value!r}")
            given = _Entry((), fields)
        _check_range(value)
        found = _find(cls, value)
        if found is not None:
            return found
        fields["value"] = value
        number, index = (value, name) if payload is int else (number, value)
    declared = [f.name for f in _core.fields_of(_core.index_of_class(cls)) if f.init and f.name not in _OWN]
    if len(given.args) > len(declared):
        raise TypeError(f"{cls.__name__}.{name}: takes {len(declared)} values, got {len(given.args)}")
    for field_name, field_value in zip(declared, given.args, strict=False):
        if field_name in fields:
            raise TypeError(f"{cls.__name__}.{name}: got multiple values for field '{field_name}'")
        fields[field_name] = field_value
    variant = cls.__new__(cls)
    try:
        variant.__ffi_init__(_int_index=number, _str_index=index, **fields)
    except TypeError as error:
        raise TypeError(f"{cls.__name__}.{name}: invalid enum entry: {error}") from None
    _core.enum_add(_core.index_of_class(cls), variant)
    return variant


_OWN = ("_int_index", "_str_index", "value")


class _AttrDict:
    """`Enum.attr_dict`: everything that is said of a class's variants."""

    def __get__(self, obj: Any, cls: type) -> Any:
        return _state(cls).attrs


Enum.attr_dict = _AttrDict()  # type: ignore[attr-defined]

__all__ = ["Enum", "EnumAttrMap", "EnumState", "IntEnum", "StrEnum", "auto", "entry"]
