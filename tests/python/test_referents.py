"""What `gc.get_referents` and `gc.get_referrers` see of wrappers, amid collections and in threads."""

import gc
from typing import Any

import bowline
import pytest
from bowline import Array, Dict, List, Map, py_class
from support import new_key, run_threads


@py_class(new_key())
class Box(bowline.Object):
    value: Any = None


def function():
    return lambda: None


@pytest.mark.parametrize(
    "wrap",
    [
        Box,
        lambda one: List([one]),
        lambda one: Array([one]),
        lambda one: Dict({"key": one}),
        lambda one: Map({"key": one}),
        lambda one: Box([1, ("two", {3: [one]})]),
    ],
    ids=["field", "list", "array", "dict", "map", "inner"],
)
def test_get_referents_tells_what_a_wrapper_alone_leads_to(wrap):
    one = function()
    holder = wrap(one)
    assert sum(seen is one for seen in gc.get_referents(holder)) == 1
    assert type(holder) in gc.get_referents(holder)
    again = Box(holder)  # another wrapper holds the object
    assert not any(seen is one for seen in gc.get_referents(holder, again))


def test_get_referents_amid_a_collection():
    seen = []
    one = function()

    class Finalized:
        def __init__(self, holder):
            self.holder, self.me = holder, self

        def __del__(self):
            seen.append(gc.get_referents(self.holder))
            self.holder.clear()
            seen.append(gc.get_referents(self.holder))

    Finalized(List([one]))
    gc.collect()
    assert seen == [[List, one], [List]]
    assert one() is None


def test_a_visit_that_fails_ends():
    """`gc.get_referrers` ends a visit at the first hit, in the middle of a walk."""
    ones = [function() for _ in range(5)]
    holder = List(ones)
    for one in ones:
        assert sum(found is holder for found in gc.get_referrers(one)) == 1
    counts = bowline._core.strong_count(holder)
    holder.append(holder[:])
    assert bowline._core.strong_count(holder) == counts


def test_get_referents_in_threads():
    """Visits while others let go of what is visited."""
    holders = [List([]) for _ in range(2)]

    def change():
        for n in range(3000):
            holders[n % 2].append(lambda: None)
            if n % 10 == 0:
                holders[n % 2].clear()

    def look():
        for _ in range(3000):
            for seen in gc.get_referents(*holders):
                type(seen)

    run_threads(change, look, look)
