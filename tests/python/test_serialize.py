"""Libraries that are not thread-safe: `load_module(path, serialize=True)`."""

import gc
import subprocess
import sys
import threading
from pathlib import Path

import bowline
import pytest
from support import new_key, run_script, run_threads

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="libraries are found by their soname on Linux only")
ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "pyext/python/bowline/include"


@pytest.fixture
def compiled(tmp_path):
    """Give a path of the library, a new one each time. Two of them share nothing."""
    made = tmp_path / "made.so"
    command = ["cc", "-std=gnu11", "-O1", "-shared", "-fPIC", f"-I{HEADERS}", ROOT / "tests/abi/serial.c", "-o", made]
    subprocess.run([*command, bowline._core.__file__], check=True, timeout=100)
    number = iter(range(100))

    def copy():
        path = tmp_path / f"library_{next(number)}.so"
        path.write_bytes(made.read_bytes())
        return path

    return copy


@pytest.fixture
def library(compiled):
    return lambda: bowline.load_module(compiled(), serialize=True)


def repeat(call, *args, times=50):
    def work():
        for _ in range(times):
            call(*args)

    return work


def test_without_it_the_library_breaks(compiled):
    """Else the other tests show nothing."""
    module = bowline.load_module(compiled())
    run_threads(*[repeat(module.count)] * 4)
    assert module.overlaps() > 0
    assert module.total() < 200


def test_one_thread_at_a_time(library):
    module = library()
    run_threads(*[repeat(module.count)] * 4)
    assert (module.total(), module.overlaps()) == (200, 0)


@pytest.mark.keeps_objects("a global function and a method stay registered")
def test_what_it_registers_is_under_the_same_lock(library):
    module = library()
    key = new_key("serialize.registered")
    module.register(key)
    bowline.registry.catch_up()
    method = bowline._core.ensure_class(bowline._core.type_index(key)).count
    functions = [module.count, bowline.get_global_func(key), method, module["count"]]
    run_threads(*map(repeat, functions))
    assert (module.total(), module.overlaps()) == (200, 0)


def test_loaded_twice_it_has_one_lock(compiled):
    path = compiled()
    one, two = (bowline.load_module(path, serialize=True) for _ in range(2))
    run_threads(repeat(one.count), repeat(two.count))
    assert (one.total(), two.overlaps()) == (100, 0)


@pytest.mark.parametrize("release_gil", [True, False])
def test_callbacks_run_without_the_lock(library, release_gil):
    module = library()
    module.count.release_gil = module.apply.release_gil = release_gil
    counted = threading.Barrier(2)

    def callback(value):
        # Another thread is in the library meanwhile.
        other = threading.Thread(target=lambda: (module.count(), counted.wait(50)))
        other.start()
        counted.wait(50)
        other.join()
        return value

    run_threads(*[repeat(module.apply, callback, 7, times=1)])
    assert module.apply(lambda value: module.apply(lambda inner: module.count() and inner, value), 3) == 3
    assert (module.total(), module.overlaps()) == (2, 0)


@pytest.mark.parametrize("release_gil", [True, False])
def test_callbacks_from_threads(library, release_gil):
    module = library()
    module.count.release_gil = module.apply.release_gil = release_gil
    run_threads(*[repeat(module.apply, lambda: module.count(), times=20)] * 4)
    assert (module.total(), module.overlaps()) == (80, 0)


def test_an_exception_gives_the_lock_back(library):
    module = library()

    def fail():
        raise KeyError("of the callback")

    def work():
        for _ in range(20):
            with pytest.raises(KeyError, match="of the callback"):
                module.apply(fail)
            module.count()

    run_threads(work, work, work)
    assert (module.total(), module.overlaps()) == (60, 0)


@pytest.mark.parametrize("release_gil", [True, False])
def test_two_libraries_that_call_each_other(library, release_gil):
    one, two = library(), library()
    for function in (one.apply, two.apply, one.count, two.count):
        function.release_gil = release_gil
    run_threads(
        repeat(one.apply, two.count),
        repeat(two.apply, one.count),
        repeat(one.apply, two.apply, one.apply, two.count),
        repeat(two.apply, lambda: one.apply(lambda: two.count())),
    )
    assert (one.total(), two.total()) == (50, 150)
    assert (one.overlaps(), two.overlaps()) == (0, 0)


@bowline.py_class(new_key("serialize.node"))
class Node(bowline.Object):
    __slots__ = ("__dict__",)
    x: int

    def __del__(self):
        self.ended()


@pytest.mark.parametrize("release_gil", [True, False])
def test_ends_of_objects_may_come_back(library, release_gil):
    module = library()
    module.hold.release_gil = module.count.release_gil = release_gil

    def work():
        for number in range(20):
            node = Node(number)
            node.ended = module.count
            held.acquire()
            module.hold(node)
            held.release()
            del node

    held = threading.Lock() if release_gil else threading.RLock()
    run_threads(work)
    module.hold(None)
    gc.collect()
    bowline.settle()
    assert (module.total(), module.overlaps()) == (20, 0)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("")
    with pytest.raises(ValueError, match=r"only the functions of a shared library .*a\.txt"):
        bowline.load_module(path, serialize=True)
    with pytest.raises(RuntimeError):
        bowline.load_module(tmp_path / "missing.so", serialize=True)


def test_a_daemon_thread_at_the_end_of_the_process(compiled):
    """A thread that is stopped for good has no lock that others wait for. The interpreter's end stops it."""
    run_script(
        """
        import atexit, bowline, sys, threading, time
        module = bowline.load_module(sys.argv[1], serialize=True)

        def work():
            while True:
                module.apply(lambda: module.count())

        for _ in range(3):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.1)
        class Late:
            def __del__(self, count=module.count):
                count()
        late = Late()
        """,
        compiled(),
        timeout=60,
    )
