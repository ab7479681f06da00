"""Classes of the native types under ``testing.``.

Upholds: each is the class of the native type of its key, with that type's fields and defaults.
"""

from __future__ import annotations

import importlib
import re
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from ..core import Object
from ..dataclasses import IntEnum, StrEnum, c_class
from ..registry import get_global_func, register_object


@c_class("testing.TestIntPair")
class TestIntPair(Object):
    """Two integers that never change."""

    __test__ = False
    a: int
    b: int

    if TYPE_CHECKING:

        def sum(self) -> int: ...

    def __add__(self, other: TestIntPair) -> TestIntPair:
        return TestIntPair(self.a + other.a, self.b + other.b)


@c_class("testing.TestFrozenCxx", frozen=True)
class TestFrozenCxx(Object):
    """A class that is frozen as a whole."""

    __test__ = False
    value: int
    tag: str


@c_class("testing.TestObjectBase")
class TestObjectBase(Object):
    """Fields of three types, with defaults."""

    __test__ = False
    v_i64: int
    v_f64: float
    v_str: str

    if TYPE_CHECKING:

        def add_i64(self, other: int, /) -> int: ...


@c_class("testing.TestObjectDerived")
class TestObjectDerived(TestObjectBase):
    """Containers besides."""

    __test__ = False
    v_map: Any
    v_array: Any


@c_class("testing.TestObjectPtrHolder")
class TestObjectPtrHolder(Object):
    """A field that must, and one that may hold an object."""

    __test__ = False
    value: TestObjectBase
    optional_value: TestObjectBase | None


@c_class("testing.TestNonCopyable")
class TestNonCopyable(Object):
    """An object that cannot be copied."""

    __test__ = False
    value: int


@c_class("testing.TestCompare")
class TestCompare(Object):
    """A field that comparison passes over."""

    __test__ = False
    key: int
    name: str
    ignored_field: int


@c_class("testing.TestHash")
class TestHash(Object):
    """A field that hashing passes over."""

    __test__ = False
    key: int
    name: str
    hash_ignored: int


@c_class("testing.TestCustomHash")
class TestCustomHash(Object):
    """Hashes by its key alone."""

    __test__ = False
    key: int
    label: str


@c_class("testing.TestCustomCompare")
class TestCustomCompare(Object):
    """Compares and hashes by its key alone."""

    __test__ = False
    key: int
    label: str


@c_class("testing.TestEqWithoutHash")
class TestEqWithoutHash(Object):
    """Compares by its key alone, and does not say how it hashes."""

    __test__ = False
    key: int
    label: str


@c_class("testing.TestCxxClassBase")
class _TestCxxClassBase(Object):
    v_i64: int
    v_i32: int

    def __init__(self, v_i64: int, v_i32: int) -> None:
        self.__ffi_init__(v_i64 + 1, v_i32 + 2)


@c_class("testing.TestCxxClassDerived", eq=True, order=True, unsafe_hash=True)
class _TestCxxClassDerived(_TestCxxClassBase):
    v_f64: float
    v_f32: float


@c_class("testing.TestCxxClassDerivedDerived")
class _TestCxxClassDerivedDerived(_TestCxxClassDerived):
    v_str: str
    v_bool: bool


class _TestCxxIntEnum(IntEnum, type_key="testing.TestCxxIntEnum"):
    low: ClassVar[_TestCxxIntEnum]
    high: ClassVar[_TestCxxIntEnum]


class _TestCxxStrEnum(StrEnum, type_key="testing.TestCxxStrEnum"):
    add = "+"
    mul = "*"


@c_class("testing.TestCxxEnumHolder")
class _TestCxxEnumHolder(Object):
    priority: _TestCxxIntEnum
    opcode: _TestCxxStrEnum


@c_class("testing.TestCxxInitSubset")
class _TestCxxInitSubset(Object):
    required_field: int
    optional_field: int
    note: str


@c_class("testing.TestCxxKwOnly")
class _TestCxxKwOnly(Object):
    x: int
    y: int
    z: int
    w: int


@c_class("testing.TestCxxAutoInit")
class _TestCxxAutoInit(Object):
    a: int
    b: int
    c: int
    d: int


@c_class("testing.TestCxxAutoInitSimple")
class _TestCxxAutoInitSimple(Object):
    x: int
    y: int


@c_class("testing.TestCxxAutoInitAllInitOff")
class _TestCxxAutoInitAllInitOff(Object):
    x: int
    y: int
    z: int


@c_class("testing.TestCxxAutoInitKwOnlyDefaults")
class _TestCxxAutoInitKwOnlyDefaults(Object):
    p_required: int
    p_default: int
    k_required: int
    k_default: int
    hidden: int


@c_class("testing.TestCxxNoAutoInit")
class _TestCxxNoAutoInit(Object):
    x: int
    y: int


@c_class("testing.TestCxxAutoInitParent")
class _TestCxxAutoInitParent(Object):
    parent_required: int
    parent_default: int


@c_class("testing.TestCxxAutoInitChild")
class _TestCxxAutoInitChild(_TestCxxAutoInitParent):
    child_required: int
    child_kw_only: int


@register_object("testing.SchemaAllTypes")
class _SchemaAllTypes(Object):
    """A field of each type."""


def add_one(x: int) -> int:
    """Return the number above."""
    return get_global_func("testing.add_one")(x)


def make_unregistered_object() -> Any:
    """Make an object of a native type that has no class."""
    return get_global_func("testing.make_unregistered_object")()


def create_object(type_key: str, **kwargs: Any) -> Any:
    """Make an object of a native type from values of its fields.

    Parameters
    ----------
    type_key : str
        The type.
    **kwargs
        The values; fields that are left out take their defaults.
    """
    from .. import _core

    cls: Any = _core.ensure_class(_core.type_index(type_key))
    made = cls.__new__(cls)
    made.__ffi_init__(**kwargs)
    return made


if not TYPE_CHECKING:  # Checkers would take any name for one that it knows.

    def __getattr__(name: str) -> Any:
        """Return the mark of tests that need a Python version, such as `requires_py313`. pytest is imported for it alone."""
        version = re.fullmatch(r"requires_py3(\d{1,2})", name)
        if version is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        needed = (3, int(version[1]))
        return importlib.import_module("pytest").mark.skipif(sys.version_info < needed, reason=f"needs Python 3.{needed[1]}")
