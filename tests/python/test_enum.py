"""Enumerations."""

import copy
import gc
import pickle
from typing import Any, ClassVar

import bowline
import pytest
from bowline import testing
from bowline.dataclasses import Enum, EnumAttrMap, EnumState, IntEnum, StrEnum, auto, entry, fields
from bowline.testing import testing as native
from support import new_key, run_threads

pytestmark = pytest.mark.keeps_objects(reason="variants live as long as the process")


class Color(Enum, type_key="test.enum.Color"):
    red = entry()
    green = entry()


class Unit(Enum, type_key="test.enum.Unit"):
    bits: int
    note: str = "none"
    byte = entry(bits=8)
    word = entry(64, "large")
    plain: ClassVar[int] = 3


class Level(IntEnum, type_key="test.enum.Level"):
    low = 10
    high = 20
    mid: ClassVar[int] = 15


class Op(StrEnum, type_key="test.enum.Op"):
    add = "+"
    mul = "*"


def test_variants_are_one_object_each():
    assert Color.red is Color.get("red") is Color("red") is Color(0)
    assert Color.red is not Color.green
    assert list(Color) == list(Color.all_entries()) == [Color.red, Color.green]
    assert len(Color) == 2
    assert bool(Color)
    holder = bowline.Array([Color.red])
    assert holder[0] is Color.red
    gc.collect()
    assert testing.echo(Color.red) is Color.red
    assert isinstance(Color.red, Color)
    assert Color(Color.red) is Color.red


def test_indices_and_text():
    assert (Color.red._int_index, Color.red._str_index) == (0, "red")
    assert (Color.green._int_index, Color.green._str_index) == (1, "green")
    assert repr(Color.red) == str(Color.red) == "test.enum.Color.red"
    assert repr(bowline.Array([Color.red])) == "(test.enum.Color.red,)"
    with pytest.raises(AttributeError):
        Color.red._int_index = 5
    assert [f.name for f in fields(Color)] == ["_int_index", "_str_index"]


@pytest.mark.parametrize("value", ["blue", 2, -1, 1.0, None, True], ids=repr)
def test_unknown_values(value):
    with pytest.raises(ValueError, match="not a valid Color"):
        Color(value)


def test_get_takes_a_name_or_a_number():
    assert Color.get("green") is Color.get(1) is Color.green
    assert (Level.get(10), Level.get("low"), Op.get("+"), Op.get(0)) == (Level.low, Level.low, Op.add, Op.add)
    for wrong in ("blue", 2, -1, None, True):
        with pytest.raises(KeyError, match=str(wrong)):
            Color.get(wrong)


@pytest.mark.parametrize("cls", [Color, Level, Op])
@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**70])
def test_look_ups_out_of_range(cls, value):
    for find in (cls, cls.get):
        with pytest.raises(OverflowError, match="int64 range"):
            find(value)


@pytest.mark.parametrize("args", [(), ("red", "green")], ids=repr)
def test_variants_are_not_constructed(args):
    with pytest.raises(TypeError, match="Color"):
        Color(*args)


def test_fields_of_variants():
    assert (Unit.byte.bits, Unit.byte.note) == (8, "none")
    assert (Unit.word.bits, Unit.word.note) == (64, "large")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (entry(), "bits"),
        (entry(bits="x"), "expected int, got str"),
        (entry(bits=1, size=2), "size"),
        (entry(1, 2, 3), "takes 1"),
        (entry(1, bits=2), "bits"),
    ],
)
def test_bad_variants(value, text):
    with pytest.raises(TypeError, match=text):

        class Bad(Enum, type_key=new_key()):
            bits: int
            one = value


@pytest.mark.parametrize(
    ("base", "body", "text"),
    [
        (IntEnum, {"one": "x"}, "one: expected int, got str"),
        (IntEnum, {"one": True}, "one: expected int, got bool"),
        (IntEnum, {"one": entry("x")}, "one: expected one int"),
        (IntEnum, {"one": entry()}, "one: expected one int"),
        (IntEnum, {"one": entry(1, value=1)}, "one: expected one int"),
        (StrEnum, {"one": 1}, "one: expected str, got int"),
        (IntEnum, {"__annotations__": {"value": int}}, "IntEnum reserves `value`"),
        (StrEnum, {"__annotations__": {"value": str}}, "StrEnum reserves `value`"),
    ],
)
def test_bad_enumerations_of_values(base, body, text):
    with pytest.raises(TypeError, match=text):
        type(base)("Bad", (base,), {"__module__": __name__, **body}, type_key=new_key())


