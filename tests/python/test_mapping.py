"""Map and Dict: mappings of native values."""

import copy
import math
import pickle
from collections.abc import Mapping, MutableMapping

import bowline
import pytest
from bowline import Array, Dict, List, Map, py_class
from bowline.dataclasses import asdict
from shapes import Plain
from support import new_key, run_threads

BOTH = pytest.mark.parametrize("cls", [Map, Dict])


@BOTH
def test_construction_and_lookup(cls):
    one = cls({"a": 1, 2: "two", None: None, b"k": [1], True: 2.5})
    assert [one["a"], one[2], one[None], one[True]] == [1, "two", None, 2.5]
    assert list(one[b"k"]) == [1]
    assert len(one) == 5
    assert one
    assert not cls({})
    assert one.get("a") == 1
    assert one.get("z") is None
    assert one.get("z", 5) == 5
    with pytest.raises(KeyError, match="z"):
        one["z"]
    with pytest.raises((AttributeError, TypeError)):
        cls(5)


@BOTH
def test_order_is_kept(cls):
    keys = [f"key {n}" for n in (5, 3, 9, 1, 7, 0)]
    one = cls(dict.fromkeys(keys, 1))
    assert list(one) == keys
    assert list(one.keys()) == keys


@BOTH
def test_views(cls):
    one = cls({"a": 1, "b": 2})
    assert isinstance(one, Mapping)
    assert isinstance(one, MutableMapping) == (cls is Dict)
    assert (len(one.keys()), len(one.values()), len(one.items())) == (2, 2, 2)
    assert list(one.values()) == [1, 2]
    assert list(one.items()) == [("a", 1), ("b", 2)]
    assert "a" in one
    assert "z" not in one
    assert "a" in one.keys()
    assert ("a", 1) in one.items()
    assert 2 in one.values()
    assert dict(one) == {"a": 1, "b": 2} == {**one}
    match one:
        case {"a": found}:
            assert found == 1


@BOTH
def test_equality_within_the_family(cls):
    other = Dict if cls is Map else Map
    one = cls({"a": 1, "b": (1, 2)})
    assert one == cls({"b": (1, 2), "a": 1})
    assert hash(one) == hash(cls({"b": (1, 2), "a": 1}))
    assert one != cls({"a": 1})
    assert one != cls({"a": 1, "b": (1, 3)})
    assert one != cls({"a": 1, "c": (1, 2)})
    assert one != other({"a": 1, "b": (1, 2)})
    assert one != {"a": 1, "b": (1, 2)}


@BOTH
def test_identity_of_keys_and_values(cls):
    key, value = Plain(1), Plain(2)
    one = cls({key: value})
    assert one[key] is value
    assert next(iter(one)) is key
    assert Plain(1) not in one
    assert one is bowline.convert([one])[0]


@BOTH
def test_text(cls):
    assert repr(cls({"a": 1, 2: None})) == '{"a": 1, 2: None}'
    assert repr(cls({})) == "{}"


@BOTH
def test_pickle_and_copies(cls):
    shared = Plain(1)
    one = cls({"a": shared, "b": [shared]})
    for two in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert type(two) is cls
        assert two["a"] is two["b"][0]
        assert two["a"] is not shared
        assert two["a"].n == 1
    two = copy.copy(one)
    assert two is not one
    assert two["a"] is shared


@BOTH
def test_a_failed_construction_leaves_a_droppable_wrapper(cls):
    class Broken(dict):
        def items(self):
            raise RuntimeError("broken")

        keys = __iter__ = items

    one = cls.__new__(cls)
    with pytest.raises(RuntimeError, match="broken"):
        one.__init__(Broken(a=Plain(1)))
    assert one.__chandle__() == 0
    assert "chandle=None" in repr(one)


def test_a_map_does_not_change():
    with pytest.raises(TypeError):
        Map({"a": 1})["a"] = 2
    with pytest.raises(TypeError):
        del Map({"a": 1})["a"]


def test_mutation():
    one = Dict({"a": 1})
    one["b"] = [2]
    one["a"] = None
    assert dict(one.items()) == {"a": None, "b": one["b"]}
    del one["a"]
    with pytest.raises(KeyError):
        del one["a"]
    assert list(one.pop("b")) == [2]
    assert one.pop("b", 5) == 5
    with pytest.raises(KeyError):
        one.pop("b")
    with pytest.raises(TypeError):
        one.pop("b", 1, 2)
    one.update({"x": 1}, y=2)
    one.update([("z", 3)])
    assert one.setdefault("x", 9) == 1
    assert one.setdefault("n") is None
    assert len(one) == 4
    seen = {one.popitem()[0] for _ in range(4)}
    assert seen == {"x", "y", "z", "n"}
    with pytest.raises(KeyError):
        one.popitem()
    one["a"] = 1
    one.clear()
    assert len(one) == 0


def test_a_dict_may_hold_itself():
    one = Dict()
    one["me"] = one
    assert one["me"] is one
    assert repr(one) == '{"me": ...}'
    assert isinstance(hash(one), int)
    for two in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert two is not one
        assert two["me"] is two
        # No Python object is part of these cycles once the wrappers are gone. The collector would not see them.
        two.clear()
    one.clear()


def test_dicts_arrive_as_maps():
    found = bowline.convert({"a": [1]})
    assert type(found) is Map
    assert type(found["a"]) is Array
    assert bowline.convert(lambda m: m["a"])({"a": 1}) == 1


def test_fields():
    @py_class(new_key())
    class Holds(bowline.Object):
        plain: dict[str, int]
        fixed: Map[str, list[int]]
        bare: dict

    one = Holds({"a": 1}, {"b": [1, 2]}, {"c": None})
    assert type(one.plain) is Dict
    assert type(one.fixed) is Map
    assert type(one.fixed["b"]) is List
    one.plain["z"] = 26
    assert one.plain["z"] == 26
    assert asdict(one)["fixed"] == {"b": [1, 2]}
    with pytest.raises(TypeError, match="value for key 'a'"):
        one.plain = {"a": "no int"}
    with pytest.raises(TypeError, match="key"):
        one.plain = {1: 1}


def test_threads_share_a_dict():
    """Weakness 9: readers and writers of one Dict."""
    one = Dict({f"stable {n}": n for n in range(20)})
    item = Plain(1)

    def write(name):
        def run():
            for n in range(500):
                one[f"{name} {n % 7}"] = item
                one[f"{name} text"] = f"a text of some length {n}"
                one.pop(f"{name} {n % 7}")
            del one[f"{name} text"]

        return run

    def read():
        for _ in range(300):
            for n in range(20):
                assert one[f"stable {n}"] == n
            for _, value in one.items():
                assert value is item or isinstance(value, (int, str))

    run_threads(write("a"), write("b"), read, read)
    assert len(one) == 20


@BOTH
def test_floats_are_keys_by_their_bits(cls):
    """As for inlined C++: no float is folded into another."""
    nan, other = float("nan"), math.copysign(float("nan"), -1.0)
    mapping = cls({0.0: "zero", nan: "nan", 1.0: "one"})
    assert (mapping[0.0], mapping[nan], mapping[1.0]) == ("zero", "nan", "one")
    assert -0.0 not in mapping and other not in mapping and 1 not in mapping and True not in mapping
