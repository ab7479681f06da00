"""P9: what Python knows of an object stays as long as the object. It does not keep it alive; `__del__` runs once."""

import gc
import weakref

import bowline
import pytest
from shapes import All, Del, Dict, DictWeak, Holder, Slot, SubOfSlot, SubSlot, UnregisteredDict, Weak


@pytest.mark.parametrize("cls", [Del, All])
def test_del_runs_once_at_the_end_of_the_object(cls):
    held = Holder(cls(1))
    handle = held.value.__chandle__()
    cls.deaths.clear()
    for _ in range(5):
        assert held.value.n == 1
        gc.collect()
        assert cls.deaths == []
    one = held.value
    held.value = None
    assert cls.deaths == []
    del one
    assert cls.deaths == [handle]
    gc.collect()
    assert cls.deaths == [handle]


@pytest.mark.parametrize("cls", [Del, All])
def test_del_runs_when_native_code_lets_go_last(cls):
    held = Holder(cls(1))
    handle = held.value.__chandle__()
    cls.deaths.clear()
    held.value = None
    assert cls.deaths == [handle]


def test_del_sees_a_whole_object_and_may_store_it():
    stored = []

    class Storing(Dict):
        def __del__(self):
            stored.append((self.n, self.note, self))

    one = Storing(7)
    one.note = "note"
    held = Holder(one)
    identity = id(one)
    del one
    held.value = None
    ((n, note, again),) = stored
    assert (n, note, id(again)) == (7, "note", identity)
    held.value = again
    stored.clear()
    del again
    assert held.value.note == "note"
    assert id(held.value) == identity
    held.value = None
    assert stored == []


@pytest.mark.parametrize("cls", [Dict, DictWeak, All, UnregisteredDict])
def test_the_dict_is_preserved(cls):
    """Weakness 29: attributes come back with the address."""
    held = Holder(cls(1))
    one = held.value
    if type(one) is not cls:
        held.value = one = cls(1)
    identity = id(one)
    assert vars(one) == {}
    for life in range(5):
        one.note = life
        vars(one)["other"] = [life]
        del one
        gc.collect()
        one = held.value
        assert (id(one), type(one), one.note, one.other) == (identity, cls, life, [life])


@pytest.mark.parametrize("cls", [Slot, All, SubSlot, SubOfSlot])
def test_slots_are_preserved(cls):
    """Weakness 29: so do slots."""
    held = Holder(cls(1))
    one = held.value
    assert not hasattr(one, "extra")
    for life in range(5):
        one.extra = [life]
        del one
        gc.collect()
        one = held.value
        assert one.extra == [life]
    del one.extra
    del one
    assert not hasattr(held.value, "extra")


@pytest.mark.parametrize("cls", [Dict, Slot, All])
def test_what_it_held_is_released_with_the_object(cls):
    class Payload:
        pass

    held = Holder(cls(1))
    one = held.value
    one.extra = payload = Payload()
    dead = weakref.ref(payload)
    del payload, one
    gc.collect()
    assert dead() is not None
    held.value = None
    assert dead() is None


@pytest.mark.parametrize("cls", [Weak, DictWeak, All])
def test_weak_references_last_as_long_as_the_object(cls):
    held = Holder(cls(1))
    fired = []
    one = held.value
    identity = id(one)
    ref = weakref.ref(one, fired.append)
    assert ref() is one
    del one
    gc.collect()
    assert id(ref()) == identity
    assert ref() is held.value
    assert fired == []
    # What a weak reference gave keeps the object, as any other reference does.
    one = ref()
    held.value = None
    gc.collect()
    assert (one.n, fired) == (1, [])
    del one
    assert (ref(), fired) == (None, [ref])


@pytest.mark.parametrize("cls", [Weak, DictWeak, All])
def test_weak_dictionaries(cls):
    """Weakness 32: caches by weak reference work."""
    by_value, by_key = weakref.WeakValueDictionary(), weakref.WeakKeyDictionary()
    held = Holder(cls(1))
    by_value["key"] = held.value
    by_key[held.value] = "value"
    for _ in range(3):
        gc.collect()
        assert by_value["key"] is held.value
        assert by_key[held.value] == "value"
    held.value = None
    assert "key" not in by_value
    assert len(by_key) == 0


@pytest.mark.parametrize("cls", [Slot, Del, Dict])
def test_no_weak_references_without_a_slot_for_them(cls):
    with pytest.raises(TypeError, match="weak reference"):
        weakref.ref(cls(1))


def test_garbage_to_the_collector_but_held_natively():
    """Python reaches `one` from itself only; the holder will be asked for it again."""
    held = Holder(DictWeak(1))
    one = held.value
    one.me = one
    one.note = "note"
    identity = id(one)
    del one
    for _ in range(3):
        gc.collect()
    again = held.value
    assert (id(again), again.me is again, again.note) == (identity, True, "note")
    gone = weakref.ref(again)
    del again
    held.value = None
    gc.collect()
    assert gone() is None


class Count:
    """How many objects and wrappers there are more than at the beginning."""

    def __init__(self):
        self.begin = self.now()

    def now(self):
        gc.collect()
        gc.collect()
        stats = bowline.stats()
        return stats["objects_alive"], stats["wrappers_live"] + stats["wrappers_inactive"]

    def more(self):
        return tuple(now - begin for now, begin in zip(self.now(), self.begin, strict=True))


def note():
    root = Holder(DictWeak(1))
    root.value.note = root


def itself():
    one = DictWeak(1)
    one.me = one


def child_itself():
    root = Holder(DictWeak(1))
    root.value.me = root.value


def closure():
    root = Holder(DictWeak(1))
    root.value.function = lambda: root


def cache():
    found = weakref.WeakKeyDictionary()
    root = Holder(DictWeak(1))
    found[root.value] = root


def deep():
    root = Holder(Holder(bowline.List([Holder(DictWeak(1))])))
    root.value.value[0].value.up = root


def slots():
    root = Holder(Slot(1))
    root.value.extra = root


@pytest.mark.parametrize("make", [note, itself, child_itself, closure, cache, deep, slots])
def test_what_is_preserved_keeps_nothing_alive(make):
    make()
    count = Count()
    for _ in range(1000):
        make()
    assert count.more() == (0, 0)


def test_trim_frees_what_knows_nothing():
    empty, full = [Holder(DictWeak(n)) for n in range(10)], [Holder(DictWeak(n)) for n in range(10)]
    for holder in empty:
        assert holder.value.n >= 0
    for n, holder in enumerate(full):
        holder.value.note = n
    bowline.trim()
    before = bowline.stats()["wrappers_inactive"]
    assert [holder.value.note for holder in full] == list(range(10))
    assert before >= 10
    assert all(vars(holder.value) == {} for holder in empty)
