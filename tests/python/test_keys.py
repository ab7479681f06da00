"""Keys of Map and Dict that are equal by more than identity.

They are StructuralKey, and types with `__any_hash__`, `__any_equal__`.
"""

import copy
import functools
import pickle
import threading
from typing import Any

import bowline
import pytest
from bowline import Array, Dict, List, Map, StructuralKey, py_class
from bowline.serialization import from_json_graph_str, to_json_graph_str
from bowline.structural import structural_equal, structural_hash
from support import new_key, run_threads

BOTH = pytest.mark.parametrize("cls", [Map, Dict])


@py_class(new_key())
class Key(bowline.Object):
    """Equal by `x`, as a key; `tag` tells equal ones apart."""

    x: int
    tag: Any = None

    def __any_hash__(self):
        return self.x % 3

    def __any_equal__(self, other):
        return self.x == other.x


@py_class(new_key())
class Child(Key):
    pass


@py_class(new_key())
class Hooked(bowline.Object):
    """What its hooks do is said by the test."""

    x: int

    def __any_hash__(self):
        return hooks["hash"](self)

    def __any_equal__(self, other):
        return hooks["equal"](self, other)


@py_class(new_key())
class OnlyEqual(bowline.Object):
    x: int

    def __any_equal__(self, other):
        return self.x == other.x


@py_class(new_key())
class OnlyHash(bowline.Object):
    x: int

    def __any_hash__(self):
        return 1


@py_class(new_key())
class TakesDict(bowline.Object):
    d: dict[Hooked, int]


hooks = {}


@pytest.fixture(autouse=True)
def _usual_hooks():
    hooks.update(hash=lambda key: 1, equal=lambda one, other: one.x == other.x)
    yield
    hooks.clear()


@BOTH
def test_structural_keys(cls):
    one, same, other = StructuralKey([1, {"a": 2}]), StructuralKey([1, {"a": 2}]), StructuralKey([2])
    mapping = cls({one: "a", other: "b"})
    assert (mapping[same], mapping[StructuralKey([2])], len(mapping)) == ("a", "b", 2)
    assert StructuralKey([1, {"a": 3}]) not in mapping
    assert mapping.get(StructuralKey([3]), 5) == 5
    with pytest.raises(KeyError):
        mapping[StructuralKey([3])]
    assert [key is each for key, each in zip(mapping, (one, other), strict=True)] == [True, True]


def test_structural_keys_in_pythons_own():
    one, same, other = StructuralKey([1]), StructuralKey([1]), StructuralKey([2])
    assert len({one, same, other}) == 2
    assert {one: "a"}[same] == "a"
    assert other not in {one: "a"}


def test_the_hash_of_a_structural_key_is_that_of_its_structure():
    for value in ([1, [2, "three"]], {"a": 1}, "text", 5):
        key = StructuralKey(value)
        assert key.__hash__() == structural_hash(key.key) == key.hash_i64 % 2**64
        assert hash(key) == hash(StructuralKey(value))


@py_class(new_key(), structural_eq="var")
class Variable(bowline.Object):
    """Told apart by who it is."""


def by_json(value):
    return from_json_graph_str(to_json_graph_str(value))


def by_pickle(value):
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, by_pickle, by_json], ids=lambda f: f.__name__)
def test_copies_of_structural_keys_hash_as_they_are(duplicate):
    inner = StructuralKey([Variable(), List([Variable()])])
    keys = Array([inner, StructuralKey(Array([inner, Dict({inner: 1}), Variable()]))])
    for key in duplicate(keys):
        assert key.__hash__() == structural_hash(key.key)
        assert key == StructuralKey(key.key)
        assert Dict({key: "found"})[StructuralKey(key.key)] == "found"
    copied = duplicate(keys)
    assert (copied[0] == keys[0]) == (duplicate is copy.copy)
    assert list(copied[1].key[1]) == [copied[0]]
    assert copied[1].key[1][copied[0]] == 1


def test_a_stored_hash_is_not_trusted():
    key = StructuralKey([1, 2])
    text = to_json_graph_str(key).replace(str(key.hash_i64), "5")
    assert from_json_graph_str(text) == key


def test_structural_keys_in_a_dict_that_changes():
    table = Dict()
    for n in range(60):
        table[StructuralKey([n % 20])] = n
    assert (len(table), table[StructuralKey([7])]) == (20, 47)
    del table[StructuralKey([7])]
    assert table.pop(StructuralKey([8])) == 48
    assert table.pop(StructuralKey([8]), "gone") == "gone"
    assert table.setdefault(StructuralKey([9]), "new") == 49
    assert table.setdefault(StructuralKey([99]), "new") == "new"
    table.update({StructuralKey([9]): "updated"})
    assert (len(table), table[StructuralKey([9])]) == (19, "updated")
    with pytest.raises(KeyError):
        del table[StructuralKey([7])]