def test_values_by_entry():
    class Named(IntEnum, type_key=new_key()):
        note: str = "none"
        one = entry(1)
        two = entry(value=2, note="two")

    assert [(v.value, v.name, v.note) for v in Named] == [(1, "one", "none"), (2, "two", "two")]
    with pytest.raises(AttributeError):
        Named.one.note = "other"


def test_the_text_of_a_declaration():
    assert [repr(auto()), repr(entry(1, code=2))] == ["entry()", "entry(1, code=2)"]


def test_a_binder_of_a_native_enumeration_names_a_variant():
    with pytest.raises(RuntimeError, match="Missing.*string index 'Missing'"):

        class Typo(Enum, type_key="testing.TestCxxIntEnum"):
            Missing: ClassVar[Any]


def test_auto_and_binders():
    class Auto(Enum, type_key=new_key()):
        a = auto()
        b = auto()
        c: ClassVar[Any]

    assert [variant._str_index for variant in Auto] == ["c", "a", "b"]
    assert Auto.c is Auto("c")


def test_payloads_by_name():
    class Named(IntEnum, type_key=new_key()):
        low = entry(value=10)
        high = entry(20)

    class Text(StrEnum, type_key=new_key()):
        add = entry(value="+")

    assert [level.value for level in Named] == [10, 20]
    assert Text("+") is Text.add
    with pytest.raises(TypeError, match="expected one int, got 2 values"):

        class Bad(IntEnum, type_key=new_key()):
            twice = entry(10, value=10)


def test_int_enum():
    assert [level.value for level in Level] == [10, 20, 15]
    assert Level.low == 10
    assert 10 == Level.low
    assert Level.low != 20
    assert Level.low != Level.high
    assert Level.low != 10.0
    assert hash(Level.low) == hash(10)
    assert {10: "a"}[Level.low] == "a"
    assert str(Level.low) == "10"
    assert repr(Level.low) == "Level.low"
    assert Level(10) is Level.low is Level.get("low")
    assert (Level.low._int_index, Level.low.name) == (10, "low")
    with pytest.raises(ValueError, match="11 is not a valid Level"):
        Level(11)
    with pytest.raises(TypeError):
        _ = Level.low < Level.high


def test_str_enum():
    assert Op("+") is Op.add
    assert Op.add == "+"
    assert hash(Op.add) == hash("+")
    assert str(Op.add) == "+"
    assert repr(Op.add) == "Op.+"
    assert (Op.mul._int_index, Op.mul._str_index, Op.mul.value, Op.mul.name) == (1, "*", "*", "*")
    with pytest.raises(ValueError, match="'-' is not a valid Op"):
        Op("-")


def test_an_alias():
    class Alias(IntEnum, type_key=new_key()):
        x = 3
        y = 3

    assert Alias.x is Alias.y
    assert list(Alias) == [Alias.x]


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**70])
def test_integers_out_of_range(value):
    with pytest.raises(OverflowError, match=str(value)):

        class Big(IntEnum, type_key=new_key()):
            big = value


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 0])
def test_integers_at_the_ends(value):
    class Edge(IntEnum, type_key=new_key()):
        edge = value

    assert Edge(value) is Edge.edge


@pytest.mark.parametrize("variant", [Color.red, Level.low, Op.add, Unit.word], ids=repr)
def test_copies_are_the_variant(variant):
    assert copy.copy(variant) is variant
    assert copy.deepcopy(variant) is variant
    assert copy.deepcopy([variant])[0] is variant
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(variant, protocol)) is variant


