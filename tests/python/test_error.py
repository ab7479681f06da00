"""Native errors as exceptions."""

import bowline
import pytest
from bowline import Error, get_global_func, register_error
from bowline._core import make_error


@pytest.mark.parametrize(
    "kind",
    [
        "RuntimeError",
        "ValueError",
        "TypeError",
        "AttributeError",
        "KeyError",
        "IndexError",
        "AssertionError",
        "MemoryError",
    ],
)
def test_kinds(kind):
    raiser = get_global_func("testing.test_raise_error")
    with pytest.raises(Exception, match="the message") as raised:
        raiser(kind, "the message")
    assert type(raised.value).__name__ == kind


def test_unknown_kinds_are_runtime_errors():
    with pytest.raises(RuntimeError, match="the message"):
        get_global_func("testing.test_raise_error")("NoSuchKind", "the message")


def test_registered_kinds():
    @register_error("test.ShapeError")
    class ShapeError(ValueError):
        pass

    with pytest.raises(ShapeError, match="the message"):
        get_global_func("testing.test_raise_error")("test.ShapeError", "the message")


def test_an_error_object():
    error = make_error("ValueError", "the message", "frames")
    assert isinstance(error, Error)
    assert (error.kind, error.message, error.backtrace) == ("ValueError", "the message", "frames")
    assert bowline.Array([error])[0] is error


def test_what_is_no_exception_class_is_refused():
    with pytest.raises(TypeError):
        register_error("test.NoError", int)
