"""The table of global functions."""

import bowline
import pytest
from bowline import Function, get_global_func, register_global_func, remove_global_func
from bowline.registry import get_registered_type_keys, list_global_func_names
from support import new_key, run_threads


@pytest.fixture
def name():
    name = new_key("global")
    yield name
    if get_global_func(name, allow_missing=True) is not None:
        remove_global_func(name)


def test_the_same_object_each_time(name):
    """Weakness 30: a global function is one object."""
    function = register_global_func(name, lambda x: x + 1)
    assert isinstance(function, Function)
    assert get_global_func(name) is function
    assert get_global_func(name) is get_global_func(name)
    assert function(1) == 2
    address = id(function)
    del function
    assert id(get_global_func(name)) == address


def test_as_a_decorator(name):
    @register_global_func(name)
    def double(x):
        return 2 * x

    assert get_global_func(name) is double
    assert double(2) == 4


def test_as_a_bare_decorator():
    @register_global_func
    def global_bare_decorated():
        return 5

    try:
        assert get_global_func("global_bare_decorated") is global_bare_decorated
        assert global_bare_decorated() == 5
    finally:
        remove_global_func("global_bare_decorated")


def test_a_name_is_taken_once(name):
    first = register_global_func(name, lambda: 1)
    with pytest.raises(RuntimeError, match=name):
        register_global_func(name, lambda: 2)
    assert get_global_func(name) is first
    second = register_global_func(name, lambda: 2, override=True)
    assert get_global_func(name) is second
    assert (first(), second()) == (1, 2)


def test_a_function_may_have_two_names(name):
    function = register_global_func(name, lambda: 1)
    other = new_key("global")
    register_global_func(other, function)
    try:
        assert get_global_func(other) is function
    finally:
        remove_global_func(other)


def test_removal(name):
    function = register_global_func(name, lambda: 1)
    assert name in list_global_func_names()
    remove_global_func(name)
    assert name not in list_global_func_names()
    assert get_global_func(name, allow_missing=True) is None
    with pytest.raises(ValueError, match=name):
        get_global_func(name)
    with pytest.raises(ValueError, match=name):
        remove_global_func(name)
    assert function() == 1


def test_what_is_not_callable_is_refused(name):
    with pytest.raises(TypeError):
        register_global_func(name, 5)
    assert get_global_func(name, allow_missing=True) is None


def test_type_keys():
    keys = get_registered_type_keys()
    assert {"ffi.Object", "ffi.Function", "ffi.Array", "ffi.List"} <= set(keys)


def test_threads_register_and_look_up(name):
    stable = register_global_func(name, lambda: 1)

    def churn():
        for _ in range(200):
            other = new_key("global.churn")
            function = register_global_func(other, lambda: 2)
            assert get_global_func(other) is function
            remove_global_func(other)

    def look():
        for _ in range(3000):
            assert get_global_func(name) is stable

    run_threads(churn, churn, look, look)


def test_native_functions():
    echo = get_global_func("testing.echo")
    assert echo is get_global_func("testing.echo")
    assert echo("x") == "x"
    assert get_global_func("testing.add_one")(41) == 42
    with pytest.raises(TypeError, match=r"(?i)mismatched type on argument #0"):
        get_global_func("testing.add_one")("x")
    with pytest.raises(TypeError):
        get_global_func("testing.add_one")(1, 2)
    assert get_global_func("testing.apply")(bowline.convert(lambda *xs: sum(xs)), 1, 2, 3) == 6
