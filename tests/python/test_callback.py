"""Python callables that are passed to a call. The native function around one may serve the next call, too."""

import gc
import weakref

import bowline
import pytest
from bowline import Array, List, convert, get_global_func
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
    append, kept, held = get_global_func("ffi.ListAppend"), [], List([])
    for n in range(5):
        apply(kept.append, lambda n=n: n)
        # Kept without a wrapper.
        apply(append, held, lambda n=n: -n)
    assert [one() for one in kept] == [0, 1, 2, 3, 4]
    assert [one() for one in held] == [0, -1, -2, -3, -4]


def test_what_had_a_wrapper_is_not_used_again():
    """The wrapper is gone, but what was set there would be found again."""
    fresh = convert(lambda: None).release_gil

    def change(function):
        assert function.release_gil == fresh
        function.release_gil = not fresh
        assert function.release_gil != fresh

    # A Function already, so that the other callables alone are made one for the call.
    change = convert(change)
    for n in range(5):
        apply(change, lambda n=n: n)


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


@pytest.mark.parametrize("arguments", [(lambda: 1 / 0,), (lambda x: x, "\ud800"), (lambda: "\ud800",)], ids=["call", "argument", "result"])
def test_after_an_error(arguments):
    function, *rest = arguments
    dead = []
    for _ in range(3):

        def callback(*items):
            return function(*items)

        dead.append(weakref.ref(callback))
        with pytest.raises((ZeroDivisionError, UnicodeEncodeError)):
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
