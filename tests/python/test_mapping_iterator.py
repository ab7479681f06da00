"""Going through the keys, values and items of mappings."""

import copy
import gc
import operator
import pickle
import threading

import bowline
import pytest
from bowline import Dict, List, Map, Object, get_global_func, py_class
from support import new_key, run_threads, settle


@py_class(new_key())
class Leaf(Object):
    n: int


WAYS = {
    "keys": iter,
    "keys()": lambda mapping: iter(mapping.keys()),
    "values()": lambda mapping: iter(mapping.values()),
    "items()": lambda mapping: iter(mapping.items()),
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
kinds = pytest.mark.parametrize("kind", [Map, Dict])


def shown():
    """How many wrappers there are, dormant ones too."""
    stats = bowline.stats()
    return stats["wrappers_live"] + stats["wrappers_inactive"]


@kinds
@ways
def test_a_step_shows_one_entry(kind, way):
    mapping = kind({Leaf(n): Leaf(n) for n in range(1000)})
    settle()
    before = shown()
    entries = way(mapping)
    step = next(entries)
    assert shown() - before <= 2 and operator.length_hint(entries) == 999
    del step, entries
    assert bool(mapping.items()) and bool(mapping.keys()) and bool(mapping.values())
    assert len(mapping.items()) == 1000
    assert shown() - before <= 2


def test_a_step_of_a_list_shows_one_item():
    items = List([Leaf(n) for n in range(1000)])
    settle()
    before = shown()
    assert next(iter(items)).n == 0 and next(reversed(items)).n == 999
    assert shown() - before <= 2


@kinds
def test_all_entries_in_order(kind):
    plain = {n: str(n) for n in range(100)}
    mapping = kind(plain)
    assert list(mapping) == list(mapping.keys()) == list(plain)
    assert list(mapping.values()) == list(plain.values())
    assert list(mapping.items()) == list(plain.items())
    assert list(kind({})) == list(kind({}).items()) == []


@ways
def test_the_dict_as_it_was(way):
    d = Dict({n: n for n in range(10)})
    expected = list(way(d))
    entries = way(d)
    assert next(entries) == expected[0]
    d[0] = "other"
    d[10] = 10
    del d[5]
    d.popitem()
    assert d.pop(7) == 7 and d.setdefault(11, 1) == 1
    assert list(entries) == expected[1:]
    entries = way(d)
    now = list(way(d))
    d.clear()
    assert list(entries) == now and len(now) == 9 and not d
    assert list(way(d)) == []


def test_a_dict_that_is_emptied_while_it_is_gone_through():
    d = Dict({n: Leaf(n) for n in range(1000)})
    for key in d:
        del d[key]
    assert not d
    for n in range(1000):
        d[n] = n
    assert [d.pop(key) for key in d.keys()] == list(range(1000))


def test_a_worklist():
    d, seen = Dict({n: n for n in range(3000)}), []
    while d:
        key = next(iter(d))
        seen.append(d.pop(key))
        if key < 100:
            d[key + 10_000] = key
    assert seen == [*range(3000), *range(100)]


@ways
def test_an_iterator_and_its_copies(way):
    mapping = Dict({n: n for n in range(10)})
    entries = way(mapping)
    next(entries)
    for again in copy.copy(entries), pickle.loads(pickle.dumps(entries)):
        assert list(again) == list(way(mapping))[1:]
    assert operator.length_hint(entries) == 9 and iter(entries) is entries
    assert len(list(entries)) == 9
    mapping[10] = 10
    assert list(entries) == [] and operator.length_hint(entries) == 0
    assert list(copy.copy(entries)) == []


@kinds
def test_what_an_iterator_keeps(kind):
    settle()
    before = bowline.stats()["objects_alive"]
    entries = iter(kind({n: Leaf(n) for n in range(10)}).values())
    gc.collect()
    assert [leaf.n for leaf in entries] == list(range(10))
    settle()
    assert bowline.stats()["objects_alive"] == before
    entries = iter(kind({1: Leaf(1), 2: Leaf(2)}).items())
    next(entries)
    del entries
    settle()
    assert bowline.stats()["objects_alive"] == before


def test_a_collection_while_a_dict_is_gone_through():
    """What an iterator is still to show is no garbage."""
    d = Dict({n: [n] for n in range(50)})
    d["itself"] = get_global_func("testing.echo")
    d["closes over it"] = lambda d=d: d
    entries = iter(d.values())
    del d
    gc.collect()
    values = list(entries)
    assert [list(value) for value in values[:50]] == [[n] for n in range(50)]
    assert len(values[-1]()) == 52


def test_changes_by_other_threads():
    """Each look is at one moment: keys go and come at the ends only."""
    d = Dict({n: n for n in range(20)})
    stop = threading.Event()

    def change():
        for n in range(20, 1500):
            d[n] = n
            d.pop(n - 20)
        stop.set()

    def look():
        while not stop.is_set():
            for found in (list(d), list(d.values()), [key for key, _ in d.items()]):
                assert found == list(range(found[0], found[0] + len(found))) and 20 <= len(found) <= 21

    run_threads(change, look, look)
    assert len(d) == 20


def test_an_iterator_that_threads_share():
    d = Dict({n: n for n in range(2000)})
    entries = iter(d.items())
    found = [[], []]
    run_threads(lambda: found[0].extend(entries), lambda: found[1].extend(entries))
    assert sorted(found[0] + found[1]) == [(n, n) for n in range(2000)]
