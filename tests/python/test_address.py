"""P4: a wrapper's address stays across drop, collection and refetch. A move or a trim ends that."""

import gc

import bowline
import pytest
from shapes import HOLDERS, REGISTERED, Holder, Plain
from support import run_threads

HAVE_GC = 1 << 14  # Py_TPFLAGS_HAVE_GC in CPython's Include/object.h


def other_allocations():
    """Things of all the sizes that a wrapper could have. They would take freed storage."""
    return [Plain(0) for _ in range(50)] + [bytearray(n) for n in range(200)]


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("cls", REGISTERED)
def test_drop_collect_refetch(cls, holder):
    """Weakness 27: classes with a dict, slots, weakrefs or a finalizer have a stable address. Others have, too."""
    held = holder(cls(7))
    address = id(held.value)
    handle = held.value.__chandle__()
    for _ in range(10):
        others = other_allocations()
        gc.collect()
        found = held.value
        assert id(found) == address
        assert found.__chandle__() == handle
        assert found.n == 7
        del found, others


@pytest.mark.parametrize("cls", REGISTERED)
def test_many_at_once(cls):
    holders = [Holder(cls(n)) for n in range(500)]
    addresses = [id(held.value) for held in holders]
    assert len(set(addresses)) == len(addresses)
    others = other_allocations()
    gc.collect()
    assert [id(held.value) for held in reversed(holders)] == addresses[::-1]
    assert [held.value.n for held in holders] == list(range(500))
    del others


@pytest.mark.parametrize("cls", REGISTERED)
def test_refetched_by_another_thread(cls):
    holders = [Holder(cls(n)) for n in range(100)]
    addresses = [id(held.value) for held in holders]

    changed = set()

    def check():
        for _ in range(2):
            now = [id(held.value) for held in holders]
            changed.update(n for n in range(100) if now[n] != addresses[n])
            gc.collect()

    run_threads(*[check] * 4)
    # A thread may meet a wrapper that is dying in another. Then the object gets a new one, if the class is a GC type.
    assert not changed or cls.__flags__ & HAVE_GC
    addresses = [id(held.value) for held in holders]
    changed.clear()
    check()
    assert not changed


def test_made_on_a_thread_that_ended():
    holders = []

    def make():
        holders.extend(Holder(Plain(n)) for n in range(100))
        addresses.extend(id(held.value) for held in holders)

    addresses = []
    run_threads(make)
    gc.collect()
    assert [id(held.value) for held in holders] == addresses


def test_trim_ends_it_without_harm():
    held = Holder(Plain(7))
    assert held.value.n == 7
    before = bowline.stats()["wrappers_inactive"]
    assert before >= 1
    assert bowline.trim() >= 1
    assert bowline.stats()["wrappers_inactive"] < before
    assert held.value.n == 7
    assert held.value is held.value


def test_trim_leaves_the_living_alone():
    one = Plain(7)
    held = Holder(one)
    bowline.trim()
    assert held.value is one
