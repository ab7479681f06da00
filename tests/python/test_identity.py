"""P1: two reads of one object give one wrapper, whatever shape its class has."""

import gc

import bowline
import pytest
from bowline import Array, List
from shapes import HOLDERS, REGISTERED, UNREGISTERED, AnyHolder, FrozenHolder, Holder, Plain


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("cls", REGISTERED + UNREGISTERED)
def test_a_read_gives_the_wrapper_that_was_stored(cls, holder):
    one = cls(7)
    held = holder(one)
    assert held.value is one
    assert held.value is held.value
    assert held.value.n == 7


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("cls", REGISTERED)
def test_reads_after_a_drop_agree(cls, holder):
    held = holder(cls(7))
    first = held.value
    assert first is held.value
    assert type(first) is cls
    assert first.n == 7


@pytest.mark.parametrize("cls", UNREGISTERED)
def test_an_unregistered_class_lasts_as_long_as_the_object(cls):
    """Weakness 28: what a class without a type of its own is read as. That is before its wrapper goes and after."""
    held = Holder(cls(7))
    gc.collect()
    found = held.value
    assert type(found) is cls
    assert found is held.value
    assert found.n == 7


def test_through_every_route():
    one = Plain(1)
    routes = [
        Holder(one).value,
        FrozenHolder(one).value,
        AnyHolder(one).value,
        Array([one])[0],
        List([one])[0],
        next(iter(Array([one]))),
        bowline.convert(one),
        bowline.convert([one])[0],
        bowline.convert(lambda x: x)(one),
        AnyHolder([one]).value[0],
    ]
    assert [found is one for found in routes] == [True] * len(routes)


def test_two_holders_of_one_object():
    a = Holder(Plain(1))
    b = FrozenHolder(a.value)
    assert a.value is b.value


def test_a_self_reference():
    a = Holder()
    a.value = a
    assert a.value is a
    assert a.value.value.value is a
    a.value = None


def test_different_objects_have_different_wrappers():
    a, b = Plain(1), Plain(1)
    assert a is not b
    assert a != b
    assert not a.same_as(b)
    assert a.same_as(Holder(a).value)
    assert not a.same_as(1)
    assert len({a, b, Holder(a).value}) == 2


def test_handle_and_hash():
    one = Plain(1)
    assert one.__chandle__() == Holder(one).value.__chandle__() != 0
    assert hash(one) == hash(Holder(one).value)
    assert one.id_ == one.__chandle__()
    empty = Plain.__new__(Plain)
    assert empty.__chandle__() == 0
    assert repr(empty) == "Plain(chandle=None)"


def test_none_is_none():
    assert Holder().value is None
    held = Holder(Plain(1))
    held.value = None
    assert held.value is None
