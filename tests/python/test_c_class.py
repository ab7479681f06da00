"""Classes for native types, and the native types made for tests."""

import copy

import bowline
import pytest
from bowline import testing
from bowline.dataclasses import asdict, astuple, c_class, fields, is_dataclass, replace
from bowline.testing import testing as native
from support import new_key


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: testing.TestIntPair(1, b=2), "testing.TestIntPair(a=1, b=2)"),
        (lambda: testing.TestCompare(1, "a", 2), 'testing.TestCompare(key=1, name="a", ignored_field=2)'),
        (lambda: testing.TestHash(1, "a", 2), 'testing.TestHash(key=1, name="a", hash_ignored=2)'),
        (lambda: testing.TestObjectBase(), 'testing.TestObjectBase(v_i64=10, v_f64=10.0, v_str="hello")'),
        (
            lambda: testing.TestObjectDerived({1: 2}, [1], v_i64=3),
            'testing.TestObjectDerived(v_i64=3, v_f64=10.0, v_str="hello", v_map={1: 2}, v_array=(1,))',
        ),
        (lambda: native._TestCxxClassBase(1, 2), "testing.TestCxxClassBase"),
        (lambda: native._TestCxxClassDerived(1, 2, 3.5), "testing.TestCxxClassDerived(v_f64=3.5, v_f32=8.0)"),
        (
            lambda: native._TestCxxClassDerivedDerived(1, 2, 3.5, True),
            'testing.TestCxxClassDerivedDerived(v_f64=3.5, v_f32=8.0, v_str="default", v_bool=True)',
        ),
        (
            lambda: native._TestCxxInitSubset(1),
            'testing.TestCxxInitSubset(required_field=1, optional_field=-1, note="default")',
        ),
        (lambda: native._TestCxxKwOnly(x=1, y=2, z=3), "testing.TestCxxKwOnly(x=1, y=2, z=3, w=100)"),
        (lambda: native._TestCxxAutoInit(1, c=3), "testing.TestCxxAutoInit(a=1, b=42, c=3, d=99)"),
        (lambda: native._TestCxxAutoInit(1, 5, c=3), "testing.TestCxxAutoInit(a=1, b=42, c=3, d=5)"),
        (lambda: native._TestCxxAutoInitSimple(1, 2), "testing.TestCxxAutoInitSimple(x=1, y=2)"),
        (lambda: native._TestCxxAutoInitAllInitOff(), "testing.TestCxxAutoInitAllInitOff(x=7, y=9, z=1234)"),
        (
            lambda: native._TestCxxAutoInitKwOnlyDefaults(1, k_required=2),
            "testing.TestCxxAutoInitKwOnlyDefaults(p_required=1, p_default=11, k_required=2, k_default=22, hidden=33)",
        ),
        (
            lambda: native._TestCxxAutoInitChild(1, 2, child_kw_only=3),
            "testing.TestCxxAutoInitChild(parent_required=1, parent_default=5, child_required=2, child_kw_only=3)",
        ),
        (lambda: testing.create_object("testing.TestFrozenCxx", value=1, tag="t"), "testing.TestFrozenCxx(value=1, tag=\"t\")"),
        (lambda: testing.create_object("testing.TestDeepCopyEdges", v_any=1, v_obj=None),
         "testing.TestDeepCopyEdges(v_any=1, v_obj=None)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_native_types(make, text):
    assert repr(make()) == text


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: testing.TestIntPair(1), ["TestIntPair", "'b'"]),
        (lambda: testing.TestIntPair(1, 2, 3), ["TestIntPair", "2 positional"]),
        (lambda: testing.TestIntPair(1, 2, c=3), ["TestIntPair", "unexpected keyword argument 'c'"]),
        (lambda: testing.TestIntPair(1, a=3), ["TestIntPair", "multiple values for argument 'a'"]),
        (lambda: testing.TestIntPair(1, "x"), ["'b'", "TestIntPair", "expected int, got str"]),
        (lambda: native._TestCxxKwOnly(1), ["TestCxxKwOnly", "0 positional"]),
        (lambda: native._TestCxxKwOnly(x=1, z=2), ["TestCxxKwOnly", "keyword-only", "'y'"]),
        (lambda: native._TestCxxAutoInit(1, c=3, b=4), ["unexpected keyword argument 'b'"]),
        (lambda: native._TestCxxNoAutoInit(1, 2), ["_TestCxxNoAutoInit", "cannot be constructed directly"]),
        (lambda: testing.TestObjectPtrHolder(), ["'value'"]),
        (lambda: testing.TestObjectPtrHolder(None), ["'value'", "TestObjectBase", "None"]),
    ],
)
def test_init_errors(make, words):
    with pytest.raises(TypeError) as found:
        make()
    for word in words:
        assert word in str(found.value)


