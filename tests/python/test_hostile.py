"""Pickles that lie: an error, never a crash, and the object stays usable."""

import pickle

import bowline
import pytest
from bowline import Array, List
from shapes import Holder, Plain, Slot, Sub


def state_of(obj):
    return obj.__reduce_ex__(2)[2]


HOSTILE = [
    None,
    0,
    1.5,
    "state",
    b"state",
    [],
    {},
    (),
    (1, 2, 3, 4, 5, 6),
    ("no int",),
    (None,),
    (2**70,),
    ((1,), (2,), (3,)),
    ({"n": "no int"}, None),
    (None, {"n": []}),
    {"handle": "{"},
    {"n": "no int"},
    object(),
    Plain,
]


@pytest.mark.parametrize("state", HOSTILE, ids=repr)
@pytest.mark.parametrize("cls", [Plain, Sub, Slot])
def test_a_state_that_is_wrong(cls, state):
    if state == state_of(cls(0)):
        pytest.skip("this state is right")
    one = cls(3)
    try:
        one.__setstate__(state)
    except (TypeError, ValueError, OverflowError, AttributeError):
        pass
    assert isinstance(one.n, int)
    assert isinstance(repr(one), str)


@pytest.mark.parametrize("state", HOSTILE, ids=repr)
def test_a_state_that_is_wrong_for_an_object_field(state):
    held = Holder(Plain(1))
    try:
        held.__setstate__(state)
    except (TypeError, ValueError, OverflowError, AttributeError):
        pass
    assert held.value is None or isinstance(held.value, bowline.Object)


def test_a_state_with_attributes_that_cannot_be_sets_nothing():
    one = Plain(3)
    with pytest.raises(TypeError, match="no attributes"):
        one.__setstate__(((7,), {"note": 1}, None))
    assert one.n == 3


class Lying:
    """Pickles as a call of a constructor with a state of an attacker's choice."""

    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize(
    "cls", [Plain, bowline.Object, Array, List, bowline.Map, bowline.Dict, bowline.Function, Holder, int, type, Plain(1), None, "x"], ids=repr
)
def test_constructors_called_with_anything(cls):
    empty = Plain(1).__reduce_ex__(2)[0]
    for args in [(cls,), (), (cls, cls), (5,)]:
        blob = pickle.dumps(Lying(empty, args)) if not isinstance(cls, bowline.Object) else None
        if blob is None:
            with pytest.raises((TypeError, ValueError)):
                empty(*args)
            continue
        try:
            made = pickle.loads(blob)
        except (TypeError, ValueError):
            continue
        assert isinstance(repr(made), str)
        assert isinstance(made, cls)


def test_a_state_without_an_object():
    state = state_of(Plain(5))
    blob = pickle.dumps(Lying(Plain.__new__, (Plain,), state))
    try:
        made = pickle.loads(blob)
    except (TypeError, ValueError):
        return
    assert made.__chandle__() == 0 or made.n == 5


def test_a_state_of_another_class():
    blob = pickle.dumps(Lying(Holder(None).__reduce_ex__(2)[0], (Holder,), state_of(Plain(5))))
    with pytest.raises((TypeError, ValueError)):
        pickle.loads(blob)


def test_required_objects_that_were_never_set():
    """A zeroed object has null where its class says that there is an object."""

    @bowline.py_class("hostile.Required")
    class Required(bowline.Object):
        child: Plain
        items: list[int]
        call: bowline.Function

    empty, args = Required(Plain(1), [1], len).__reduce_ex__(2)[:2]
    made = empty(*args)
    for name in ("child", "items", "call"):
        try:
            assert getattr(made, name) is None
        except (TypeError, ValueError, AttributeError):
            pass
    assert isinstance(repr(made), str)
    made.child = child = Plain(2)
    assert made.child is child


@pytest.mark.parametrize("cut", range(0, 200, 3))
def test_truncated_and_changed_bytes(cut):
    blob = bytearray(pickle.dumps(Holder(Array([Plain(1), "text", List([2])])), 4))
    cut %= len(blob)
    for load, spoiled in [
        (pickle.loads, bytes(blob[:cut])),
        # The C unpickler's table is as long as the largest memo index in the bytes. That is gigabytes, for some.
        (pickle._loads, bytes(blob[:cut] + bytes([blob[cut] ^ 1]) + blob[cut + 1 :])),
    ]:
        try:
            made = load(spoiled)
        except Exception:
            continue
        assert isinstance(repr(made), str)
