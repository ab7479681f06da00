"""`stats` and `trim`."""

import gc

import bowline
import pytest
from bowline import Array
from shapes import Dict, Holder, Plain

KEYS = {
    "objects_alive",
    "wrappers_live",
    "wrappers_inactive",
    "inactive_bytes",
    "revivals",
    "superseded",
    "queued",
    "side_slots",
}


def changes(before):
    return {key: value - before[key] for key, value in bowline.stats().items() if value != before[key]}


def test_keys():
    stats = bowline.stats()
    assert KEYS <= set(stats)
    assert all(isinstance(value, int) and value >= 0 for value in stats.values())


def test_objects_come_and_go():
    before = bowline.stats()
    ten = [Plain(n) for n in range(10)]
    now = changes(before)
    assert (now["objects_alive"], now["wrappers_live"]) == (10, 10)
    del ten
    assert changes(before).get("objects_alive") is None
    assert changes(before).get("wrappers_live") is None


@pytest.mark.parametrize("cls", [Plain, Dict])
def test_inactive_wrappers(cls):
    """Weakness 36: kept storage is counted, and `trim` gives it back."""
    before = bowline.stats()
    ten = Array([cls(n) for n in range(10)])
    now = changes(before)
    assert now["wrappers_inactive"] == 10
    assert now["inactive_bytes"] >= 10 * object.__basicsize__
    assert now["wrappers_live"] == 1
    revivals = bowline.stats()["revivals"]
    for item in ten:
        assert isinstance(item.n, int)
    del item
    assert bowline.stats()["revivals"] - revivals == 10
    assert bowline.trim() >= 10
    assert changes(before).get("wrappers_inactive") is None
    assert changes(before).get("inactive_bytes") is None
    assert bowline.stats()["objects_alive"] - before["objects_alive"] == 11


def test_the_storage_goes_with_the_object():
    """Weakness 36: kept storage goes with its object."""
    before = bowline.stats()
    held = Holder(Plain(1))
    held.value = None
    assert changes(before)["wrappers_live"] == 1
    assert changes(before).get("wrappers_inactive") is None
    del held
    gc.collect()
    assert not KEYS & changes(before).keys() - {"revivals", "superseded"}


def test_counts_of_a_native_object():
    count = bowline._core.strong_count
    one = Plain(1)
    assert count(one) == 1
    held = Holder(one)
    assert count(one) == 2
    for _ in range(10):
        held.value = one
        assert held.value is one
    many = Array([one] * 3)
    assert count(one) == 5
    del many
    held.value = None
    bowline.settle()
    assert count(one) == 1