def test_missing_means_default():
    made = testing.TestObjectBase(bowline.core.MISSING, v_str="s")
    assert (made.v_i64, made.v_str) == (10, "s")


def test_an_init_of_its_own_sees_native_fields():
    made = native._TestCxxClassBase(1, 2)
    assert (made.v_i64, made.v_i32) == (2, 4)
    with pytest.raises(TypeError, match="i32"):
        made.v_i32 = 2**40
    assert made.v_i32 == 4


def test_options():
    cls = native._TestCxxClassDerived
    one, same, other = cls(1, 2, 3.0), cls(1, 2, 3.0), cls(1, 2, 4.0)
    assert one == same
    assert hash(one) == hash(same)
    assert one < other
    assert one <= same
    assert cls.__match_args__ == ("v_i64", "v_i32", "v_f64", "v_f32")
    assert testing.TestIntPair(1, 2) != testing.TestIntPair(1, 2)
    frozen = testing.create_object("testing.TestFrozenCxx", value=1, tag="t")
    with pytest.raises(AttributeError, match="value"):
        frozen.value = 2
    with pytest.raises(ValueError, match="eq=True"):
        c_class("testing.TestIntPair", order=True)
    with pytest.raises(TypeError, match="key"):
        c_class(3)
    with pytest.raises(ValueError, match=r"no\.such"):
        c_class("no.such")(type("X", (bowline.Object,), {}))


def test_frozen_covers_own_fields_only():
    index = bowline._core.new_type(new_key(), bowline.core.type_info(bowline.Object).type_index)
    spec = bowline._core.FieldSpec("n", bowline.core.TypeSchema("int"))
    bowline._core.define(index, [spec], None, None)

    @c_class(bowline._core.type_key(index))
    class Upper(bowline.Object):
        n: int

    lower = bowline._core.new_type(new_key(), index)
    bowline._core.define(lower, [bowline._core.FieldSpec("m", bowline.core.TypeSchema("int"))], None, None)

    @c_class(bowline._core.type_key(lower), frozen=True)
    class Lower(Upper):
        m: int

    made = Lower(1, 2)
    made.n = 5
    assert made.n == 5
    with pytest.raises(AttributeError, match="m"):
        made.m = 6
    with pytest.raises(AttributeError):
        del made.m
    Lower.m.set(made, 7)
    assert made.m == 7


def test_a_parents_generated_init_is_refused_from_another_type():
    index = bowline._core.new_type(new_key(), bowline.core.type_info(bowline.Object).type_index)
    bowline._core.define(index, [bowline._core.FieldSpec("n", bowline.core.TypeSchema("int"))], None, None)
    lower = bowline._core.new_type(new_key(), index)
    bowline._core.define(lower, [bowline._core.FieldSpec("m", bowline.core.TypeSchema("int"))], None, None)

    @c_class(bowline._core.type_key(index))
    class Upper(bowline.Object):
        n: int

    @c_class(bowline._core.type_key(lower))
    class Lower(Upper):
        m: int

        def __init__(self):
            super().__init__(1)

    with pytest.raises(TypeError, match="Lower"):
        Lower()
    assert Upper(1).n == 1

    class Plain(Upper):
        pass

    assert Plain(2).n == 2


