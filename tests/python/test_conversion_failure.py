"""Conversions where the value's own code fails.

It is a `TypeError` of the schema that says where and why, or what was raised.
"""

import ctypes
import fractions
import numbers
from collections.abc import Callable
from typing import Any, Optional

import bowline
import pytest
from bowline import ObjectConvertible, get_global_func
from bowline.core import TypeSchema
from shapes import Plain
from support import new_key

of = TypeSchema.from_annotation
echo = get_global_func("testing.echo")


class Failing:
    def __init__(self, error):
        self.error = error


class Object(Failing):
    def __tvm_ffi_object__(self):
        raise self.error


class Value(Failing):
    def __tvm_ffi_value__(self):
        raise self.error


class Convertible(Failing, ObjectConvertible):
    def asobject(self):
        raise self.error


class Whole(Failing):
    def __int__(self):
        raise self.error

    __bool__ = __int__


numbers.Integral.register(Whole)


class Real(fractions.Fraction):
    def __new__(cls, error):
        self = super().__new__(cls, 1, 2)
        self.error = error
        return self

    def __float__(self):
        raise self.error


class Pointer(Failing):
    def __tvm_ffi_opaque_ptr__(self):
        raise self.error


class Typed(Failing):
    def __dlpack_data_type__(self):
        raise self.error


@bowline.py_class(new_key())
class Target(bowline.Object):
    @classmethod
    def __ffi_convert__(cls, value):
        raise value


FAILURES = [
    (int, Value, "expected int, got Value, whose __tvm_ffi_value__() failed: told"),
    (Any, Value, "failed to convert Any from Value, whose __tvm_ffi_value__() failed: told"),
    (bowline.Object, Object, "expected ffi.Object, got Object, whose __tvm_ffi_object__() failed: told"),
    (Any, Object, "failed to convert Any from Object, whose __tvm_ffi_object__() failed: told"),
    (int | str, Convertible, "expected int | str, got Convertible, whose asobject() failed: told"),
    (int, Whole, "expected int, got Whole, whose conversion failed: told"),
    (bool, Whole, "expected bool, got Whole, whose conversion failed: told"),
    (float, Real, "expected float, got Real, whose conversion failed: told"),
    (Optional[float], Real, "expected float, got Real, whose conversion failed: told"),
    (ctypes.c_void_p, Pointer, "expected ctypes.c_void_p, got Pointer, whose conversion failed: told"),
    (bowline.dtype, Typed, "expected dtype, got Typed, whose conversion failed: told"),
    (Target, lambda error: error, "failed:\n    told"),
]


@pytest.mark.parametrize(("annotation", "make", "text"), FAILURES, ids=str)
def test_errors_of_hooks(annotation, make, text):
    error = LookupError("told")
    for convert in (of(annotation).convert, of(annotation).check_value):
        with pytest.raises(TypeError) as found:
            convert(make(error))
        assert text in str(found.value)
        assert found.value.__cause__ is error
    with pytest.raises(TypeError, match=r"List.*: element \[0\]: ") as found:
        of(list[annotation]).convert([make(error)])
    assert text in str(found.value)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError])
@pytest.mark.parametrize(("annotation", "make"), [row[:2] for row in FAILURES], ids=str)
def test_signals_and_memory_errors_come_through(annotation, make, kind):
    error = kind("told")
    with pytest.raises(kind) as found:
        of(annotation).convert(make(error))
    assert found.value is error


@pytest.mark.parametrize("make", [Object, Value, Convertible, Whole])
def test_untyped_arguments_raise_what_was_raised(make):
    error = LookupError("told")
    for given in (make(error), [make(error)], {"key": [make(error)]}):
        with pytest.raises(LookupError) as found:
            echo(given)
        assert found.value is error
    with pytest.raises(LookupError):
        bowline.Array([make(error)])
    with pytest.raises(LookupError):
        bowline.Map({"key": make(error)})


@pytest.mark.parametrize("make", [Value, Convertible, Whole])
def test_fields_raise_what_was_raised(make):
    @bowline.py_class(new_key())
    class Holder(bowline.Object):
        number: int

    error = LookupError("told")
    with pytest.raises(LookupError) as found:
        Holder(make(error))
    assert found.value is error


def test_a_union_goes_on_after_type_errors_only():
    error = TypeError("of another type")
    assert of(Target | Any).convert(error).to_py().message == "of another type"
    with pytest.raises(TypeError, match="failed:\n    told"):
        of(Target | Any).convert(LookupError("told"))


class Cycle:
    def __init__(self):
        self.other = self

    def __tvm_ffi_value__(self):
        return self.other


class ObjectCycle(Cycle):
    def __tvm_ffi_object__(self):
        return self.other


class Endless(Cycle):
    def __tvm_ffi_value__(self):
        return Endless()


@pytest.mark.parametrize("kind", [Cycle, ObjectCycle, Endless])
@pytest.mark.parametrize("mutual", [False, True])
def test_stand_ins_in_a_cycle(kind, mutual):
    one = kind()
    if mutual:
        one.other = kind()
        one.other.other = one
    with pytest.raises(TypeError, match=f"expected int, got {kind.__name__}, .*cycle"):
        of(int).convert(one)
    with pytest.raises(TypeError, match=f"failed to convert Any from {kind.__name__}, .*cycle"):
        of(Any).convert(one)
    with pytest.raises(ValueError, match="cycle"):
        echo(one)


@pytest.mark.parametrize(
    ("annotation", "value", "text"),
    [
        (tuple[int, str], [1], "expected tuple of length 2, got one of length 1"),
        (tuple[()], [1], "expected tuple of length 0, got one of length 1"),
        (Optional[tuple[int, str]], (), "expected tuple of length 2, got one of length 0"),
        (Optional[int], 2**63, "expected int in the int64 range"),
        (Optional[bowline.dtype], "nope", "invalid dtype string 'nope'"),
        (Callable[[int], int], Plain(1), "expected Callable, got shapes.Plain"),
        (bowline.Device, "llvm", "invalid device string 'llvm'"),
        (bowline.Object, 1, "expected ffi.Object, got int"),
        (bowline.Object, "a string that is not short", "expected ffi.Object, got str"),
        (bowline.Object, None, "expected ffi.Object, got None"),
    ],
    ids=str,
)
def test_words(annotation, value, text):
    with pytest.raises(TypeError) as found:
        of(annotation).check_value(value)
    assert text in str(found.value)


def test_a_failed_shape_says_why():
    with pytest.raises(TypeError) as found:
        TypeSchema("ffi.Shape").convert([1, "x"])
    assert "expected ffi.Shape, got list\n  __ffi_convert__ failed:\n    Cannot cast from `ffi.Array`" in str(found.value)
