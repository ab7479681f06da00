"""Operations as global functions under ``ffi.``, and hooks that native types have."""

import math

import bowline
import pytest
from bowline import get_global_func, structural_hash, testing
from bowline.testing import TestCompare, TestCustomCompare, TestCustomHash, TestEqWithoutHash, TestHash, TestIntPair
from support import run_threads

pytestmark = pytest.mark.keeps_objects(reason="the functions stay registered")


def ffi(name, *args):
    return get_global_func(f"ffi.{name}")(*args)


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (None, None, True),
        (1, 1.0, False),
        (True, 1, False),
        (math.nan, math.nan, True),
        (-0.0, 0.0, True),
        ("short", "short", True),
        ("a text of some length", "a text of some length", True),
        ([1, [2]], (1, (2,)), True),
        ({"k": 1}, {"k": 1}, True),
        ({"k": 1}, {"k": 2}, False),
        ("a", b"a", False),
    ],
)
def test_recursive_equality_and_hash(a, b, equal):
    assert ffi("RecursiveEq", a, b) is equal
    if equal:
        assert ffi("RecursiveHash", a) == ffi("RecursiveHash", b)


def test_hooks_and_fields_of_native_types():
    assert ffi("RecursiveEq", TestCompare(1, "a", 2), TestCompare(1, "a", 3))
    assert not ffi("RecursiveEq", TestCompare(1, "a", 2), TestCompare(1, "b", 2))
    assert ffi("RecursiveHash", TestHash(1, "a", 2)) == ffi("RecursiveHash", TestHash(1, "a", 3))
    assert ffi("RecursiveHash", TestCustomHash(1, "a")) == ffi("RecursiveHash", TestCustomHash(1, "b"))
    assert not ffi("RecursiveEq", TestCustomHash(1, "a"), TestCustomHash(1, "b"))
    assert ffi("RecursiveEq", TestCustomCompare(1, "a"), TestCustomCompare(1, "b"))
    assert ffi("RecursiveLt", TestCustomCompare(1, "b"), TestCustomCompare(2, "a"))
    assert not ffi("RecursiveLt", TestCustomCompare(1, "a"), TestCustomCompare(1, "b"))
    assert ffi("RecursiveHash", TestCustomCompare(1, "a")) == ffi("RecursiveHash", TestCustomCompare(1, "b"))
    assert ffi("RecursiveEq", TestEqWithoutHash(1, "a"), TestEqWithoutHash(1, "b"))
    with pytest.raises(ValueError, match="TestEqWithoutHash"):
        ffi("RecursiveHash", TestEqWithoutHash(1, "a"))


@pytest.mark.parametrize(
    ("a", "b", "sign"),
    [
        (None, 1, -1),
        (1, 2, -1),
        (2, 1, 1),
        ([1], [1, 2], -1),
        ([1, 2], [1, 2], 0),
        ("a", "b", -1),
        (b"a", b"b", -1),
        (False, True, -1),
        (TestIntPair(1, 2), TestIntPair(1, 3), -1),
    ],
    ids=repr,
)
def test_order(a, b, sign):
    assert ffi("RecursiveLt", a, b) is (sign < 0)
    assert ffi("RecursiveLe", a, b) is (sign <= 0)
    assert ffi("RecursiveGt", a, b) is (sign > 0)
    assert ffi("RecursiveGe", a, b) is (sign >= 0)


@pytest.mark.parametrize(("a", "b"), [(1, "a"), (math.nan, 1.0), ({1: 2}, {1: 3}), (TestIntPair(1, 2), 1)], ids=repr)
def test_no_order(a, b):
    with pytest.raises(TypeError):
        ffi("RecursiveLt", a, b)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (3.14, "3.14"),
        (1e10, "1e+10"),
        ("q\"", '"q\\""'),
        (b"\0a", 'b"\\x00a"'),
        ((42,), "(42,)"),
        (bowline.device("cuda:1"), "cuda:1"),
        (bowline.dtype("int32"), "int32"),
        (bowline.Shape((1, 2)), "Shape(1, 2)"),
        (TestIntPair(1, 2), "testing.TestIntPair(a=1, b=2)"),
        (bowline.convert(len), "ffi.Function"),
    ],
    ids=repr,
)
def test_text(value, text):
    assert ffi("ReprPrint", value) == text


def test_the_others():
    pair = TestIntPair(1, 2)
    assert ffi("Array", 1, pair)[1] is pair
    assert list(ffi("List", 1, 2)) == [1, 2]
    assert ffi("Map", "a", 1)["a"] == 1
    assert ffi("Dict", "a", 1)["a"] == 1
    assert ffi("StructuralEqual", [1], [1], False, False)
    assert ffi("StructuralHash", [1]) % 2**64 == structural_hash([1])
    assert ffi("GetFirstStructuralMismatch", [1], [1]) is None
    assert ffi("FromJSONGraphString", ffi("ToJSONGraphString", [1])) == [1]
    assert ffi("DeepCopy", pair) is not pair
    assert "testing.TestIntPair" in ffi("GetRegisteredTypeKeys")
    assert ffi("GetGlobalFuncMetadata", "testing.add_one").startswith('{"type_schema"')
    with pytest.raises(ValueError, match=r"ffi\.NoSuchFunction"):
        get_global_func("ffi.NoSuchFunction")
    assert get_global_func("ffi.NoSuchFunction", allow_missing=True) is None


def test_one_function_for_all_threads():
    found = []
    run_threads(*[lambda: found.append(get_global_func("ffi.ReprPrint"))] * 8)
    assert all(function is found[0] for function in found)
    assert testing.echo(found[0]) is found[0]
