"""Weakness 11, and its kind: out of memory, wherever it strikes in whatever is public.

It is a result, or a MemoryError, or what is due.

`no_memory_calls` says how each name is called. Rust's own allocations fail here, too: small ones get their memory from the reserve
(`pyext/src/interpreter/reserve.rs`), large ones have to be refused.
"""

import importlib
import os
import pkgutil
import sys

import bowline
import no_memory_calls
import pytest
from no_memory import LASTING, REASON, SKIPPED, at_each_allocation, is_own, scarce
from no_memory_calls import CALLS, NODE, all_calls, spare_codes
from support import run_script

pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.keeps_objects,
    pytest.mark.skipif(SKIPPED, reason=REASON),
]


@pytest.fixture(scope="module", autouse=True)
def _codes():
    for _, call in all_calls():
        call()
    spare_codes()


def public_names():
    modules = ["bowline", *(f"bowline.{m.name}" for m in pkgutil.iter_modules(bowline.__path__) if m.name[0] != "_")]
    found = {name: getattr(importlib.import_module(name), "__all__", []) for name in modules}
    return {name: set(names) for name, names in found.items() if names}


def test_each_public_name_is_called():
    assert {home: set(names) for home, names in CALLS.items()} == public_names()


@pytest.mark.parametrize(("name", "call"), [pytest.param(name, call, id=name) for name, call in all_calls()])
def test_each_allocation(name, call):
    call()
    call()
    at_each_allocation(name, call)
    assert NODE.next.items[1] == 2**40 + 18


# What a native error of a kind arrives as, and what a callback raises.
ERRORS = {
    "RuntimeError": (RuntimeError, RuntimeError("a text")),
    "OSError": (OSError, OSError("a text")),
    "ConnectionResetError": (ConnectionResetError, ConnectionResetError("a text")),
    "KeyboardInterrupt": (KeyboardInterrupt, KeyboardInterrupt("a text")),
    # These are not made of a message alone. The nearest base that is comes in their place.
    "ExceptionGroup": (Exception, ExceptionGroup("a text", [KeyError()])),
    "BaseExceptionGroup": (BaseException, BaseExceptionGroup("a text", [KeyboardInterrupt()])),
    "UnicodeEncodeError": (UnicodeError, UnicodeEncodeError("utf-8", "a text", 0, 1, "a reason")),
    "no_memory.unknown": (RuntimeError, StopIteration("a text")),
    "NoMemoryError": (KeyError, KeyError("a text")),
}


@pytest.mark.parametrize("way", ["native", "callback"])
@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_keeps_its_class(kind, way):
    """It is never one of another class, which `except` would miss."""
    bowline.register_error("NoMemoryError", KeyError)
    arrives, raised = ERRORS[kind]
    kept = arrives if way == "native" else type(raised)

    def raising():
        raise raised

    callback = bowline.convert(raising)

    def call():
        try:
            callback() if way == "callback" else bowline.testing.test_raise_error(kind, "a text of some length")
        except kept as error:
            error.__traceback__ = None
            return type(error)

    assert call() is kept
    for lasting in LASTING:
        nth, ends = 1, set()
        while True:
            returned, outcome, seen = scarce(call, nth, lasting)
            # Where all exceptions are caught, this one is.
            found = outcome if returned else type(outcome)
            assert found is kept or found is MemoryError or is_own(outcome, lasting), (nth, lasting, outcome)
            ends.add(found)
            if not returned:
                outcome.__traceback__ = None
            del outcome
            if seen < nth:
                break
            nth += 1
        assert kept in ends


def test_a_panic_of_pyo3_leaves_nothing_in_the_reserve():
    """It panics where there is no memory for the error of a wrong argument."""

    def call():
        return no_memory_calls.refused(TypeError, call=lambda: NODE.__deepcopy__([]))

    used = []
    for _ in range(3):
        at_each_allocation("a wrong argument", call)
        used.append(bowline._core.testing_reserve_used())
    assert used[2] <= used[0]


def test_a_repr_that_there_is_no_memory_for():
    """A text that grows beyond all blocks of the reserve."""
    items = bowline.List(range(20_000))
    outcomes = set()
    for nth in range(1, 40):
        returned, outcome, _ = scarce(items.__repr__, nth, True)
        outcomes.add(type(outcome))
        assert returned == (type(outcome) is str)
    assert MemoryError in outcomes


@pytest.mark.parametrize("make", [bowline.List, bowline.Array], ids=["List", "Array"])
def test_growth_is_refused(make):
    """The items that came are released, and the next attempt is whole."""
    source = [bowline.testing.TestIntPair(n, n) for n in range(1000)]
    counts = [bowline._core.strong_count(item) for item in source]
    nth, failed = 1, 0
    while True:
        returned, outcome, seen = scarce(lambda: make(source), nth, False)
        failed += not returned
        assert returned or type(outcome) is MemoryError
        del outcome
        assert [bowline._core.strong_count(item) for item in source] == counts
        if seen < nth:
            break
        nth += 1
    assert failed >= 2


