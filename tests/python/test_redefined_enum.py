"""Enumerations whose code runs again, and those without a key."""

import copy
import pickle

import bowline
import pytest
from bowline import Object, py_class
from bowline.dataclasses import Enum, IntEnum, StrEnum, auto, entry
from support import new_key, run_threads

core = bowline._core
# Variants are for good.
pytestmark = pytest.mark.keeps_objects


def make(base, key, body, annotations=None):
    """A class of always the same module and qualified name."""
    namespace = {"__module__": __name__, "__qualname__": "Again", "__annotations__": annotations or {}, **body}
    return type(base)("Again", (base,), namespace, type_key=key)


def test_the_same_variants():
    key = new_key()
    former = make(Enum, key, {"red": auto(), "blue": auto()})
    attribute = former.def_attr("price")
    attribute[former.red] = 5
    again = make(Enum, key, {"red": auto(), "blue": auto()})
    assert again is not former
    assert (again.red, again.blue) == (former.red, former.blue) and again.red is former.red
    assert [*again] == [*former] == [again.red, again.blue]
    assert isinstance(again.red, again) and isinstance(former.red, former)
    assert again("red") is again.red and again(again.red) is again.red
    assert again.def_attr("price")[again.red] == 5
    assert core.class_of(core.type_index(key)) is again
    assert copy.deepcopy(again.red) is again.red

    @py_class(new_key())
    class Uses(Object):
        unit: again

    assert Uses(former.blue).unit is again.blue


@pytest.mark.parametrize(("base", "one", "two", "three"), [(IntEnum, 1, 2, 3), (StrEnum, "+", "-", "*")])
def test_variants_of_another_payload_replace(base, one, two, three):
    key = new_key()
    former = make(base, key, {"a": one, "b": two})
    old = former.b
    again = make(base, key, {"a": one, "b": three, "alias": three})
    assert again.a is former.a and again.b is not old and again.alias is again.b
    assert again(three) is again.b and again.b.value == three
    assert [v.value for v in again] == [one, three]
    with pytest.raises(ValueError):
        again(two)
    # Who has the old one has it still.
    assert old.value == two and former.b is old


def test_payload_fields():
    key = new_key()
    former = make(Enum, key, {"byte": entry(bits=8), "word": entry(bits=32)}, {"bits": int})
    again = make(Enum, key, {"byte": entry(8), "word": entry(bits=64)}, {"bits": int})
    assert again.byte is former.byte
    assert (former.word.bits, again.word.bits) == (32, 64)
    assert [v.bits for v in again] == [8, 64]
    # Other fields make another type.
    other = make(Enum, key, {"byte": entry(bits=8, name="b")}, {"bits": int, "name": str})
    assert other.byte is not former.byte and other.byte.name == "b" and former.byte.bits == 8
    assert not isinstance(other.byte, former)
    assert core.class_of(core.type_index(key)) is other


def test_a_failure_leaves_the_former():
    key = new_key()
    former = make(Enum, key, {"byte": entry(bits=8), "word": entry(bits=32)}, {"bits": int})
    variants = [*former]
    for body, annotations in (
        ({"byte": entry(bits=9), "word": entry(bits="many")}, {"bits": int}),
        ({"byte": entry(bits=8), "word": entry()}, {"bits": int}),
        ({"byte": entry(bits=8, name="b"), "word": entry()}, {"bits": int, "name": str}),
        ({"byte": entry(bits=8)}, {"bits": complex}),
    ):
        with pytest.raises(TypeError):
            make(Enum, key, body, annotations)
        assert core.class_of(core.type_index(key)) is former
        assert [*former] == variants and former("byte").bits == 8
    again = make(Enum, key, {"byte": entry(bits=8), "word": entry(bits=32)}, {"bits": int})
    assert [*again] == variants


def test_a_first_failure_frees_the_key():
    key = new_key()
    with pytest.raises(TypeError):
        make(Enum, key, {"byte": entry(bits="many")}, {"bits": int})
    assert key not in core.type_keys()
    assert make(Enum, key, {"byte": entry(bits=8)}, {"bits": int}).byte.bits == 8


def test_another_place_is_refused():
    key = new_key()
    make(Enum, key, {"red": auto()})
    with pytest.raises(ValueError, match=r"Again.*Other.*key of its own"):

        class Other(Enum, type_key=key):
            red = auto()


def test_a_native_enumeration_twice():
    natives = []
    for _ in range(2):

        class Native(Enum, type_key="testing.TestEnumVariant"):
            pass

        natives.append(Native)
    former, again = natives
    assert [*former] == [*again] and [*again]
    assert all(isinstance(variant, again) for variant in again)


def test_without_a_key_nothing_is_registered():
    keys = core.type_keys()

    class Sized(Enum):
        bits: int

        @property
        def bytes(self):
            return self.bits // 8

    class Level(IntEnum):
        pass

    assert core.type_keys() == keys

    class Unit(Sized, type_key=new_key()):
        word = entry(bits=32)

    class Op(Sized, type_key=new_key()):
        add = entry(bits=8)

    assert (Unit.word.bytes, Op.add.bits) == (4, 8)
    assert issubclass(Unit, Sized) and isinstance(Unit.word, Sized) and not isinstance(Unit.word, Op)
    with pytest.raises(TypeError, match="type_key"):

        class Lost(Sized):
            word = entry(bits=32)

    with pytest.raises(TypeError, match="type_key"):

        class LostLevel(Level):
            low = 1


def test_threads():
    key = new_key()
    first = make(IntEnum, key, {"a": 1, "b": 2})

    def work():
        for _ in range(20):
            again = make(IntEnum, key, {"a": 1, "b": 2})
            assert again.a is first.a and again(2) is first.b
            assert [v.value for v in again] == [1, 2]

    run_threads(*[work] * 4)


class Pickled(Enum, type_key="redefined_enum.Pickled"):
    one = auto()
    get = auto()


def test_pickles_of_a_variant_with_the_name_of_a_method():
    for variant in Pickled:
        assert pickle.loads(pickle.dumps(variant)) is variant


def test_threads_define_one_enumeration_for_the_first_time():
    for _ in range(40):
        key, made = new_key(), []
        run_threads(*[lambda: made.append(make(Enum, key, {"red": entry(n=1), "blue": entry(n=2)}, {"n": int}))] * 4)
        assert len({core.exact_index(cls) for cls in made}) == 1
        assert all(cls.red is made[0].red and cls.blue is made[0].blue and cls.blue.n == 2 for cls in made)
