"""An exception that passes many native frames costs as much as it has frames. It is one exception all the way."""

import gc
import sys
import time
import traceback

import bowline
import pytest
from bowline import get_global_func

apply = get_global_func("testing.apply")


@pytest.fixture(autouse=True)
def deep():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    # A collection of 3.14t goes through all that is there. It does not matter how often it was there before.
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        sys.setrecursionlimit(limit)


class Counts(ValueError):
    texts = 0

    def __str__(self):
        Counts.texts += 1
        return "the message"


def through(depth, fail):
    """Calls `fail` below so many native frames; gives what came out."""

    def visit(native, n):
        return fail() if n == 0 else native(native, n - 1)

    native = bowline.convert(visit)
    try:
        native(native, depth)
    except Exception as error:
        return error


def raise_counts():
    raise Counts


def raise_native():
    get_global_func("testing.test_raise_error")("KeyError", "from native code")


def seconds(depth, fail):
    """What the thread works, at best: others may have the processor meanwhile."""
    best = float("inf")
    for _ in range(4):
        begin = time.thread_time()
        through(depth, fail)
        best = min(best, time.thread_time() - begin)
    return best


@pytest.mark.parametrize("fail", [raise_counts, raise_native])
def test_the_cost_is_linear(fail):
    # The square would be 256 times as much.
    assert seconds(1600, fail) < 80 * seconds(100, fail)


def test_the_text_is_asked_for_once_a_frame():
    Counts.texts = 0
    assert type(through(100, raise_counts)) is Counts
    assert Counts.texts <= 101


@pytest.mark.parametrize("fail", [raise_counts, raise_native])
def test_all_frames_are_there(fail):
    error = through(50, fail)
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names.count("visit") == 51
    assert fail.__name__ in names


def test_a_native_error_stays_one_exception():
    seen = []

    def visit(native, n):
        try:
            return raise_native() if n == 0 else native(native, n - 1)
        except KeyError as error:
            seen.append(error)
            raise

    native = bowline.convert(visit)
    with pytest.raises(KeyError) as found:
        native(native, 5)
    assert len(seen) == 6
    assert all(error is found.value for error in seen)
    assert found.value.__tvm_ffi_error__.message == "from native code"


def test_the_backtrace_of_an_error_is_read_when_it_is_asked_for():
    error = bowline.convert(through(3, raise_counts))
    assert (error.kind, error.message) == ("ValueError", "the message")
    assert error.backtrace.count("in visit\n") == 4
    assert error.backtrace.startswith(f'  File "{__file__}"')
    assert "in raise_counts" in error.backtrace.splitlines()[0]
    assert error.backtrace == error.backtrace
    error.update_backtrace("other")
    assert error.backtrace == "other"
    # The exception's frames have this one as their caller.
    del error