@pytest.mark.parametrize(
    "grow",
    [
        lambda items: items.append(bowline.testing.TestIntPair(1, 2)),
        lambda items: items.insert(0, bowline.testing.TestIntPair(1, 2)),
        lambda items: items.extend(range(4000)),
        lambda items: items.__setitem__(slice(0, 0), range(4000)),
    ],
    ids=["append", "insert", "extend", "slice"],
)
def test_a_list_that_cannot_grow_stays(grow):
    nth, failed = 1, 0
    while True:
        items = bowline.List(range(1024))
        returned, outcome, seen = scarce(lambda items=items: grow(items), nth, False)
        assert returned or type(outcome) is MemoryError
        del outcome
        if not returned:
            failed += 1
            assert list(items) == list(range(1024))
        if seen < nth:
            break
        nth += 1
    assert failed >= 1


def test_a_dict_that_cannot_grow_stays():
    outcomes = []
    for nth in range(1, 12):
        entries = bowline.Dict({n: n for n in range(682)})
        while True:
            size = len(entries)
            returned, outcome, seen = scarce(lambda: entries.__setitem__(len(entries), "a text of some length"), nth, False)
            outcomes.append(type(outcome))
            assert len(entries) == size + returned
            assert returned or type(outcome) is MemoryError
            if not returned or size > 1400:
                break
        assert [entries[n] for n in range(682)] == list(range(682))
    assert MemoryError in outcomes


HUGE = 10**15


@pytest.mark.parametrize(
    "call",
    [
        lambda: bowline.testing.make_tensor(bowline.float64, [HUGE]),
        lambda: bowline.testing.make_tensor(bowline.float64, [2**40, 2**40]),
        lambda: bowline.testing.make_tensor(bowline.float64, [2**62, 2]),
        lambda: bowline.List([0]) * HUGE,
        lambda: bowline.Array([0]) * HUGE,
        lambda: bowline.Shape(iter(lambda: 1, 2)) if False else bowline.Shape([1]) * HUGE,
    ],
    ids=["tensor", "tensor beyond addresses", "tensor beyond integers", "List", "Array", "Shape"],
)
def test_sizes_that_there_is_no_memory_for(call):
    with pytest.raises((MemoryError, ValueError, OverflowError, TypeError)):
        call()


def test_the_collector_without_memory():
    out = run_script(
        """
        import gc
        import bowline
        from no_memory_calls import NODE
        for lasting in (False, True):
            for nth in range(1, 60):
                bowline._core.testing_nomemory(gc.collect, nth, lasting)
        assert repr(NODE) and bowline.stats()
        print("survived")
        """
    ).stdout
    assert out == "survived\n"


LONG = pytest.mark.skipif(
    not os.environ.get("BOWLINE_LONG"), reason="CPython 3.14t itself ends the process in some steps: by hand, with BOWLINE_LONG=1"
)

# Leaves the process with some memory for all calls. It goes from none to more than they need.
LIMITED = """
    import gc, os, resource, sys
    import bowline
    from no_memory import LASTING, is_own
    from no_memory_calls import all_calls, spare_codes

    STEPS = 100
    # A refusal of a long text is a call like any.
    stride, refusal = 7, ()
    if sys.argv[1] == "long":
        from no_memory_long import long_calls as all_calls
        stride, refusal = 101, Exception
    calls = list(all_calls())
    for _, call in calls[:: stride // 7]:
        try:
            call()
        except refusal:
            pass
    spare_codes()
    gc.collect()

    def fill():
        # What the allocators have left of each size, the large ones first. In tuples: CPython 3.14t does not survive a list
        # whose items get no memory.
        held = ()
        for size in (1 << 20, 1 << 16, 1 << 12, 3000, 1000, 500, 200):
            try:
                while True:
                    held = (bytearray(size), held)
            except MemoryError:
                pass
        return held

    def limited(step):
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + (2 << 20), -1))
        held = fill()
        for _ in range(step * 2):
            if held:
                held = held[1]
        failed = 0
        for at in range(step, len(calls), stride):
            name, call = calls[at]
            os.write(3, f"{step} {name}\\n".encode())
            try:
                call()
            except MemoryError:
                failed += 1
            except SystemError as error:
                if not any(is_own(error, lasting) for lasting in LASTING):
                    raise
                failed += 1
            except refusal:
                pass
        return failed

    sys.stdout.flush()
    failures = 0
    for step in range(STEPS):
        child = os.fork()
        if child == 0:
            code = 2
            try:
                code = 1 if limited(step) else 0
            except MemoryError:
                code = 1
            finally:
                os._exit(code)
        status = os.waitpid(child, 0)[1]
        assert os.WIFEXITED(status) and os.WEXITSTATUS(status) in (0, 1), (step, status)
        failures += os.WEXITSTATUS(status)
    print(failures)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.skipif("ASAN_OPTIONS" in os.environ, reason="AddressSanitizer takes more address space than any limit here leaves")
@pytest.mark.timeout(320)  # a hundred processes, beside which others may run
@pytest.mark.parametrize("texts", ["short", pytest.param("long", marks=LONG)])
def test_a_limit_of_the_address_space(tmp_path, texts):
    trace = tmp_path / "last"
    source = LIMITED.replace("import gc, os", f"import os; os.dup2(os.open({str(trace)!r}, os.O_WRONLY | os.O_CREAT), 3)\n    import gc, os", 1)
    process = run_script(source, texts, check=False, timeout=300)
    last = trace.read_text().splitlines()[-1:] if trace.exists() else []
    assert process.returncode == 0, (last, process.stderr[-2000:])
    assert int(process.stdout) > 0
