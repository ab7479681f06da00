"""Native frames in tracebacks."""

import traceback

import bowline
import pytest
from bowline import Error, get_global_func, register_global_func, remove_global_func

NATIVE = '  File "inner.cc", line 30, in inner(int)\n  File "outer.cc", line 20, in outer\n'


def frames(error):
    return [(frame.filename, frame.lineno, frame.name) for frame in traceback.extract_tb(error.__traceback__)]


def test_native_frames_come_last_the_most_recent_at_the_end():
    with pytest.raises(ValueError, match="too large") as found:
        raise Error("ValueError", "too large", NATIVE).py_error()
    assert frames(found.value)[-2:] == [("outer.cc", 20, "outer"), ("inner.cc", 30, "inner(int)")]
    assert frames(found.value)[0][0] == __file__
    text = "".join(traceback.format_exception(found.value))
    assert 'File "inner.cc", line 30, in inner(int)' in text
    assert found.value.__tvm_ffi_error__.backtrace == NATIVE


@pytest.mark.parametrize(
    "text",
    ["", "nothing to see", 'File "a", line x, in f', 'File "", line 1, in f', "File a, line 1, in f"],
    ids=repr,
)
def test_what_is_no_frame_is_left_out(text):
    with pytest.raises(ValueError) as found:
        raise Error("ValueError", "m", text).py_error()
    assert [name for name, _, _ in frames(found.value)] == [__file__]


@pytest.mark.parametrize("line", [0, 1, 2**31 - 1, 2**40])
def test_any_line(line):
    with pytest.raises(ValueError) as found:
        raise Error("ValueError", "m", f'  File "a.cc", line {line}, in f\n').py_error()
    assert frames(found.value)[-1][0] == "a.cc"


def test_an_exception_through_native_code_keeps_its_frames_and_object():
    def fail():
        raise KeyError("from Python")

    apply = get_global_func("testing.apply")
    with pytest.raises(KeyError, match="from Python") as found:
        apply(bowline.convert(fail))
    names = [name for _, _, name in frames(found.value)]
    assert names[-1] == "fail"
    raised = found.value

    def again():
        raise raised

    with pytest.raises(KeyError) as second:
        apply(bowline.convert(again))
    assert second.value is raised


def test_a_native_error_and_back_is_one_object():
    register_global_func("test.native_traceback.fail", lambda: get_global_func("testing.test_raise_error")("ValueError", "m"))
    try:
        with pytest.raises(ValueError, match="m") as found:
            get_global_func("testing.apply")(get_global_func("test.native_traceback.fail"))
        error = found.value.__tvm_ffi_error__
        assert bowline.convert(found.value) is error
        # The backtrace is replaced by the frames that the exception passed.
        assert __file__ in error.backtrace
    finally:
        remove_global_func("test.native_traceback.fail")


def test_the_frame_of_a_rust_function():
    with pytest.raises(KeyError, match="from Rust") as found:
        get_global_func("testing.test_raise_error")("KeyError", "from Rust")
    [(file, line, name)] = frames(found.value)[1:]
    assert (file.endswith("functions.rs"), line > 0, name) == (True, True, "TestRaiseError")
