"""Python callables that are passed to a call: the native function around one may serve the next call, too."""

import gc
import weakref

import bowline
import pytest
from bowline import Array, List, get_global_func
from support import run_threads

apply = get_global_func("testing.apply")


class Bound:
    def __init__(self, n):
        self.n = n

    def method(self, *more):
        return self.n + len(more)


def test_many_shapes_of_callables():
    for n in range(3):
        assert apply(lambda n=n: n) == n
        assert apply(Bound(n).method) == n
        assert apply(Bound(n).method, None, None) == n + 2
        assert apply(max, n, 1) == max(n, 1)
        assert apply([n].copy) == [n]
        assert apply(Bound, n).n == n


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7, 8, 9, 20])
def test_any_number_of_arguments(count):
    values = [[n] for n in range(count)]
    seen = apply(lambda *items: Array(items), *values)
    assert [list(item) for item in seen] == values


def test_what_the_callee_keeps_is_not_used_again():
    kept = []
    for n in range(5):
        apply(kept.append, lambda n=n: n)
        apply(lambda function: kept.append(List([function])), lambda n=n: -n)
    assert [one() if n % 2 == 0 else one[0]() for n, one in enumerate(kept)] == [0, 0, 1, -1, 2, -2, 3, -3, 4, -4]
    assert len({id(one) for one in kept}) == 10


def test_a_wrapper_of_an_earlier_callback_stays_that_of_its_callable():
    """A wrapper that came and went must not be found again for another callable."""
    held = List([])

    def keep(function):
        held.append(function)

    for n in range(5):
        apply(keep, lambda n=n: n)
        apply(lambda function: function(), lambda: None)
        function = held[0]
        assert function() == n
        assert function is held[0]
        del function
        held.clear()


def test_callbacks_amid_callbacks():
    def deep(n):
        return n if n == 0 else 1 + apply(lambda n: deep(n - 1), n)

    assert deep(50) == 50


def test_a_callable_goes_with_its_call():
    class Callee:
        def method(self):
            return self

    callee = Callee()
    dead = weakref.ref(callee)
    assert apply(callee.method) is callee
    assert apply(lambda callee=callee: callee) is callee
    del callee
    gc.collect()
    assert dead() is None


def test_a_callable_whose_end_passes_callbacks():
    ends = []

    class Ending:
        def __init__(self, n):
            self.n = n

        def __del__(self):
            ends.append(apply(lambda: self.n))

    for n in range(5):
        assert apply(lambda ending: None, Ending(n)) is None
        # Nothing but the call holds the callable, which alone holds the object.
        apply(lambda ending=Ending(-n): None)
    gc.collect()
    assert sorted(ends) == sorted([*range(5), *(-n for n in range(5))])


@pytest.mark.parametrize("arguments", [(lambda: 1 / 0,), (lambda x: x, 2**64), (lambda: 2**64,)], ids=["call", "argument", "result"])
def test_after_an_error(arguments):
    function, *rest = arguments
    dead = []
    for _ in range(3):

        def callback(*items):
            return function(*items)

        dead.append(weakref.ref(callback))
        with pytest.raises((ZeroDivisionError, OverflowError)):
            apply(callback, *rest)
        assert apply(lambda: 5) == 5
    del callback
    gc.collect()
    assert [one() for one in dead] == [None] * 3


def test_threads_leave_nothing():
    def body():
        for n in range(200):
            assert apply(lambda n=n: n) == n
            assert apply(lambda n: apply(lambda: n), n) == n

    body()
    before = bowline.stats()["objects_alive"]
    run_threads(*[body] * 8)
    assert bowline.stats()["objects_alive"] == before
