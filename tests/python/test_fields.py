"""`Field`, `TypeField`, `TypeInfo` and properties: what is said of fields."""

import copy
import pickle
import sys
import types

import bowline
import pytest
from bowline import core, field, py_class, testing
from bowline.dataclasses import Field, asdict, astuple, c_class, fields, is_dataclass, replace
from bowline.testing import testing as native
from support import new_key


@py_class("fields.Frozen", frozen=True)
class Frozen(bowline.Object):
    n: int


@py_class("fields.Open")
class Open(Frozen):
    m: list[int] = field(default_factory=list, doc="numbers", compare=False)


@pytest.mark.parametrize("cls", [Frozen, Open, testing.TestIntPair, native._TestCxxClassDerivedDerived])
def test_one_description_of_each_field(cls):
    assert fields(cls) == fields(cls)
    assert [f.name for f in fields(cls)] == [info.name for info in cls.__tvm_ffi_type_info__.all_fields]
    for described, info in zip(fields(cls), cls.__tvm_ffi_type_info__.all_fields, strict=True):
        assert type(described) is Field
        assert described is info.dataclass_field
        assert (described.name, described.doc, described.init) == (info.name, info.doc, info.init)
        assert (described.frozen, described.kw_only, described.repr) == (info.frozen, info.kw_only, info.repr)
        assert (described.compare, described.hash) == (info.compare, info.hash)
        assert str(described.schema) == str(info.schema)


def test_types_are_the_annotations_of_the_class():
    assert [f.type for f in fields(testing.TestIntPair)] == [int, int]
    assert [f.type for f in fields(testing.TestObjectPtrHolder)][0] is testing.TestObjectBase
    assert [f.type for f in fields(Open)] == [int, list[int]]
    assert {f.type for f in fields(native._SchemaAllTypes)} == {None}
    by_name = {f.name: f for f in fields(native._TestCxxClassDerivedDerived)}
    assert (by_name["v_f32"].default, by_name["v_str"].default) == (8.0, "default")
    assert by_name["v_f64"].default is core.MISSING


def make_class(annotations):
    index = bowline._core.new_type(new_key(), core.type_info(bowline.Object).type_index)
    bowline._core.define(index, [bowline._core.FieldSpec("n", core.TypeSchema("Any"))], None, None)
    body = {"__annotations__": annotations, "__module__": __name__}
    return c_class(bowline._core.type_key(index))(type("Native", (bowline.Object,), body))


@pytest.mark.keeps_objects(reason="types stay registered")
def test_an_annotation_that_comes_later():
    cls = make_class({"n": "LaterName"})
    assert fields(cls)[0].type is None
    globals()["LaterName"] = int
    try:
        assert fields(cls)[0].type is int
        assert fields(cls)[0] is fields(cls)[0]
    finally:
        del globals()["LaterName"]


def test_the_hash_of_a_field_follows_compare():
    assert (field().hash, field(hash=False).hash, field(compare=False).hash) == (None, False, None)
    assert [(f.compare, f.hash) for f in fields(Open)] == [(True, True), (False, False)]
    one, other = testing.TestCompare(1, "a", 2), testing.TestCompare(1, "a", 3)
    content_hash = bowline.get_global_func("ffi.RecursiveHash")
    assert content_hash(one) == content_hash(other)
    assert content_hash(one) != content_hash(testing.TestCompare(2, "a", 2))


def test_properties_name_their_parts():
    number, items = Frozen.__dict__["n"], Open.__dict__["m"]
    one = Open(1, [2])
    assert (number.fset, number.fdel, items.fdel) == (None, None, None)
    assert number.fget(one) == 1
    items.fset(one, [3])
    assert items.fget(one) == [3]
    with pytest.raises(TypeError, match="expected int, got str"):
        items.fset(one, ["x"])


