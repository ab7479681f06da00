"""Enumerations: classes whose instances are a fixed set of native objects.

Upholds: a variant is one object, whatever way it comes, copies and pickles included; the variants of a type and what is said
of them are in one native object, an attribute of the type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar

from .. import _core
from ..container import Dict
from ..core import MISSING, Object, ObjectMeta
from ..registry import register_object
from ._variant import (
    _EnumEntry,  # noqa: F401, what `entry` and `auto` return, found here by libraries
    auto,
    check_abstract,
    check_range,
    declare,
    entry,
    find,
    is_out_of_range,
    state_of,
)

if TYPE_CHECKING:
    from enum import EnumMeta

    from ..container import List

    class _Meta(ObjectMeta, EnumMeta):
        """To checkers enumerations are enumerations, whose variants are instances."""
else:
    _Meta = ObjectMeta

V = TypeVar("V")
_T = TypeVar("_T")

#: The attribute of a type in which its `EnumState` is.
ENUM_STATE_ATTR = "__ffi_enum__"


class _EnumMeta(_Meta):
    """Metaclass of enumerations: calling the class finds a variant, iterating goes through them."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **kwargs: Any) -> _EnumMeta:
        return super().__new__(mcls, name, bases, namespace)  # type: ignore[return-value]

    def __init__(
        cls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        /,
        type_key: str | None = None,
        is_base: bool = False,
    ) -> None:
        super().__init__(name, bases, namespace)
        if is_base:
            return
        if type_key is None:
            check_abstract(cls)
        else:
            declare(cls, type_key)

    if TYPE_CHECKING:

        def __call__(cls: type[_T], value: Any, /) -> _T: ...  # type: ignore[override]
    else:

        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            if len(args) != 1 or kwargs:
                raise TypeError(
                    f"{cls.__name__}() takes one argument, the value of a variant; variants are declared in its body"
                )
            (value,) = args
            if isinstance(value, cls):
                return value
            check_range(value)
            found = find(cls, value)
            if found is None:
                raise ValueError(f"{value!r} is not a valid {cls.__name__}")
            return found

    def __setattr__(cls, name: str, value: Any) -> None:
        cls._expect_no_variant(name, "reassigned")
        super().__setattr__(name, value)

    def __delattr__(cls, name: str) -> None:
        cls._expect_no_variant(name, "deleted")
        super().__delattr__(name)

    def _expect_no_variant(cls, name: str, what: str) -> None:
        if name in cls.__dict__ and isinstance(cls.__dict__[name], cls):
            raise AttributeError(f"variant '{name}' of {cls.__name__} cannot be {what}")

    def __instancecheck__(cls, instance: object) -> bool:
        if super().__instancecheck__(instance):
            return True
        # A variant that was there before the class was made again has the former class.
        index = _core.exact_index(cls)
        return index is not None and isinstance(instance, Object) and _core.exact_index(type(instance)) == index

    def __iter__(cls: type[_T]) -> Iterator[_T]:
        return iter(list(state_of(cls).entries))

    def __len__(cls) -> int:
        return len(state_of(cls).entries)

    def __bool__(cls) -> Literal[True]:
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

    if TYPE_CHECKING:
        entries: List[Any]
        indexes: Dict[int | str, Any]
        attrs: Dict[str, Dict[Any, Any]]


register_object("ffi.EnumState", init=False)(EnumState)


class EnumAttrMap(Generic[V]):
    """What is said of an enumeration's variants under one name; made by `Enum.def_attr`."""

    __slots__ = ("_default", "_enum_cls", "_name")

    def __init__(self, enum_cls: type, name: str, *, default: Any = MISSING) -> None:
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
        return state_of(self._enum_cls).attrs.get(self._name, ())

    def __getitem__(self, variant: Any) -> V:
        self._check(variant)
        found = self.get(variant, self._default)
        if found is MISSING:
            raise KeyError(f"{variant!r} has no extensible attribute {self._name!r}")
        return found

    def __setitem__(self, variant: Any, value: V) -> None:
        self._check(variant)
        state_of(self._enum_cls).attrs.setdefault(self._name, Dict())[variant] = value

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
        Without it nothing is registered: the class says what enumerations below it have in common.

    Notes
    -----
    Where the code of an enumeration runs again, a variant of the same name, place and values is the former object, with
    the class that it has; other variants replace the former ones.

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

    if TYPE_CHECKING:
        attr_dict: ClassVar[Dict[str, Dict[Any, Any]]]
        _int_index: int
        _str_index: str

    @classmethod
    def get(cls, index: int | str) -> Self:
        """Return the variant of a name or number.

        Raises
        ------
        KeyError
            If there is none.
        OverflowError
            For a number that is outside the int64 range.
        """
        check_range(index)
        found = find(cls, index)
        if found is None:
            raise KeyError(index)
        return found

    @classmethod
    def all_entries(cls) -> Iterator[Self]:
        """Return an iterator over the variants in the order of their registration."""
        return iter(cls)

    @classmethod
    def def_attr(cls, name: str, *, default: Any = MISSING) -> EnumAttrMap[Any]:
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
        return EnumAttrMap(cls, name, default=default)

    def __repr__(self) -> str:
        return f"{_core.type_key(_core.index_of_class(type(self)))}.{self._str_index}"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Of a class that was made again the newest can be found by name.
        cls = _core.class_of(_core.index_of_class(type(self))) or type(self)
        return (_variant, (cls, self._str_index))


class _PayloadEnum(Enum, is_base=True):
    """What enumerations share whose variants stand for a value."""

    _payload: ClassVar[type]
    if TYPE_CHECKING:
        value: Any

    @property
    def name(self) -> str:
        """The name by which native code knows the variant. Of a StrEnum that is its value."""
        return self._str_index

    def __eq__(self, other: object) -> Any:
        if isinstance(other, Enum):
            return _core.CObject.same_as(self, other)
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
        found = find(cls, value) if type(value) is cls._payload else None
        if found is None:
            reason = ", which is outside the int64 range" if is_out_of_range(value) else ""
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

    if TYPE_CHECKING:
        value: int
    else:
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

    if TYPE_CHECKING:
        value: str
    else:
        _payload = str


register_object("ffi.Enum", init=False)(Enum)
register_object("ffi.IntEnum", init=False)(IntEnum)
register_object("ffi.StrEnum", init=False)(StrEnum)


def _variant(cls: type, name: str) -> Any:
    found = find(cls, name)
    if found is None:
        # Picklers that take a class apart, since it cannot be imported, make one without variants.
        raise KeyError(
            f"{cls.__name__} has no variant {name!r} in this process: variants travel by name, so define the enumeration in a "
            "module that both processes import"
        )
    return found


class _AttrDict:
    """`Enum.attr_dict`: everything that is said of a class's variants."""

    def __get__(self, obj: Any, cls: type) -> Any:
        return state_of(cls).attrs


Enum.attr_dict = _AttrDict()

__all__ = ["Enum", "EnumAttrMap", "EnumState", "IntEnum", "StrEnum", "auto", "entry"]
