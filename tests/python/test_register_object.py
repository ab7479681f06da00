"""Classes for types that exist natively."""

import bowline
import pytest
from bowline import get_global_func, register_object
from bowline.core import TypeInfo, type_info
from shapes import Holder
from support import run_threads


@register_object("testing.DocPair")
class IntPair(bowline.Object):
    """Two numbers."""

    @property
    def total(self):
        return self.a + self.b


ObjectBase = bowline.testing.TestObjectBase


def test_fields_methods_and_constructor():
    pair = IntPair(1, 2)
    assert (pair.a, pair.b, pair.total) == (1, 2, 3)
    with pytest.raises(AttributeError):
        pair.a = 5
    assert Holder(pair).value is pair


def test_defaults_and_stores():
    one = ObjectBase()
    assert (one.v_i64, one.v_f64, one.v_str) == (10, 10.0, "hello")
    one.v_i64 = 5
    one.v_str = "a text of some length"
    assert (one.v_i64, one.v_str) == (5, "a text of some length")
    with pytest.raises(AttributeError):
        one.v_f64 = 1.0
    with pytest.raises(TypeError):
        one.v_i64 = "no int"
    assert one.add_i64(3) == 8
    assert ObjectBase.v_i64.__doc__ == "i64 field"
    assert ObjectBase.add_i64.__doc__ == "add_i64 method"


def test_unknown_keys():
    with pytest.raises(ValueError, match=r"no\.such\.type"):
        register_object("no.such.type")(type("X", (bowline.Object,), {"__module__": __name__}))


def test_a_class_of_its_own_init():
    index = bowline._core.new_type("test.own_init", bowline._core.type_index("ffi.Object"))
    bowline._core.define(index, [bowline._core.FieldSpec("n", bowline.core.TypeSchema("int"))], None, None)

    @register_object("test.own_init")
    class OwnInit(bowline.Object):
        def __init__(self, text):
            self.__ffi_init__(len(text))

    assert OwnInit("abc").n == 3


def test_fallback_classes():
    """Weakness 33: a type seen before its class is registered takes that class afterwards."""
    core = bowline._core
    root = core.type_index("ffi.Object")
    upper = core.new_type("test.fallback.Upper", root)
    core.define(upper, [core.FieldSpec("n", bowline.core.TypeSchema("int"))], None, None)
    lower = core.new_type("test.fallback.Lower", upper)
    core.define(lower, [core.FieldSpec("m", bowline.core.TypeSchema("int"))], None, None)
    made = bowline._fallback.make_fallback(lower)
    assert made is bowline._fallback.make_fallback(lower)
    assert (made.__name__, made.__qualname__, made.__module__) == ("Lower", "test.fallback.Lower", "test.fallback")
    assert made.__doc__.startswith("Auto-generated fallback class")
    one = made(1, 2)
    assert (one.n, one.m) == (1, 2)
    assert made.__mro__[1].__name__ == "Upper"

    @register_object("test.fallback.Lower")
    class Lower(core.class_of(upper)):
        pass

    assert type(Lower(1, 2)) is Lower
    held = Holder(one)
    assert held.value is one
    assert core.class_of(lower) is Lower


def test_type_info():
    # The last class of a native type is its own. Tests of other files make some.
    register_object("testing.DocPair")(IntPair)
    info = type_info(IntPair)
    assert isinstance(info, TypeInfo)
    assert info == IntPair.__tvm_ffi_type_info__
    assert info.type_key == "testing.DocPair"
    assert info.type_cls is IntPair
    assert [f.name for f in info.fields] == ["a", "b"]
    assert info.parent_type_info.type_key == "ffi.Object"
    assert info.parent_type_info.type_cls is bowline.Object
    assert info.type_ancestors == [info.parent_type_info.type_index]
    with pytest.raises(TypeError):
        type_info(int)


def test_threads_find_one_type_info():
    index = IntPair.__tvm_ffi_type_info__.type_index
    for _ in range(100):
        # As if it had not been asked for yet.
        bowline._type_info._KNOWN.pop(index)
        found = []
        run_threads(*[lambda found=found: found.append(TypeInfo(index))] * 8)
        assert len({id(info) for info in found}) == 1


def test_a_method_takes_its_own_kind():
    with pytest.raises(TypeError):
        bowline.testing.TestIntPair.sum(ObjectBase())
    assert get_global_func("testing.echo")(IntPair(1, 2)).total == 3