def test_attributes():
    class Planet(Enum, type_key=new_key()):
        earth = entry()
        mars = entry()

    moons = Planet.def_attr("moons", default=0)
    assert isinstance(moons, EnumAttrMap)
    assert moons.name == "moons"
    assert moons[Planet.earth] == 0
    assert Planet.earth not in moons
    moons[Planet.earth] = 1
    assert (moons[Planet.earth], moons[Planet.mars]) == (1, 0)
    assert Planet.earth in moons
    assert Planet.mars not in moons
    assert moons.get(Planet.mars, 7) == 7
    assert moons.get(Planet.mars) is None
    assert Planet.def_attr("moons")[Planet.earth] == 1
    assert Planet.attr_dict["moons"][Planet.earth] == 1
    rings = Planet.def_attr("rings")
    with pytest.raises(KeyError, match="rings"):
        rings[Planet.earth]
    for use in (lambda: moons["earth"], lambda: moons.get(Color.red), lambda: Color.red in moons):
        with pytest.raises(TypeError, match="expected Planet"):
            use()
    with pytest.raises(TypeError, match="expected Planet"):
        moons[Color.red] = 1
    with pytest.raises(TypeError, match="name"):
        Planet.def_attr(3)


def test_the_state_is_a_type_attribute():
    state = bowline.core._lookup_type_attr(Color.__tvm_ffi_type_info__.type_index, "__ffi_enum__")
    assert isinstance(state, EnumState)
    assert list(state.entries) == [Color.red, Color.green]
    assert state.indexes["red"] is state.indexes[0] is Color.red
    assert state.entries[1] is Color.green


def test_native_enumerations():
    assert [level.value for level in native._TestCxxIntEnum] == [10, 20]
    assert native._TestCxxIntEnum.low == 10
    assert native._TestCxxIntEnum.low is native._TestCxxIntEnum(10)
    assert native._TestCxxStrEnum.add is native._TestCxxStrEnum("+")
    assert native._TestCxxStrEnum.mul == "*"

    class Variant(Enum, type_key="testing.TestEnumVariant"):
        Alpha: ClassVar[Any]
        Beta: ClassVar[Any]

    assert [variant._str_index for variant in Variant] == ["Alpha", "Beta"]
    assert testing.enum_variant_get("Alpha") is Variant.Alpha
    code = Variant.def_attr("code")
    assert (code[Variant.Alpha], code[Variant.Beta]) == (10, 20)
    with pytest.raises(ValueError, match="Gamma"):
        testing.enum_variant_get("Gamma")


def test_fields_take_payloads():
    holder = native._TestCxxEnumHolder(10, "+")
    assert holder.priority is native._TestCxxIntEnum.low
    assert holder.opcode is native._TestCxxStrEnum.add
    holder.priority = native._TestCxxIntEnum.high
    assert holder.priority == 20
    for bad in (11, "x", True, None, Level.low):
        with pytest.raises(TypeError, match="priority"):
            holder.priority = bad

    @bowline.py_class(new_key())
    class Holder(bowline.Object):
        level: Level
        unit: Unit

    made = Holder(20, Unit.byte)
    assert made.level is Level.high
    assert made.unit is Unit.byte
    with pytest.raises(TypeError, match="unit"):
        Holder(20, "byte")


def test_threads_make_enumerations():
    made = []

    def make():
        for _ in range(10):

            class One(IntEnum, type_key=new_key("enum.threads")):
                a = 1
                b = 2

            made.append([One.a, One.b] == list(One) and One(1) is One.a)

    run_threads(*[make] * 8)
    assert made == [True] * 80


def test_threads_use_one_attribute():
    class Wide(IntEnum, type_key=new_key()):
        pass

    column = Color.def_attr("threads", default=None)

    def work(k):
        for i in range(200):
            column[Color.red] = (k, i)
            found = column[Color.red]
            assert len(found) == 2

    run_threads(*[lambda k=k: work(k) for k in range(8)])
    assert column[Color.red][1] == 199


@pytest.mark.parametrize("base", [Enum, IntEnum, StrEnum])
def test_a_variant_keeps_its_name(base):
    class Kept(base, type_key=new_key()):
        one = auto() if base is Enum else entry(value=1 if base is IntEnum else "one")

    one = Kept.one
    with pytest.raises(AttributeError, match="variant 'one' of Kept cannot be reassigned"):
        Kept.one = 3
    with pytest.raises(AttributeError, match="variant 'one' of Kept cannot be deleted"):
        del Kept.one
    Kept.other = 3
    del Kept.other
    assert Kept.one is one and list(Kept) == [one] and Kept.get("one") is one
