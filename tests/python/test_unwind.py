"""An exception that passes many native frames costs as much as it has frames. It is one exception all the way."""

import gc
import sys
import time
import traceback

import bowline
import pytest
from bowline import _traceback, get_global_func
from support import run_script

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


@bowline.py_class("unwind.Link")
class Link(bowline.Object):
    """A link whose visit or rewriting does the same with the next. The last fails."""

    n: int
    way: str = "map"

    def __s_mutate__(self, mutator):
        return raise_in_visit() if self.n == 0 else again(self.n - 1, self.way)

    def __s_visit__(self, visitor):
        return raise_in_visit() if self.n == 0 else again(self.n - 1, self.way)


def raise_in_visit():
    """A visit notes where the error came up, before Python sees that."""
    return bowline.structural_map(["a text"], (str, get_global_func("testing.add_one")))


WAYS = {
    "map": lambda link: bowline.structural_map(link, lambda x: x),
    "mutate": lambda link: bowline.structural_mutate(link, (int, lambda x, mutator: x)),
    "visit": lambda link: bowline.structural_visit(link, (int, lambda x, visitor: None)),
    "within": lambda link: bowline.structural_map([[link]], lambda x: x),
}


def again(n, way):
    return WAYS[way](Link(n, way))


class Made:
    """How many exceptions and frames are made of native errors meanwhile."""

    def __init__(self, monkeypatch):
        self.tracebacks = self.frames = 0
        make, make_frame = _traceback.native_traceback, _traceback.one_frame

        def native_traceback(text):
            self.tracebacks += 1
            return make(text)

        def one_frame(*arguments):
            self.frames += 1
            return make_frame(*arguments)

        monkeypatch.setattr(_traceback, "native_traceback", native_traceback)
        monkeypatch.setattr(_traceback, "one_frame", one_frame)


@pytest.mark.parametrize("way", WAYS)
def test_a_native_error_through_visits_is_one_exception(way, monkeypatch):
    made = Made(monkeypatch)
    with pytest.raises(TypeError, match="Expected `int` but got `str`") as found:
        again(100, way)
    assert made.tracebacks <= 1
    assert made.frames <= 10
    names = [frame.name for frame in traceback.extract_tb(found.value.__traceback__)]
    assert names.count("again") == 101
    assert names.count("raise_in_visit") == 1
    # Each link has those of its hook, `again`, the way and the package's function.
    assert len(names) < 700
    # The visits say where the error came up, the innermost first.
    context = found.value.__tvm_ffi_error__.extra_context
    assert [link.n for link in context.reverse_visit_pattern if isinstance(link, Link)] == list(range(101))


def test_the_backtrace_of_an_error_that_a_visit_passed():
    """Its frames are those of the exception, with the visits' context in front of that."""
    seen = []

    def fail():
        try:
            again(3, "map")
        finally:
            seen.append(sys.exc_info()[1])

    with pytest.raises(TypeError) as found:
        bowline.structural_map([1], (int, lambda x: fail()))
    assert found.value is seen[0]
    assert bowline.convert(found.value).backtrace.count(", in again") == 4
    del seen, found


@pytest.mark.parametrize("way", WAYS)
def test_the_end_of_the_stack_is_one_exception(way):
    """The stack's end comes anywhere, in native code too. The error is one exception from there to the top."""
    out = run_script(
        """
        import sys, threading, traceback
        import test_unwind
        from bowline import _traceback

        way = sys.argv[1]
        made, make_frame = [], _traceback.one_frame
        def one_frame(*arguments):
            made.append(arguments[1:])
            return make_frame(*arguments)
        _traceback.one_frame = one_frame
        depth = 0
        def again(n, way):
            global depth
            depth += 1
            return test_unwind.WAYS[way](test_unwind.Link(n, way))
        test_unwind.again = again
        ends = []
        def run(size):
            try:
                again(10**6, way)
            except RecursionError as error:
                count, at = 0, error.__traceback__
                while at is not None:
                    count, at = count + 1, at.tb_next
                ends.append((depth, count))
        sys.setrecursionlimit(10**6)
        # The end is at another place in each of these.
        for size in range(8):
            depth = 0
            threading.stack_size((4 << 20) + size * 4096 * 3)
            thread = threading.Thread(target=run, args=(size,))
            thread.start()
            thread.join()
        assert len(ends) == 8, ends
        for depth, count in ends:
            assert depth > 100 and count < 8 * depth, ends
        assert len(made) < 8 * 100, len(made)
        """,
        way,
        timeout=100,
    )
    assert out.stderr == ""
