"""`TypeSchema`: what annotations mean, and what their types accept."""

import ctypes
import pickle
from collections.abc import Callable
from typing import Any, Optional

import bowline
import pytest
from bowline.core import CAny, TypeSchema, _to_py_class_value
from bowline.testing import TestIntPair, TestObjectBase, TestObjectDerived

of = TypeSchema.from_annotation


@pytest.mark.parametrize(
    ("annotation", "text", "origin", "index"),
    [
        (int, "int", "int", 1),
        (bool, "bool", "bool", 2),
        (float, "float", "float", 3),
        (str, "str", "str", 65),
        (bytes, "bytes", "bytes", 66),
        (None, "None", "None", 0),
        (Any, "Any", "Any", -1),
        (Optional[int], "int | None", "Optional", -2),
        (int | str, "int | str", "Union", -2),
        (Optional[int | str], "int | str | None", "Optional", -2),
        (list[int], "List[int]", "List", 75),
        (list, "List[Any]", "List", 75),
        (tuple[int, ...], "Array[int]", "Array", 71),
        (bowline.Array, "Array[Any]", "Array", 71),
        (tuple[int, str], "tuple[int, str]", "tuple", -3),
        (dict[str, int], "Dict[str, int]", "Dict", 76),
        (dict, "Dict[Any, Any]", "Dict", 76),
        (bowline.Map[str, int], "Map[str, int]", "Map", 72),
        (Callable[[int, str], float], "Callable[[int, str], float]", "Callable", 68),
        (Callable, "Callable[..., Any]", "Callable", 68),
        (bowline.Function, "Callable[..., Any]", "Callable", 68),
        (bowline.Device, "Device", "Device", 6),
        (bowline.dtype, "dtype", "dtype", 5),
        (ctypes.c_void_p, "ctypes.c_void_p", "ctypes.c_void_p", 4),
        (bowline.Object, "Object", "Object", 64),
        (TestIntPair, "testing.TestIntPair", "testing.TestIntPair", None),
    ],
    ids=str,
)
def test_annotations(annotation, text, origin, index):
    schema = of(annotation)
    assert repr(schema) == text
    assert schema.origin == origin
    assert schema.origin_type_index == (TestIntPair.__tvm_ffi_type_info__.type_index if index is None else index)
    assert TypeSchema.from_json_obj(schema.to_json()) == schema
    assert schema == of(annotation)
    assert hash(schema) == hash(of(annotation))
    assert pickle.loads(pickle.dumps(schema)) == schema
    assert schema.repr() == schema.input_repr() == schema.output_repr() == text


@pytest.mark.parametrize("annotation", ["x", 3, object, set[int]], ids=str)
def test_unsupported_annotations(annotation):
    with pytest.raises(TypeError):
        of(annotation)


@pytest.mark.parametrize(
    ("annotation", "value", "text"),
    [
        (int, "x", "int: expected int, got str"),
        (int, None, "int: expected int, got None"),
        (int, 2**70, "int: expected int of 64 bits"),
        (str, 1, "str: expected str, got int"),
        (bool, "x", "bool: expected bool, got str"),
        (float, "x", "float: expected float, got str"),
        (list[int], [1, "x"], "List[int]: element [1]: expected int, got str"),
        (list[list[int]], [[1], ["a"]], "List[List[int]]: element [1]: element [0]: expected int, got str"),
        (dict[str, int], {"a": "b"}, "Dict[str, int]: value for key 'a': expected int, got str"),
        (dict[str, int], {1: 1}, "Dict[str, int]: key 1: expected str, got int"),
        (Optional[int], "x", "int | None: expected int | None, got str"),
        (int | str, 1.5, "int | str: expected int | str, got float"),
        (tuple[int, str], (1, 2), "tuple[int, str]: element [1]: expected str, got int"),
        (Callable, 1, "Callable[..., Any]: expected Callable[..., Any], got int"),
        (TestIntPair, 3, "testing.TestIntPair: expected testing.TestIntPair, got int\n  __ffi_convert__ failed:\n    "
                         "Cannot cast from `int` to `testing.TestIntPair`"),
        (bowline.Device, "nope", "Device: expected Device, got invalid device string 'nope'"),
        (bowline.dtype, "nope", "dtype: expected dtype, got invalid dtype string 'nope'"),
    ],
    ids=str,
)
def test_errors(annotation, value, text):
    with pytest.raises(TypeError) as found:
        of(annotation).check_value(value)
    assert str(found.value).startswith("type check failed for " + text)
    with pytest.raises(TypeError) as found:
        of(annotation).convert(value)
    assert str(found.value).startswith("type conversion failed for " + text)


def test_convert_gives_a_native_value():
    value = of(list[int]).convert([1, True])
    assert isinstance(value, CAny)
    assert value.type_index == 75
    assert _to_py_class_value(value) == [1, 1]
    assert repr(of(int).convert(3)) == "CAny(int=3)"
    assert pickle.loads(pickle.dumps(CAny("text"))).to_py() == "text"
    assert CAny().to_py() is None
    pair = TestIntPair(1, 2)
    assert CAny(pair).to_py() is pair


def test_construction():
    assert TypeSchema("Optional", [TypeSchema("int")]) == of(Optional[int])
    assert TypeSchema("testing.TestIntPair") == of(TestIntPair)
    with pytest.raises(ValueError, match="exactly one"):
        TypeSchema("Optional")
    with pytest.raises(ValueError, match="at least two"):
        TypeSchema("Union", [TypeSchema("int")])
    with pytest.raises(TypeError, match="nope"):
        TypeSchema("nope")
    assert TypeSchema.from_type_index(71) == of(bowline.Array)
    assert TypeSchema.from_type_index(71, (TypeSchema("int"),)) == of(tuple[int, ...])
    assert TypeSchema.from_type_index(1) == of(int)
    with pytest.raises(ValueError, match="1000000"):
        TypeSchema.from_type_index(10**6)
    with pytest.raises(TypeError, match="'type'"):
        TypeSchema.from_json_obj({})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"type":"ffi.Map","args":[{"type":"ffi.String"},{"type":"int"}]}', "Map[str, int]"),
        ('{"type":"Variant","args":[{"type":"int"},{"type":"ffi.String"}]}', "int | str"),
        ('{"type":"ffi.Function","args":[{"type":"int"},{"type":"ffi.String"}]}', "Callable[[str], int]"),
        ('{"type":"DataType"}', "dtype"),
    ],
)
def test_native_names(text, shown):
    assert repr(TypeSchema.from_json_str(text)) == shown


def test_other_names():
    assert of(dict[str, Optional[TestIntPair]]).repr(str.upper) == "DICT[STR, TESTING.TESTINTPAIR | None]"
    assert of(Callable[[int], str]).repr(str.upper) == "CALLABLE[[INT], STR]"


def test_subtypes():
    assert of(TestObjectDerived).is_subtype_of(TestObjectBase)
    assert of(TestObjectDerived).is_subtype_of(TestObjectDerived)
    assert of(TestObjectDerived).is_subtype_of(bowline.Object)
    assert not of(TestObjectBase).is_subtype_of(TestObjectDerived)
    assert not of(int).is_subtype_of(bowline.Object)
