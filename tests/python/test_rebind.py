"""Every change of a wrapper's handle goes through the tie: construction anew, state, moves."""

import gc

import bowline
import pytest
from bowline import Array, List
from shapes import Dict, Holder, Plain, Weak
from support import run_threads, settle


@pytest.mark.parametrize("cls", [Plain, Dict, Weak])
def test_init_again_leaves_the_old_object_alone(cls):
    """Weakness 1: a wrapper that is initialised again has no tie to its old object."""
    one = cls(1)
    held = Holder(one)
    old = one.__chandle__()
    one.__ffi_init__(100)
    assert one.n == 100
    assert one.__chandle__() != old
    again = held.value
    assert again is not one
    assert (again.n, again.__chandle__()) == (1, old)
    assert held.value is again
    del one
    gc.collect()
    assert held.value is again
    del again
    gc.collect()
    assert held.value.n == 1


@pytest.mark.parametrize("cls", [Plain, Dict, Weak])
def test_init_again_ties_the_new_object(cls):
    """Weakness 1: the new object is tied, the old one released."""
    one = cls(1)
    for n in range(5):
        one.__init__(n)
        held = Holder(one)
        assert held.value is one
        assert one.n == n
    del one
    gc.collect()
    assert held.value.n == 4


@pytest.mark.parametrize("cls", [Plain, Dict, Weak])
def test_a_failed_init_leaves_a_usable_wrapper(cls):
    one = cls.__new__(cls)
    with pytest.raises(TypeError):
        one.__ffi_init__("no int")
    assert one.__chandle__() == 0
    assert "chandle=None" in repr(one)
    one.__ffi_init__(1)
    with pytest.raises(TypeError):
        one.__ffi_init__("no int")
    assert one.n == 1


def test_setstate_on_a_live_object():
    """Weakness 1: a state for a wrapper that holds an object already."""
    one = Plain(1)
    held = Holder(one)
    state = Plain(100).__reduce_ex__(2)[2]
    one.__setstate__(state)
    assert one.n == 100
    assert held.value.n in (1, 100)
    assert (held.value is one) == (held.value.n == 100)
    del one
    gc.collect()
    assert held.value is held.value


def test_move():
    one = Plain(1)
    held = Holder(one)
    handle = one.__chandle__()
    taken = Plain.__new__(Plain)
    taken.__move_handle_from__(one)
    assert one.__chandle__() == 0
    assert taken.__chandle__() == handle
    assert taken.n == 1
    assert held.value is not one
    assert held.value is held.value
    with pytest.raises((AttributeError, TypeError, ValueError)):
        _ = one.n


def test_a_moved_wrapper_may_be_filled_again():
    one, two = Plain(1), Plain(2)
    other = Plain.__new__(Plain)
    other.__move_handle_from__(one)
    one.__move_handle_from__(two)
    assert (one.n, other.n, two.__chandle__()) == (2, 1, 0)
    held = Holder(one)
    assert held.value is one


def test_moving_twice_moves_once():
    one = Plain(1)
    a, b = Plain.__new__(Plain), Plain.__new__(Plain)
    a.__move_handle_from__(one)
    b.__move_handle_from__(one)
    assert (a.n, b.__chandle__()) == (1, 0)


@pytest.mark.parametrize("cls", [Plain, Dict])
def test_move_then_refetch(cls):
    held = Holder(cls(1))
    one = held.value
    target = cls.__new__(cls)
    target.__move_handle_from__(one)
    again = held.value
    assert again is not one
    assert again.n == 1
    del one
    gc.collect()
    assert held.value is again


def test_an_rvalue_argument_is_consumed():
    one = Plain(1)
    seen = []
    result = bowline.convert(lambda x: seen.append(x.n))(one._move())
    assert result is None
    assert seen == [1]
    assert one.__chandle__() == 0


def test_a_wrapper_that_others_hold_keeps_its_object():
    """A function moves what it got back as "a copy". Its caller's is the same wrapper."""
    use_count = bowline.get_global_func("testing.object_use_count")

    def changed(function):
        copy = bowline.testing.echo(function)
        assert copy is function
        return bowline.testing.echo(copy._move())

    one = Plain(1)
    assert changed(one) is one
    changed(one)
    assert one.n == 1 and one.__chandle__() != 0
    # Nor is the caller's taken by a callback that returns what it was given.
    assert bowline.convert(lambda x: x._move())(one) is one
    assert one.n == 1
    single = bowline.convert(lambda: Plain(2)._move())()
    assert single.n == 2
    bowline.testing.echo(single._move())
    assert single.__chandle__() == 0
    # Not taken by a callee: nothing changes, and no count stays.
    before = use_count(Plain(2))
    other = Plain(3)
    keeps = [other]
    bowline.get_global_func("testing.nop")(other._move())
    assert keeps[0].n == 3 and use_count(other) == before
    del keeps
    bowline.get_global_func("testing.nop")(other._move())
    settle()
    assert other.n == 3 and use_count(other) == before


def test_an_rvalue_that_is_never_used():
    one = Plain(1)
    holder = one._move()
    del holder
    gc.collect()
    one.__init__(2)
    assert one.n == 2


def test_move_between_kinds():
    target = Array([1])
    source = Array([1, 2])
    target.__move_handle_from__(source)
    assert list(target) == [1, 2]
    assert source.__chandle__() == 0
    assert "chandle=None" in repr(source)


def test_moves_race():
    """Weakness 8: of two moves one wins."""
    rounds = 300
    for cls in (Plain, Dict):
        for n in range(rounds // 10):
            sources = [cls(n) for _ in range(10)]
            winners = List()

            def take(sources=sources, winners=winners, cls=cls):
                for source in sources:
                    target = cls.__new__(cls)
                    target.__move_handle_from__(source)
                    if target.__chandle__():
                        winners.append(target)

            run_threads(take, take)
            assert len(winners) == len(sources)
            assert len({w.__chandle__() for w in winners}) == len(sources)
            assert [w.n for w in winners] == [n] * len(sources)


def test_reinit_races_reads():
    """Weakness 8: readers of a wrapper that is re-initialised see one of its objects."""
    one = Plain(1)
    held = Holder(one)

    def reinit():
        for n in range(2, 500):
            one.__init__(n)

    def read():
        last = 1
        for _ in range(2000):
            # Between the two reads the wrapper may be given another object. It is never nothing, never an older one.
            seen = held.value
            assert seen.n == 1 or seen is one
            now = one.n
            assert last <= now
            last = now

    run_threads(reinit, read, read)
    assert one.n == 499