@BOTH
def test_hooks(cls):
    entries = {Key(n % 5, n): n for n in range(20)}
    mapping = cls(entries)
    assert [(key.x, key.tag, value) for key, value in mapping.items()] == [(n, n, 15 + n) for n in range(5)]
    assert mapping[Key(3)] == 18
    assert Key(5) not in mapping
    # Hooks are not inherited. A child's objects are keys by identity, and never equal to the parent's.
    child = Child(3)
    assert child not in mapping
    assert len(cls({Child(1): 1, Child(1): 2})) == 2
    assert cls({child: 1})[child] == 1


def test_the_hash_is_not_asked_of_others():
    """Keys of different types never meet, whatever their hashes say."""
    table = Dict({Key(1): "key", Hooked(1): "hooked", 1: "one", "1": "text"})
    assert (table[Key(1)], table[Hooked(1)], table[1], table["1"], len(table)) == ("key", "hooked", "one", "text", 4)


@BOTH
def test_content_structure_copy_and_pickle(cls):
    one, same, other = cls({Key(1, "a"): 1}), cls({Key(1, "b"): 1}), cls({Key(2): 1})
    assert one == same
    assert one != other
    assert hash(one) == hash(same)
    assert structural_equal(one, same)
    assert not structural_equal(one, other)
    assert structural_hash(one) == structural_hash(same)
    for copied in (copy.deepcopy(one), copy.copy(one), pickle.loads(pickle.dumps(one))):
        assert (copied[Key(1)], len(copied)) == (1, 1)


def test_deep_copies_find_their_keys():
    """Copies are begun before they are whole; keys are hashed once they are."""
    key = Key(7, "tag")
    key.tag = List([Dict({key: "inner"})])
    whole = List([key, Map({key: "map"}), Dict({key: "dict"}), List([Map({Key(8, key): Dict({Key(9): key})})])])
    whole.append(whole)
    copied = copy.deepcopy(whole)
    again = copied[0]
    assert again is not key
    assert [copied[1][Key(7)], copied[2][Key(7)], again.tag[0][Key(7)]] == ["map", "dict", "inner"]
    assert next(iter(copied[1])) is next(iter(copied[2])) is next(iter(again.tag[0])) is again
    assert copied[3][0][Key(8)][Key(9)] is again
    assert copied[4] is copied
    # Cycles through native objects alone are broken by hand.
    for each in (whole, copied):
        each[0].tag = None
        each.clear()


def test_a_deep_copy_whose_keys_hash_otherwise():
    """A Dict takes them as they are then.

    A Map, which never changes, cannot be copied if it is so large that it needs hashes.
    """
    hooks["hash"] = id
    one, other = Hooked(1), Hooked(2)
    for copied in copy.deepcopy(Dict({one: 1, other: 2})), copy.deepcopy(Map({one: 1, other: 2})):
        assert [copied[key] for key in copied] == [1, 2]
    many = Map({Hooked(n): n for n in range(100)})
    with pytest.raises(RuntimeError, match="__any_hash__"):
        copy.deepcopy(many)


RAISED = {
    "get": lambda mapping: mapping.get(Hooked(9)),
    "index": lambda mapping: mapping[Hooked(9)],
    "in": lambda mapping: Hooked(9) in mapping,
    "set": lambda mapping: mapping.__setitem__(Hooked(9), 1),
    "delete": lambda mapping: mapping.__delitem__(Hooked(9)),
    "pop": lambda mapping: mapping.pop(Hooked(9), None),
    "setdefault": lambda mapping: mapping.setdefault(Hooked(9), 1),
    "update": lambda mapping: mapping.update({Hooked(9): 1}),
    "construct Map": lambda mapping: Map({**mapping, Hooked(9): 1}),
    "construct Dict": lambda mapping: Dict({**mapping, Hooked(9): 1}),
    "field": lambda mapping: TakesDict({**mapping, Hooked(9): 1}),
    "compare": lambda mapping: mapping == Dict({Hooked(9): 1, Hooked(9): 2}),
    "native": lambda mapping: bowline.get_global_func("ffi.DictCount")(mapping, Hooked(9)),
    "native, missing": lambda mapping: bowline.get_global_func("ffi.DictGetItemOrMissing")(mapping, Hooked(9)),
}


class Mine(Exception):
    pass


@pytest.mark.parametrize("hook", ["hash", "equal"])
@pytest.mark.parametrize("operation", RAISED)
def test_what_hooks_raise_comes_out_as_it_is(operation, hook):
    keys = [Hooked(1), Hooked(2)]
    table = Dict({keys[0]: 1, keys[1]: 2})
    mine = Mine("mine")

    def fail(*keys):
        if any(key.x == 9 for key in keys):
            raise mine
        return 1 if len(keys) == 1 else keys[0].x == keys[1].x

    hooks[hook] = fail
    with pytest.raises(Mine) as info:
        RAISED[operation](table)
    assert info.value is mine
    mine.__traceback__ = None
    # Nothing was lost, nothing put in.
    assert [(key, value) for key, value in table.items()] == [(keys[0], 1), (keys[1], 2)]
    assert [table[key] for key in keys] == [1, 2]


