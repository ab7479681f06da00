"""Names that users of the object system import, and from where."""

import ast
import importlib
import pathlib
import sys
import types

import bowline
import pytest
from support import run_script

TOP = """
    Object ObjectConvertible Function CAny CContainerBase Array List Map Dict Tensor Shape Device device DLDeviceType dtype
    convert convert_func register_object register_global_func get_global_func get_global_func_metadata
    remove_global_func init_ffi_api register_error method dataclasses core registry error testing container structural
    access_path structural_equal structural_hash structural_walk get_first_structural_mismatch StructuralKey
    VisitInterrupt WalkOrder WalkResult DefRegionKind from_dlpack Module load_module system_lib StreamContext use_raw_stream
    use_torch_stream get_raw_stream cpp module stream serialization
""".split()

MODULES = {
    "core": """
        MISSING KWARGS TypeInfo TypeField TypeMethod TypeSchema FFIProperty FieldGetter FieldSetter String Bytes Error
        OpaquePyObject PyNativeObject DataType Object CObject Function ObjectConvertible ObjectRValueRef CAny
        CContainerBase Tensor Device DLDeviceType ERROR_NAME_TO_TYPE ERROR_TYPE_TO_NAME object_repr _lookup_type_attr
        _register_type_attr _register_py_class _rollback_py_class _type_cls_to_type_info _type_index_to_type_info
        _object_type_key_to_index _lookup_or_register_type_info_from_type_key _to_py_class_value _convert_to_ffi_func
        _convert_to_ffi_error _convert_to_opaque_object
    """,
    "dataclasses": """
        Enum EnumAttrMap EnumState Field IntEnum KW_ONLY MISSING Object StrEnum asdict astuple auto c_class entry field
        fields init_property is_dataclass method py_class replace
    """,
    "registry": """
        get_global_func get_global_func_metadata get_registered_type_keys init_ffi_api list_global_func_names
        register_global_func register_object remove_global_func
    """,
    "error": "register_error",
    "module": "Module ModulePropertyMask load_module system_lib",
    "stream": "StreamContext use_raw_stream use_torch_stream get_raw_stream",
    "cpp": "build build_inline load load_inline to_cpp_dtype",
    "container": "Array List Map Dict",
    "access_path": "AccessKind AccessPath AccessStep",
    "structural": """
        structural_equal structural_hash structural_walk get_first_structural_mismatch StructuralKey VisitInterrupt
        WalkOrder WalkResult DefRegionKind
    """,
    "testing": """
        TestCompare TestCustomCompare TestCustomHash TestEqWithoutHash TestFrozenCxx TestHash TestIntPair TestIntPairSum
        TestNonCopyable TestObjectBase TestObjectDerived TestObjectPtrHolder create_object echo add_one nop apply testing
        make_unregistered_object object_use_count test_raise_error run_check_signal get_add_one_c_symbol
        get_mlir_add_one_c_symbol enum_variant_get schema_id_int schema_variant_mix schema_id_tensor schema_id_dltensor
        schema_tensor_view_input optional_tensor_view_has_value make_array_with_tensor make_array_with_mixed
        make_nested_array_with_tensor make_list_with_tensor make_map_with_tensor make_dict_with_tensor
        make_empty_array_with_tensor_input make_nested_map_with_tensor
    """,
    "testing.testing": "TestIntPair TestObjectBase _TestCxxClassBase _TestCxxIntEnum _SchemaAllTypes create_object",
}


# What a module makes when it is loaded is for good.
for _module in MODULES:
    importlib.import_module(f"bowline.{_module}")


@pytest.mark.parametrize("name", TOP)
def test_top(name):
    assert getattr(bowline, name) is not None
    assert name in dir(bowline)


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in MODULES.items() for name in names.split()]
)
def test_modules(module, name):
    assert getattr(importlib.import_module(f"bowline.{module}"), name) is not None


def test_import_as():
    out = run_script(
        """
        import bowline as tvm_ffi
        from bowline.testing import *
        assert isinstance(tvm_ffi.core.MISSING, object)
        print(add_one(1), TestIntPair(1, 2).sum(), tvm_ffi.testing.testing.TestIntPair is TestIntPair)
        """
    ).stdout
    assert out.split() == ["2", "3", "True"]


@pytest.mark.parametrize("module", ["core", "dataclasses", "testing"])
def test_unknown_names(module):
    with pytest.raises(AttributeError, match="no_such_name"):
        importlib.import_module(f"bowline.{module}").no_such_name