def test_init_false():
    index = bowline._core.new_type(new_key(), bowline.core.type_info(bowline.Object).type_index)
    bowline._core.define(index, [bowline._core.FieldSpec("n", bowline.core.TypeSchema("int"))], None, None)

    @c_class(bowline._core.type_key(index), init=False, match_args=False)
    class Bare(bowline.Object):
        n: int

    with pytest.raises(TypeError, match="init=False"):
        Bare(1)
    assert "__match_args__" not in Bare.__dict__


def test_dataclass_functions():
    pair = testing.TestIntPair(1, 2)
    assert [f.name for f in fields(pair)] == ["a", "b"]
    assert asdict(pair) == {"a": 1, "b": 2}
    assert astuple(pair) == (1, 2)
    assert is_dataclass(pair)
    changed = replace(pair, a=5)
    assert (changed.a, changed.b, pair.a) == (5, 2, 1)
    with pytest.raises(TypeError, match="'c'"):
        replace(pair, c=1)
    derived = testing.TestObjectDerived({"k": [1]}, [pair])
    assert asdict(derived) == {
        "v_i64": 10, "v_f64": 10.0, "v_str": "hello", "v_map": {"k": [1]}, "v_array": [{"a": 1, "b": 2}],
    }


def test_not_copyable():
    one = testing.TestNonCopyable(1)
    for operation in (copy.copy, copy.deepcopy, lambda o: replace(o, value=2)):
        with pytest.raises((TypeError, RuntimeError), match="TestNonCopyable"):
            operation(one)


def test_methods():
    assert testing.TestIntPair(1, 2).sum() == 3
    assert (testing.TestIntPair(1, 2) + testing.TestIntPair(3, 4)).sum() == 10
    assert testing.TestObjectBase().add_i64(5) == 15
    all_types = native._SchemaAllTypes.make_with(1, 2.0, "three")
    assert (all_types.v_int, all_types.v_float, all_types.v_string) == (1, 2.0, "three")
    assert all_types.add_int(5) == 6
    assert all_types.append_int([1], 2) == [1, 2]
    assert all_types.maybe_concat("a", "b") == "ab"
    assert all_types.maybe_concat(None, "b") == "b"
    assert all_types.maybe_concat(None, None) is None
    assert all_types.merge_map({"a": [1]}, {"b": [2]})["b"] == [2]
    all_types.v_variant = [1, 2]
    assert all_types.v_variant == [1, 2]
    with pytest.raises(TypeError, match="v_variant"):
        all_types.v_variant = 1.5
    all_types.v_opt_arr_variant = [1, "a"]
    assert all_types.v_opt_arr_variant == [1, "a"]
    assert native._SchemaAllTypes.v_int.__doc__ == "int field"


@pytest.mark.keeps_objects(reason="the class that is made for it stays")
def test_a_type_without_a_class():
    made = testing.make_unregistered_object()
    cls = type(made)
    assert (cls.__name__, cls.__module__, cls.__qualname__) == (
        "TestUnregisteredObject", "testing", "testing.TestUnregisteredObject",
    )
    assert cls.__doc__.startswith("Auto-generated fallback class")
    assert cls.__mro__[1].__qualname__ == "testing.TestUnregisteredBaseObject"
    assert (made.v1, made.v2, made.get_v1_plus_one(), made.get_v2_plus_two()) == (41, 42, 42, 44)
    assert cls.get_v2_plus_two.__doc__ == "Get (v2 + 2) from TestUnregisteredObject"
    assert type(testing.make_unregistered_object()) is cls


def test_use_counts():
    pair = testing.TestIntPair(1, 2)
    assert testing.object_use_count(pair) == 1
    holder = bowline.Array([pair])
    assert testing.object_use_count(pair) == 2
    del holder
    assert testing.object_use_count(pair) == 1


def test_identity():
    base = testing.TestObjectBase()
    holder = testing.TestObjectPtrHolder(base)
    assert holder.value is base
    assert holder.value is holder.value
    address = id(base)
    del base
    assert id(holder.value) == address
    holder.optional_value = holder.value
    assert holder.optional_value is holder.value
    with pytest.raises(TypeError, match="None"):
        holder.value = None
    holder.optional_value = None
    assert holder.optional_value is None
