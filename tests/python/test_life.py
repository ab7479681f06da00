"""P9: a new life starts empty; `__del__` runs once per life; weak references die with their life."""

import gc
import weakref

import pytest
from shapes import All, Del, Dict, DictWeak, Holder, Slot, SubOfSlot, SubSlot, Weak


@pytest.mark.parametrize("cls", [Del, All])
def test_del_runs_once_per_life(cls):
    cls.deaths.clear()
    held = Holder(cls(1))
    handle = held.value.__chandle__()
    cls.deaths.clear()
    for life in range(1, 6):
        assert held.value.n == 1
        gc.collect()
        assert cls.deaths == [handle] * life
    one = held.value
    held.value = None
    assert len(cls.deaths) == 5
    del one
    assert len(cls.deaths) == 6
    gc.collect()
    assert len(cls.deaths) == 6


@pytest.mark.parametrize("cls", [Dict, DictWeak, All])
def test_the_dict_is_empty_in_a_new_life(cls):
    held = Holder(cls(1))
    for _ in range(5):
        one = held.value
        assert vars(one) == {}
        one.note = "kept while alive"
        assert held.value.note == "kept while alive"
        del one
        gc.collect()
        assert not hasattr(held.value, "note")
        one = held.value
        vars(one)["other"] = 1
        assert held.value.other == 1
        del one


@pytest.mark.parametrize("cls", [Slot, All, SubSlot, SubOfSlot])
def test_slots_are_empty_in_a_new_life(cls):
    """Weakness 29: the address stays, and the new life begins empty, as its weakrefs say."""
    held = Holder(cls(1))
    for _ in range(5):
        one = held.value
        assert not hasattr(one, "extra")
        one.extra = ["kept while alive"]
        assert held.value.extra == ["kept while alive"]
        del one


@pytest.mark.parametrize("cls", [Dict, Slot, All])
def test_what_a_life_held_is_released(cls):
    class Payload:
        pass

    held = Holder(cls(1))
    one = held.value
    one.extra = payload = Payload()
    dead = weakref.ref(payload)
    del payload, one
    gc.collect()
    assert dead() is None


@pytest.mark.parametrize("cls", [Weak, DictWeak, All])
def test_weak_references_die_with_their_life(cls):
    held = Holder(cls(1))
    fired = []
    one = held.value
    ref = weakref.ref(one, fired.append)
    assert ref() is one
    del one
    assert ref() is None
    assert fired == [ref]
    again = held.value
    assert ref() is None
    fresh = weakref.ref(again)
    assert fresh is not ref
    assert fresh() is held.value
    del again
    assert fresh() is None
    assert fired == [ref]


@pytest.mark.parametrize("cls", [Weak, DictWeak, All])
def test_a_weak_value_dictionary(cls):
    """Weakness 32: caches by weak reference work."""
    cache = weakref.WeakValueDictionary()
    held = Holder(cls(1))
    for _ in range(3):
        one = held.value
        cache["key"] = one
        assert cache["key"] is held.value
        del one
        assert "key" not in cache


@pytest.mark.parametrize("cls", [Slot, Del, Dict])
def test_no_weak_references_without_a_slot_for_them(cls):
    with pytest.raises(TypeError, match="weak reference"):
        weakref.ref(cls(1))


def test_a_python_cycle_through_a_dict_is_collected():
    held = Holder(Dict(1))
    one = held.value
    one.me = one
    handle = id(one)
    del one
    gc.collect()
    assert id(held.value) == handle
    assert vars(held.value) == {}
