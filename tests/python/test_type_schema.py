"""`TypeSchema`: what annotations mean, and what their types accept."""

import ctypes
import pickle
from collections.abc import Callable
from typing import Any, Optional

import bowline
import pytest
from bowline.core import CAny, TypeSchema, _to_py_class_value
from bowline.testing import TestIntPair, TestObjectBase, TestObjectDerived
from support import new_key

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
        (Callable[..., int], "Callable[..., int]", "Callable", 68),
        (Callable[[], int], "Callable[[], int]", "Callable", 68),
        (tuple, "tuple", "tuple", -3),
        (tuple[()], "tuple[()]", "tuple", -3),
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


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        ("x", "Cannot convert the annotation 'x'"),
        (3, "Cannot convert"),
        (object, "Cannot convert"),
        (set[int], "Cannot convert"),
        (bowline.core.CObject, "not registered"),
        (list[int, str], "list takes at most 1"),
        (dict[str], "dict requires 0 or 2"),
        (bowline.Array[int, str], "Array requires 1"),
        (bowline.Map[int], "Map requires 2"),
    ],
    ids=str,
)
def test_unsupported_annotations(annotation, text):
    with pytest.raises(TypeError, match=text):
        of(annotation)


@pytest.mark.parametrize(
    ("annotation", "value", "text"),
    [
        (int, "x", "int: expected int, got str"),
        (int, None, "int: expected int, got None"),
        (int, 2**70, "int: expected int in the int64 range"),
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
        (Callable, 1, "Callable[..., Any]: expected Callable, got int"),
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
    assert repr(value) == "CAny(ffi.List=[1, 1], type_index=75)"
    assert pickle.loads(pickle.dumps(CAny("text"))).to_py() == "text"
    assert CAny().to_py() is None
    pair = TestIntPair(1, 2)
    assert CAny(pair).to_py() is pair


def test_construction():
    assert TypeSchema("Optional", [TypeSchema("int")]) == of(Optional[int])
    assert TypeSchema("testing.TestIntPair") == of(TestIntPair)
    assert TypeSchema.from_type_index(71) == of(bowline.Array)
    assert TypeSchema.from_type_index(71, (TypeSchema("int"),)) == of(tuple[int, ...])
    assert TypeSchema.from_type_index(1) == of(int)
    with pytest.raises(ValueError, match="1000000"):
        TypeSchema.from_type_index(10**6)
    assert TypeSchema.from_type_index(7) == of(bowline.Tensor)
    assert TypeSchema.from_type_index(10) == of(bowline.Object)
    assert TypeSchema.from_json_obj({"type": "int", "args": 42}) == of(int)
    assert TypeSchema.from_json_obj({"type": "list", "args": [{"type": "int"}, 42]}) == of(list[int])
    for bad in ({}, "int", {"type": 1}, {"args": []}):
        with pytest.raises(TypeError, match="expected schema dict.*'type'"):
            TypeSchema.from_json_obj(bad)


@pytest.mark.parametrize(
    ("origin", "count", "text"),
    [
        ("Optional", 0, "exactly one"),
        ("Optional", 2, "exactly one"),
        ("Union", 1, "at least two"),
        ("Array", 2, "0 or 1"),
        ("list", 2, "0 or 1"),
        ("Map", 1, "0 or 2"),
        ("dict", 3, "0 or 2"),
        ("int", 1, "no arguments"),
        ("testing.TestIntPair", 1, "no arguments"),
    ],
)
def test_numbers_of_arguments(origin, count, text):
    with pytest.raises(ValueError, match=f"{text}.* got {count}"):
        TypeSchema(origin, [TypeSchema("int")] * count)


def test_a_tuple_without_arguments():
    assert TypeSchema("tuple") == of(tuple)
    TypeSchema("tuple").check_value([1, "a"])
    empty = TypeSchema("tuple", ())
    assert empty == of(tuple[()]) == TypeSchema.from_json_obj(empty.to_json()) == pickle.loads(pickle.dumps(empty))
    assert repr(empty) == "tuple[()]"
    with pytest.raises(TypeError, match="length 0"):
        empty.check_value([1])


def test_unknown_origins_are_refused_at_use():
    key = new_key()
    arguments = (TypeSchema("int"),)
    schemas = [TypeSchema(key), TypeSchema(key, arguments), TypeSchema.from_json_obj({"type": key})]
    assert [schema.origin for schema in schemas] == [key] * 3
    assert [schema.args for schema in schemas] == [(), arguments, ()]
    assert [repr(schema) for schema in schemas] == [key, f"{key}[int]", key]
    for schema in schemas:
        assert pickle.loads(pickle.dumps(schema)) == schema == TypeSchema.from_json_obj(schema.to_json())
        assert schema.type_index is None
        for use in (schema, TypeSchema("Optional", [schema]), TypeSchema("list", [schema])):
            with pytest.raises(TypeError, match=f"unknown TypeSchema origin '{key}'"):
                use.check_value([1])
            with pytest.raises(TypeError, match=f"unknown TypeSchema origin '{key}'"):
                use.convert([1])
    with pytest.raises(TypeError, match=rf"expected {key} \| int, got str"):
        TypeSchema("Union", [schemas[0], TypeSchema("int")]).check_value("x")

    @bowline.py_class(key)
    class Late(bowline.Object):
        pass

    late = Late()
    assert schemas[0].convert(late).to_py() is late
    assert TypeSchema("list", schemas[:1]).convert(bowline.List([late])).to_py()[0] is late
    with pytest.raises(TypeError, match=f"expected {key}, got int"):
        schemas[0].convert(1)


@pytest.mark.keeps_objects(reason="an attribute of a type lives as long as the process")
def test_parameters_of_types_that_convert_more():
    key = new_key()

    @bowline.py_class(key)
    class Wide(bowline.Object):
        __ffi_convert_type_schema__ = f'{{"type":"Union","args":[{{"type":"int"}},{{"type":"{key}"}}]}}'

    @bowline.py_class(new_key())
    class Narrow(Wide):
        pass

    schema = of(list[Wide])
    assert schema.input_repr() == f"List[int | {key}]"
    assert schema.input_repr(lambda name: name.replace(key, "Wide")) == "List[int | Wide]"
    assert schema.output_repr() == schema.repr() == f"List[{key}]"
    assert of(Narrow).input_repr() == of(Narrow).repr()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"type":"ffi.Map","args":[{"type":"ffi.String"},{"type":"int"}]}', "Map[str, int]"),
        ('{"type":"Variant","args":[{"type":"int"},{"type":"ffi.String"}]}', "int | str"),
        ('{"type":"ffi.Function","args":[{"type":"int"},{"type":"ffi.String"}]}', "Callable[[str], int]"),
        ('{"type":"DataType"}', "dtype"),
        ('{"type":"list","args":[{"type":"int"}]}', "List[int]"),
        ('{"type":"dict"}', "Dict[Any, Any]"),
        ('{"type":"std::vector","args":[{"type":"int"}]}', "Array[int]"),
        ('{"type":"std::optional","args":[{"type":"std::string"}]}', "str | None"),
        ('{"type":"std::variant","args":[{"type":"int"},{"type":"float"}]}', "int | float"),
        ('{"type":"std::tuple","args":[{"type":"int"},{"type":"float"}]}', "tuple[int, float]"),
        ('{"type":"std::map","args":[{"type":"int"},{"type":"float"}]}', "Map[int, float]"),
        ('{"type":"std::unordered_map","args":[{"type":"int"},{"type":"float"}]}', "Map[int, float]"),
        ('{"type":"std::function","args":[{"type":"int"},{"type":"float"}]}', "Callable[[float], int]"),
        ('{"type":"ObjectRValueRef"}', "Object"),
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


def test_parts_of_functions_have_names():
    schema = of(Callable[[int, str], float])
    assert schema.args == ()
    assert schema.named_args == {"return": (of(float),), "params": (of(int), of(str))}
    assert schema.to_json()["named_args"]["params"] == [{"type": "int"}, {"type": "str"}]
    assert of(Callable[..., int]).named_args == {"return": (of(int),)}
    assert of(Callable[[], int]).named_args == {"return": (of(int),), "params": ()}
    assert of(Callable).named_args is of(int).named_args is None
    assert TypeSchema("Callable", named_args={"return": (of(int),), "params": [of(str)]}) == of(Callable[[str], int])
    # The older form, in which one argument says nothing of parameters.
    assert TypeSchema("Callable", [of(int)]) == of(Callable[..., int])
    assert of(Callable[..., int]) != of(Callable)
    for wrong in ({}, {"params": ()}, {"return": ()}, {"return": (of(int),), "else": ()}):
        with pytest.raises(ValueError, match="named_args"):
            TypeSchema("Callable", named_args=wrong)
    with pytest.raises(ValueError, match="beside named_args"):
        TypeSchema("Callable", [of(int)], named_args={"return": (of(int),)})
    with pytest.raises(TypeError, match="named_args"):
        TypeSchema.from_json_obj({"type": "ffi.Function", "named_args": []})


def test_tuple_of_any_length():
    assert of(tuple).args is None
    assert of(tuple) != of(tuple[()])
    assert of(tuple).to_json() == {"type": "tuple"}
    assert of(tuple[()]).to_json() == {"type": "tuple", "args": []}
    assert _to_py_class_value(of(tuple).convert((1, "x"))) == [1, "x"]
    with pytest.raises(TypeError, match="expected tuple, got int"):
        of(tuple).check_value(1)


def test_what_is_shown_of_an_unknown_type():
    told = {"type": "no.such.Type", "args": [{"type": "int"}], "fallback": {"type": "ffi.Array"}}
    schema = TypeSchema.from_json_obj(told)
    assert repr(schema) == "Array[Any]"
    assert schema.fallback == of(bowline.Array)
    assert schema.to_json() == {**told, "fallback": {"type": "Array", "args": [{"type": "Any"}]}}
    assert pickle.loads(pickle.dumps(schema)) == schema
    assert schema != TypeSchema("no.such.Type", [of(int)])
    assert TypeSchema("int", fallback=of(str)) == of(int)


def test_big_integers_keep_their_key():
    schema = TypeSchema.from_json_obj({"type": "ffi.BigInt"})
    assert (schema.origin, schema.type_key, repr(schema)) == ("int", "ffi.BigInt", "int")
    assert schema.to_json() == {"type": "ffi.BigInt"}
    assert TypeSchema("int", type_key="ffi.BigInt") == TypeSchema.from_type_index(78) == schema
    assert pickle.loads(pickle.dumps(schema)) == schema
    assert of(int).type_key is None


def test_subclass():
    class Named(TypeSchema):
        def __new__(cls, name, origin, **rest):
            made = super().__new__(cls, origin, **rest)
            made.name = name
            return made

    schema = Named("x", "Object", origin_type_index=of(TestIntPair).origin_type_index)
    assert (schema.name, repr(schema)) == ("x", "testing.TestIntPair")
    assert schema == of(TestIntPair)
    assert TypeSchema("Optional", [schema]) == of(Optional[TestIntPair])


def test_the_key_behind_a_name_takes_no_part_in_equality():
    big = TypeSchema.from_json_str('{"type": "ffi.BigInt"}')
    assert (big.origin, big.type_key, repr(big)) == ("int", "ffi.BigInt", "int")
    assert big == TypeSchema("int")
    assert TypeSchema("int") == big
    assert hash(big) == hash(TypeSchema("int"))
    assert big != TypeSchema("float")
    assert TypeSchema("Object") != TypeSchema("int")


def test_functions_as_cxx_describes_them():
    text = '{"type": "std::function", "args": [{"type": "int"}, [{"type": "str"}, {"type": "float"}]]}'
    schema = TypeSchema.from_json_str(text)
    assert schema == of(Callable[[str, float], int])
    assert TypeSchema.from_json_str('{"type": "std::function", "args": [{"type": "int"}, []]}') == of(Callable[[], int])
    with pytest.raises(TypeError, match="expected schema dict"):
        TypeSchema.from_json_str('{"type": "std::function", "args": [{"type": "int"}, [1]]}')
    with pytest.raises(TypeError, match="expected a list of schema dicts in named_args, got dict"):
        TypeSchema.from_json_obj({"type": "Callable", "named_args": {"return": {"type": "str"}}})
