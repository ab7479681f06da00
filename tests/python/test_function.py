"""Functions and callbacks: values there and back, exceptions through."""

import gc
import sys
import traceback
import weakref
from collections.abc import Callable

import bowline
import pytest
from bowline import Array, Function, List, convert, get_global_func
from shapes import Plain
from support import new_key, run_threads


@pytest.mark.parametrize(
    "value", [None, True, False, 0, -1, 2**62, 1.5, "", "seven77", "eight888", b"", b"12345678"], ids=repr
)
def test_values_go_there_and_back(value):
    seen = []
    result = convert(lambda x: (seen.append(x), x)[1])(value)
    assert result == value == seen[0]
    assert type(result) is type(value) is type(seen[0])


def test_objects_go_there_and_back():
    one = Plain(1)
    assert convert(lambda x: x)(one) is one
    assert convert(lambda *xs: xs[1])(1, one, 3) is one


def test_sequences_arrive_as_arrays():
    seen = []
    result = convert(lambda *xs: (seen.extend(xs), xs[0])[1])([1, 2], (3,))
    assert [type(x) for x in seen] == [Array, Array]
    assert result is seen[0]
    assert list(result) == [1, 2]


def test_opaque_objects_go_there_and_back():
    class Anything:
        pass

    thing = Anything()
    assert convert(lambda x: x)(thing) is thing


def test_positional_arguments_only():
    with pytest.raises(TypeError):
        convert(lambda x: x)(x=1)


def test_a_function_is_passed_as_itself():
    inner = convert(lambda: 5)
    seen = []
    convert(seen.append)(inner)
    assert seen[0] is inner
    assert seen[0]() == 5
    seen.clear()


def test_a_function_has_one_wrapper():
    """Weakness 27: functions have a stable address, too."""
    held = List([convert(lambda: 5)])
    function = held[0]
    assert function is held[0]
    address = id(function)
    del function
    gc.collect()
    assert id(held[0]) == address
    assert held[0]() == 5
    assert isinstance(held[0], Function)


def test_the_callable_lives_as_long_as_the_function():
    class Callee:
        def __call__(self):
            return 5

    callee = Callee()
    dead = weakref.ref(callee)
    held = List([callee.__call__])
    del callee
    gc.collect()
    assert held[0]() == 5
    held.clear()
    gc.collect()
    assert dead() is None


class Custom(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


@pytest.mark.parametrize("error", [ValueError("v"), KeyError("k"), Custom(7), StopIteration(3), RuntimeError()])
def test_the_same_exception_comes_out(error):
    def fail():
        raise error

    with pytest.raises(type(error)) as raised:
        convert(fail)()
    assert raised.value is error
    names = [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]
    assert "fail" in names
    error.__traceback__ = None


def test_through_several_crossings():
    error = Custom(1)

    def fail():
        raise error

    inner = convert(fail)
    middle = convert(lambda: inner())
    with pytest.raises(Custom) as raised:
        convert(lambda: middle())()
    assert raised.value is error
    error.__traceback__ = None


def test_python_native_python_native_python():
    """Each native call lets go of the interpreter. The Python code below it takes hold again."""
    apply = get_global_func("testing.apply")

    def down(n):
        return [n, "a text of some length"] if n == 0 else apply(convert(down), n - 1)

    for _ in range(100):
        assert list(apply(convert(down), 5)) == [0, "a text of some length"]


def test_a_cause_is_kept():
    def fail():
        try:
            raise KeyError("cause")
        except KeyError as cause:
            raise ValueError("effect") from cause

    with pytest.raises(ValueError, match="effect") as raised:
        convert(fail)()
    assert isinstance(raised.value.__cause__, KeyError)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_exits_pass_untouched(error):
    def fail():
        raise error("now")

    with pytest.raises(error, match="now"):
        convert(fail)()


def test_an_exception_leaves_no_garbage():
    class Payload:
        pass

    payload = Payload()
    dead = weakref.ref(payload)

    def fail(kept=payload):
        raise ValueError("v")

    gc.disable()
    try:
        with pytest.raises(ValueError, match="v"):
            convert(fail)()
    finally:
        gc.enable()
    del payload, fail
    gc.collect()
    assert dead() is None


def test_callbacks_in_fields():
    @bowline.py_class(new_key())
    class Button(bowline.Object):
        on_click: Callable[[int], int]

    button = Button(lambda x: x + 1)
    assert button.on_click(1) == 2
    assert button.on_click is button.on_click


def test_a_cycle_through_a_callback_is_collected():
    class Payload:
        pass

    payload = Payload()
    dead = weakref.ref(payload)
    items = List()

    def callback(payload=payload):
        return items

    items.append(callback)
    del payload, callback, items
    gc.collect()
    assert dead() is None


def test_deep_recursion_through_native_code():
    def down(n):
        return 0 if n == 0 else 1 + function(n - 1)

    function = convert(down)
    assert function(50) == 50
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        with pytest.raises(RecursionError):
            function(5000)
    finally:
        sys.setrecursionlimit(limit)
    del function


def test_calls_from_many_threads():
    function = convert(lambda x: [x, x])

    def call():
        for n in range(2000):
            assert list(function(n)) == [n, n]

    run_threads(*[call] * 4)