def test_one_view_of_a_type():
    info = Open.__tvm_ffi_type_info__
    assert info is core.type_info(Open) is Open.__tvm_ffi_type_info__
    assert info.parent_type_info is Frozen.__tvm_ffi_type_info__
    assert copy.deepcopy(info) is pickle.loads(pickle.dumps(info)) is info


def test_an_index_that_another_type_has_now():
    parent = core.type_info(bowline.Object)
    first = core._register_py_class(parent, new_key(), None)
    core._rollback_py_class(first)
    second = core._register_py_class(parent, new_key(), None)
    try:
        assert second is core.TypeInfo(second.type_index)
        assert second.type_key != first.type_key
    finally:
        core._rollback_py_class(second)


@pytest.mark.parametrize("wrong", [int, 3, bowline.Object, Frozen, None], ids=repr)
@pytest.mark.parametrize("tool", [asdict, astuple, replace])
def test_tools_refuse_what_is_no_instance(tool, wrong):
    with pytest.raises(TypeError, match="c_class / py_class instances"):
        tool(wrong)


@pytest.mark.parametrize("wrong", [int, 3, bowline.Object, bowline.Array([])], ids=repr)
def test_fields_refuses_what_has_none(wrong):
    assert not is_dataclass(wrong)
    with pytest.raises(TypeError, match="c_class or py_class"):
        fields(wrong)


def module_of(name, source, **names):
    module = types.ModuleType(name)
    module.__dict__.update(bowline=bowline, new_key=new_key, **names)
    sys.modules[name] = module
    exec(compile(source, name, "exec", dont_inherit=True), module.__dict__)
    return module


def test_fields_of_a_class_that_waits():
    """A name of its own module is there once the module is. Asking for the fields then completes the class."""
    source = """
from __future__ import annotations

@bowline.py_class(new_key())
class First(bowline.Object):
    other: Second | None = None

    @bowline.dataclasses.init_property
    def number(self) -> Number:
        return 3
"""
    module = module_of("fields_waiting", source)
    assert is_dataclass(module.First)
    with pytest.raises(TypeError, match=r"Cannot instantiate First.*other: Second \| None"):
        fields(module.First)
    module.Second, module.Number = Frozen, int
    assert [f.name for f in fields(module.First)] == ["other", "number"]
    assert module.First(Frozen(1)).number == 3
    del sys.modules["fields_waiting"]


def test_a_class_of_another_module():
    """Imported for type checkers only, its name is found when an instance is made. One module has to have it."""
    holder = """
from __future__ import annotations

@bowline.py_class(new_key())
class Holder(bowline.Object):
    child: OnlyThere | None = None
"""
    child = """
@bowline.py_class(new_key())
class OnlyThere(bowline.Object):
    pass
"""
    first = module_of("fields_holder", holder)
    with pytest.raises(TypeError, match="Cannot instantiate Holder.*OnlyThere"):
        first.Holder()
    there = module_of("fields_child", child)
    assert first.Holder(there.OnlyThere()).child is not None
    late = module_of("fields_late", holder + child)
    assert late.Holder(late.OnlyThere()).child is not None
    with pytest.raises(TypeError, match="field 'child'"):
        late.Holder(there.OnlyThere())
    ambiguous = module_of("fields_ambiguous", holder)
    with pytest.raises(TypeError, match="Cannot instantiate Holder"):
        ambiguous.Holder()
    for name in ("holder", "child", "late", "ambiguous"):
        del sys.modules[f"fields_{name}"]


def test_another_description_of_a_field():
    for cls in (testing.TestIntPair, Open):
        info = cls.__tvm_ffi_type_info__.fields[0]
        before = info.dataclass_field
        other = Field(name=info.name)
        try:
            info.dataclass_field = other
            assert cls.__tvm_ffi_type_info__.fields[0].dataclass_field is other
            assert other in fields(cls)
        finally:
            info.dataclass_field = before
        assert fields(cls)[-len(cls.__tvm_ffi_type_info__.fields)] is before
        with pytest.raises(TypeError, match="dataclass_field must be a Field, got int"):
            info.dataclass_field = 1
