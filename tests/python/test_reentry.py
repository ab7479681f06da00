"""P5: user code of a wrapper's death may fetch the same object. It does so on the same thread."""

import gc
import weakref

import bowline
import pytest
from shapes import All, Dict, Holder, Plain, Slot, Weak
from support import new_key


def test_fetch_in_a_weakref_callback():
    """Weaknesses 2 and 3: a weakref callback reads the field whose wrapper ends. It meets neither a corpse nor a livelock."""
    held = Holder(Weak(1))
    found = []
    ref = weakref.ref(held.value, lambda ref: found.append((held.value, ref())))
    assert ref() is held.value
    held.value = None
    assert found == [(None, None)]
    assert ref() is None


@pytest.mark.parametrize("cls", [Slot, Dict, All])
def test_fetch_in_the_destructor_of_a_slots_value(cls):
    """Weaknesses 2 and 3: so does the destructor of what a slot held."""
    held = Holder(cls(1))
    found = []

    class Payload:
        def __del__(self):
            found.append(held.value)

    held.value.extra = Payload()
    gc.collect()
    assert found == []
    held.value = Plain(2)
    assert [one.n for one in found] == [2]
    assert found[0] is held.value
    # On 3.13t a class never goes once there was a thread. Nor does what its methods close over.
    found = held = None


def test_fetch_in_del_and_keep_nothing():
    """Weaknesses 2, 3 and 20: no thread waits for a dealloc further down the stack."""
    seen = []

    @bowline.py_class(new_key())
    class Looking(bowline.Object):
        n: int = 0

        def __del__(self):
            seen.append((self.n, self is other.value, other.value is other.value))

    held = Holder()
    one = held.value = Looking(5)
    other = Holder(one)
    del one
    held.value = None
    assert seen == []
    # The last native count goes. The finalizer finds no way to its object but itself.
    other.value = None
    assert seen == [(5, False, True)]
    gc.collect()
    assert len(seen) == 1
    # The class lives on, and with it what its methods close over.
    held.value = held = other = None


def test_a_del_that_resurrects():
    kept = []

    @bowline.py_class(new_key())
    class Staying(bowline.Object):
        n: int = 0

        def __del__(self):
            kept.append(self)

    held = Holder(Staying(5))
    assert kept == []
    address = id(held.value)
    held.value = None
    assert [(id(one), one.n) for one in kept] == [(address, 5)]
    held.value = kept[0]
    kept.clear()
    assert id(held.value) == address
    assert held.value.n == 5
    # A finalizer runs once for an object.
    held.value = None
    gc.collect()
    assert kept == []


def test_a_resurrected_wrapper_that_nothing_else_holds():
    kept = []

    @bowline.py_class(new_key())
    class Staying(bowline.Object):
        n: int = 0

        def __del__(self):
            if not kept:
                kept.append(self)

    Staying(5)
    assert kept[0].n == 5
    held = Holder(kept[0])
    assert held.value is kept[0]
    kept[:] = [None]
    assert held.value.n == 5


def test_a_new_that_makes_other_objects():
    """Weakness 4: other objects made amid `__new__` get storage of their own. They get none that was meant for this one."""
    @bowline.py_class(new_key())
    class Inner(bowline.Object):
        n: int = 0

    class Busy(Inner):
        def __new__(cls, *args, **kwargs):
            others = [Inner(i) for i in range(3)]
            gc.collect()
            made = super().__new__(cls)
            assert [other.n for other in others] == [0, 1, 2]
            return made

    held = Holder(Busy(9))
    assert type(held.value) is Busy
    assert held.value.n == 9


def test_store_into_the_holder_while_the_old_value_dies():
    order = []

    @bowline.py_class(new_key())
    class Last(bowline.Object):
        n: int = 0

        def __del__(self):
            order.append(self.n)
            if self.n < 3:
                held.value = Last(self.n + 1)

    held = Holder()
    one = held.value = Last(0)
    held.value = None
    assert order == []
    del one
    # Each death stores the next object, which lives until something else is stored.
    for n in range(3):
        assert order == list(range(n + 1))
        assert held.value.n == n + 1
        held.value = None
    assert order == [0, 1, 2, 3]
    assert held.value is None
    held = None