@pytest.mark.parametrize(
    ("hook", "answer", "error", "text"),
    [
        ("hash", "text", TypeError, r"__any_hash__ of `.*` returned `str`, expected int"),
        ("hash", None, TypeError, r"__any_hash__ of `.*` returned `None`, expected int"),
        ("hash", 2**70, TypeError, "ffi.BigInt"),
        ("equal", "text", TypeError, r"__any_equal__ of `.*` returned `str`, expected bool"),
        ("equal", None, TypeError, r"__any_equal__ of `.*` returned `None`, expected bool"),
    ],
)
def test_answers_of_the_wrong_type(hook, answer, error, text):
    table = Dict({Hooked(1): 1})
    hooks[hook] = lambda *keys: answer
    with pytest.raises(error, match=text):
        table[Hooked(2)] = 2
    assert len(table) == 1


def test_a_type_that_says_only_what_is_equal():
    """It hashes by identity. A few entries are found without a hash, and every key finds its own."""
    assert len(Dict({OnlyEqual(n % 2): n for n in range(4)})) == 2
    keys = [OnlyEqual(n) for n in range(40)]
    table = Dict({key: key.x for key in keys})
    assert [table[key] for key in keys] == list(range(40))


def test_a_type_that_says_only_its_hash():
    one = OnlyHash(1)
    table = Dict({one: 1, OnlyHash(1): 2})
    assert (len(table), table[one]) == (2, 1)


MEDDLINGS = {
    "removes what is compared": lambda table, key, _: table.pop(key),
    "removes all": lambda table, *_: table.clear(),
    "adds many": lambda table, *_: table.update({Hooked(100 + n): n for n in range(50)}),
    "puts the same in": lambda table, _, key: table.__setitem__(key, "meddled"),
    "puts an equal one in": lambda table, _, key: table.__setitem__(Hooked(key.x), "meddled"),
    "looks it up": lambda table, _, key: table.get(key),
}


@pytest.mark.parametrize("meddling", MEDDLINGS)
@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("operation", ["set", "get", "pop", "setdefault"])
def test_comparisons_that_change_the_dict(operation, there, meddling):
    table = Dict({Hooked(1): 1, **({Hooked(2): 2} if there else {}), Hooked(3): 3})
    meddled = []

    def equal(one, other):
        if not meddled:
            meddled.append(one)
            MEDDLINGS[meddling](table, one, other)
        return one.x == other.x

    hooks["equal"] = equal
    key = Hooked(2)
    run = {
        "set": lambda: table.__setitem__(key, "ours"),
        "get": lambda: table.get(key),
        "pop": lambda: table.pop(key, None),
        "setdefault": lambda: table.setdefault(key, "ours"),
    }[operation]
    found = run()
    values = {each.x: value for each, value in table.items()}
    assert len(values) == len(table), "two equal keys"
    before = "meddled" if meddling.startswith("puts") else 2 if there and meddling != "removes all" else None
    match operation:
        case "set":
            assert values[2] == "ours"
        case "setdefault":
            assert values[2] == found == (before or "ours")
        case "get":
            assert (found, values.get(2)) == (before, before)
        case "pop":
            assert (found, values.get(2)) == (before, None)


def test_comparisons_without_end():
    """A comparison that looks itself up ends in a RecursionError."""
    table = Dict({Hooked(1): 1})
    hooks["equal"] = lambda one, other: table.get(Hooked(other.x + 1)) is not None
    with pytest.raises(RecursionError):
        table.get(Hooked(2))


def test_threads_share_a_dict():
    """No two equal keys, and no value lost: what is put in comes out once."""
    table, lock, numbers = Dict(), threading.Lock(), [0, 0]
    hooks["hash"] = lambda key: key.x % 2

    def work(thread):
        put = taken = 0
        for round in range(200):
            key = Hooked((round * 7 + thread) % 5)
            match (round + thread) % 4:
                case 0 | 1:
                    value = table.setdefault(key, (thread, round))
                    put += tuple(value) == (thread, round)
                case 2:
                    taken += table.pop(key, None) is not None
                case _:
                    table.get(key)
            keys = [key.x for key in table]
            assert len(keys) == len(set(keys))
        with lock:
            numbers[0] += put
            numbers[1] += taken

    run_threads(*(functools.partial(work, thread) for thread in range(8)))
    assert numbers[0] == numbers[1] + len(table)


def test_ordinary_keys_are_not_touched():
    """No hook runs for keys of other kinds, whatever hooks there are."""
    hooks["hash"] = hooks["equal"] = lambda *_: pytest.fail("asked")
    array = Array([1])
    table = Dict({1: "one", "a": "text", array: "array"})
    assert (table[1], table["a"], table[array]) == ("one", "text", "array")
    assert Array([1]) not in table