def test_type_checkers_see_every_public_name():
    stub = ast.parse((pathlib.Path(bowline.__file__).parent / "__init__.pyi").read_text())
    imported = {alias.asname for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    (shown,) = (ast.literal_eval(node.value) for node in stub.body if isinstance(node, ast.Assign))
    assert set(shown) == set(bowline.__all__) <= imported
    assert len(shown) == len(set(shown))
    assert imported <= set(dir(bowline))
    others = {name for name in dir(bowline) if not name.startswith("_")} - imported
    assert [name for name in others if not isinstance(getattr(bowline, name), types.ModuleType)] == []


def test_internals():
    core = bowline.core
    pair = bowline.testing.TestIntPair
    info = core._type_cls_to_type_info(pair)
    assert info == pair.__tvm_ffi_type_info__
    assert core._type_cls_to_type_info(int) is None
    assert core._type_index_to_type_info(info.type_index) == info
    assert core._type_index_to_type_info(10**6) is None
    assert core._object_type_key_to_index("testing.TestIntPair") == info.type_index
    assert core._object_type_key_to_index("no.such.type") is None
    assert core._lookup_or_register_type_info_from_type_key("testing.TestIntPair") == info
    assert core._to_py_class_value(core.CAny([1, 2])) == [1, 2]
    assert core._to_py_class_value(3) == 3
    assert core._convert_to_ffi_func(len)([1, 2]) == 2
    assert core.object_repr(pair(1, 2)) == "testing.TestIntPair(a=1, b=2)"
    made = core._register_py_class(info, "test.names.internal", pair)
    core._rollback_py_class(made)
    assert core._object_type_key_to_index("test.names.internal") is None


def test_type_attributes():
    core = bowline.core
    parent = bowline.testing.TestObjectBase.__tvm_ffi_type_info__.type_index
    child = bowline.testing.TestObjectDerived.__tvm_ffi_type_info__.type_index
    assert core._lookup_type_attr(parent, "test.attr") is None
    core._register_type_attr(parent, "test.attr", 5)
    assert core._lookup_type_attr(parent, "test.attr") == 5
    # Not inherited, unless asked for.
    assert core._lookup_type_attr(child, "test.attr") is None
    assert core._lookup_type_attr(child, "test.attr", ancestor=True) == 5
    with pytest.raises(TypeError, match="no type"):
        core._register_type_attr(10**6, "test.attr", 5)


@pytest.mark.parametrize(
    "name, key, parent",
    [
        ("DataType", "DataType", None),
        ("Device", "Device", None),
        ("Shape", "ffi.Shape", "ffi.Object"),
        ("String", "ffi.String", "ffi.Object"),
        ("Bytes", "ffi.Bytes", "ffi.Object"),
    ],
)
def test_type_info_of_a_class_without_wrappers(name, key, parent):
    cls = getattr(bowline.core, name)
    info = bowline.core._type_cls_to_type_info(cls)
    assert (info.type_key, info.type_cls) == (key, cls)
    assert (info.parent_type_info and info.parent_type_info.type_key) == parent
    assert bowline.core._type_cls_to_type_info(int) is None


def test_type_info_of_a_native_class():
    info = bowline.testing.TestObjectBase.__tvm_ffi_type_info__
    first, second, third = info.fields
    assert info.total_size == 56
    assert (first.name, first.doc, first.size, first.alignment, first.offset) == ("v_i64", "i64 field", 8, 8, 24)
    assert [f.offset for f in info.fields] == [24, 32, 40]
    assert [f.frozen for f in info.fields] == [False, True, False]
    assert [f.field_static_type_index for f in info.fields] == [1, 3, -1]
    assert first.metadata == {"type_schema": '{"type":"int"}'}
    assert third.metadata == {"type_schema": '{"type":"ffi.String"}'}
    assert (first.c_default, second.c_default, third.c_default) == (10, 10.0, "hello")
    assert first.c_init and first.c_has_default and first.c_repr and first.c_compare and first.c_hash
    assert not first.c_kw_only
    assert first.c_structural_eq is None
    assert repr(first.ty) == "int"
    one = bowline.testing.TestObjectBase()
    assert first.getter(one) == 10
    first.setter(one, 11)
    assert one.v_i64 == 11
    assert isinstance(first.getter, bowline.core.FieldGetter)
    (method,) = info.methods
    assert (method.name, method.doc, method.is_static) == ("add_i64", "add_i64 method", False)
    assert method.metadata["type_schema"] == (
        '{"type":"ffi.Function","named_args":{"return":[{"type":"int"}],"params":[{"type":"testing.TestObjectBase"},{"type":"int"}]}}'
    )
    assert method.func(one, 1) == 12
    assert method.as_callable(type(one))(one, 1) == 12
    schema_all = bowline.testing._SchemaAllTypes.__tvm_ffi_type_info__
    assert schema_all.fields[0].metadata == {
        "type_schema": '{"type":"bool"}', "bool_attr": True, "int_attr": 1, "str_attr": "hello"
    }
    assert {m.name: m.metadata.get("int_attr") for m in schema_all.methods}["add_int"] == 1


def test_ctypes_handle():
    one = bowline.testing.TestIntPair(1, 2)
    assert one.__ctypes_handle__().value == one.__chandle__()
    assert type(one).__new__(type(one)).__ctypes_handle__().value is None


def test_init_ffi_api():
    module = types.SimpleNamespace()
    bowline.register_global_func("test.names.api.f", lambda: 1)
    bowline.register_global_func("test.names.api.deeper.g", lambda: 2)
    with pytest.raises(KeyError, match="init_ffi_api_target"):
        bowline.init_ffi_api("test.names.api", "init_ffi_api_target")
    sys.modules["init_ffi_api_target"] = module
    try:
        bowline.init_ffi_api("test.names.api", "init_ffi_api_target")
    finally:
        del sys.modules["init_ffi_api_target"]
        for name in ("test.names.api.f", "test.names.api.deeper.g"):
            bowline.remove_global_func(name)
    assert module.f() == 1
    assert not hasattr(module, "deeper.g")


def test_metadata_of_functions():
    metadata = bowline.get_global_func_metadata
    assert metadata("testing.schema_id_int") == {
        "type_schema": '{"type":"ffi.Function","named_args":{"return":[{"type":"int"}],"params":[{"type":"int"}]}}',
        "bool_attr": True,
        "int_attr": 1,
        "str_attr": "hello",
    }
    with pytest.raises(RuntimeError, match=r"not found: no\.such\.function"):
        metadata("no.such.function")
    bowline.register_global_func("test.names.plain", lambda: 1)
    assert metadata("test.names.plain") == {}
    bowline.remove_global_func("test.names.plain")


@pytest.mark.parametrize("name", [n for n in bowline.registry.list_global_func_names() if n.startswith("testing.schema_")])
def test_every_schema_is_readable(name):
    text = bowline.get_global_func_metadata(name)["type_schema"]
    schema = bowline.core.TypeSchema.from_json_str(text)
    assert schema.origin == "Callable"


def test_convert_func():
    class Framework:
        pass

    with pytest.raises(TypeError, match="__dlpack_c_exchange_api__"):
        bowline.convert_func(len, tensor_cls=Framework)
    assert bowline.convert_func(len)([1]) == 1
    with pytest.raises(TypeError, match="callable"):
        bowline.convert_func(3)


def test_object_convertible():
    pair = bowline.testing.TestIntPair(1, 2)

    class Stand(bowline.ObjectConvertible):
        def __init__(self, pair):
            self.pair = pair

        def asobject(self):
            return self.pair

    assert bowline.convert(Stand(pair)) is pair
    assert bowline.testing.echo(Stand(pair)) is pair
    with pytest.raises(NotImplementedError, match="ObjectConvertible"):
        bowline.testing.echo(bowline.ObjectConvertible())


def test_opaque_objects():
    class Foreign:
        pass

    payload = Foreign()
    opaque = bowline.convert(payload)
    assert isinstance(opaque, bowline.core.OpaquePyObject)
    assert opaque.pyobject() is payload
    assert bowline.testing.echo(opaque) is payload
    assert bowline.testing.echo(payload) is payload
    # Even what could be converted.
    items = [1]
    assert bowline.testing.echo(bowline.core._convert_to_opaque_object(items)) is items


def test_an_opaque_object_is_one_native_object():
    use_count = bowline.get_global_func("testing.object_use_count")
    opaque = bowline.convert(object())
    assert use_count(opaque) == 1
    held = bowline.List([opaque, opaque])
    assert use_count(opaque) == 3
    assert held[0] is held[1] is opaque.pyobject()
    held.clear()
    assert use_count(opaque) == 1


def test_protocols_that_convert_leaves_alone():
    class Number:
        def __tvm_ffi_int__(self):
            return 7

    one = Number()
    assert bowline.convert(one) is one
    assert bowline.testing.echo(one) == 7
    for value in (1, 1.5, True, None, bowline.dtype("int8"), bowline.device("cpu"), bowline.Shape((1,))):
        assert bowline.convert(value) is value


def test_errors_as_objects():
    error = bowline.Error("ValueError", "too large", "trace")
    assert (error.kind, error.message, error.backtrace, error.extra_context) == ("ValueError", "too large", "trace", None)
    error.update_backtrace("other")
    assert error.backtrace == "other"
    with pytest.raises(ValueError, match="too large"):
        raise error.py_error()
    raised = KeyError("k")
    converted = bowline.core._convert_to_ffi_error(raised)
    assert converted.kind == "KeyError"
    assert converted.py_error() is raised
    assert bowline.core.ERROR_NAME_TO_TYPE["TypeError"] is TypeError
    assert bowline.core.ERROR_TYPE_TO_NAME[TypeError] == "TypeError"
    assert len(bowline.core.ERROR_NAME_TO_TYPE) >= 8
