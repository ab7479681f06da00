"""`bowline.utils`: locks between processes, wrappers with keywords, dataclasses as tuples."""

import dataclasses
import functools
import inspect
import os
import subprocess
import sys
import time
from typing import NamedTuple

import pytest
from bowline.utils import FileLock, make_kwargs_wrapper, make_kwargs_wrapper_from_signature, unpack_dataclass_to_tuple
from support import run_threads

HOLDER = """
import sys, time
from bowline.utils import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
    if sys.argv[2] == "die":
        import os; os._exit(0)
"""


@pytest.mark.parametrize("end", ["leave", "die"])
def test_a_lock_between_processes(tmp_path, end):
    path = str(tmp_path / "lock")
    command = [sys.executable, "-c", HOLDER, path, end]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        mine = FileLock(path)
        assert mine.acquire() is False
        with pytest.raises(TimeoutError):
            mine.blocking_acquire(timeout=0.05, poll_interval=0.01)
        other.stdin.write("\n")
        other.stdin.flush()
        assert mine.blocking_acquire(timeout=60, poll_interval=0.01) is True
        assert mine.acquire() is False
        with pytest.raises(RuntimeError, match="already"):
            mine.blocking_acquire()
        mine.release()
        mine.release()
    assert os.path.exists(path)


def test_a_lock_between_threads(tmp_path):
    path = str(tmp_path / "lock")
    inside, most = [], []

    def work():
        for _ in range(20):
            lock = FileLock(path)
            lock.blocking_acquire(poll_interval=0.001)
            inside.append(1)
            most.append(len(inside))
            time.sleep(0)
            inside.pop()
            lock.release()

    run_threads(*[work] * 4)
    assert max(most) == 1 and len(most) == 80


def test_a_lock_that_cannot_be(tmp_path):
    with pytest.raises(RuntimeError, match="cannot open"):
        FileLock(str(tmp_path / "nothing" / "lock")).acquire()
    lock = FileLock(str(tmp_path / "lock"))
    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError
    assert FileLock(lock.lock_file_path).acquire()


def told(*args):
    return args


def test_keywords():
    call = make_kwargs_wrapper(told, ["a", "b", "c"], (10, None), ["d", "e"], {"e": [1]})
    assert str(inspect.signature(call)).startswith("(a, b=")
    assert call(1, d=4) == (1, 10, None, 4, [1])
    assert call(1, 2, c=3, d=4, e=5) == (1, 2, 3, 4, 5)
    assert call(a=1, d=4, b=None) == (1, None, None, 4, [1])
    for wrong in (lambda: call(1), lambda: call(d=1), lambda: call(1, 2, 3, 4), lambda: call(1, d=2, x=3)):
        with pytest.raises(TypeError):
            wrong()
    assert make_kwargs_wrapper(told, [])() == ()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((["a", "a"],), "Duplicate"),
        ((["1"],), "not a valid Python identifier"),
        ((["class"],), "Python keyword"),
        ((["a): import os\ndef f("],), "not a valid Python identifier"),
        ((["__i_MISSING"],), "conflict with internal names"),
        ((["a"], (1, 2)), "2 values but only 1"),
        ((["a"], (), ["a"]), "both positional and keyword-only"),
        ((["a"], (), ["b"], {"c": 1}), "not in kwonly_names"),
        ((["a"], (), [], {}, None, ["b"]), "are no arguments"),
    ],
)
def test_wrong_keywords(arguments, text):
    with pytest.raises(ValueError, match=text):
        make_kwargs_wrapper(told, *arguments)


@pytest.mark.parametrize(("arguments", "text"), [((["a", 1],), "must be a string"), ((["a"], [1]), "must be a tuple")])
def test_wrong_types(arguments, text):
    with pytest.raises(TypeError, match=text):
        make_kwargs_wrapper(told, *arguments)


@dataclasses.dataclass
class Size:
    height: int
    width: object


@dataclasses.dataclass(slots=True)
class Slotted(Size):
    more: tuple = ()


class Pair(NamedTuple):
    a: object
    b: object


def test_signatures():
    def prototype(a: int, /, b: Size = Size(1, 2), *, stream, key=functools):
        """Does it."""

    signature = inspect.signature(prototype)
    call = make_kwargs_wrapper_from_signature(
        told, signature, prototype=prototype, exclude_arg_names=["stream", "nothing"], map_dataclass_to_tuple=["b"]
    )
    assert call(1) == (1, (1, 2), functools) and call(1, b=Size(3, Size(4, 5)), key=2) == (1, (3, (4, 5)), 2)
    assert call.__doc__ == "Does it." and call.__name__ == "prototype"
    assert not hasattr(call, "__wrapped__")
    for wrong in (lambda *args: 0, lambda **kwargs: 0):
        with pytest.raises(ValueError, match="not supported in wrapper generation"):
            make_kwargs_wrapper_from_signature(told, inspect.signature(wrong))


def test_dataclasses_as_tuples():
    leaf = object()
    unpack = unpack_dataclass_to_tuple
    assert unpack(leaf) is leaf and unpack(Size) is Size
    assert unpack(Size(1, [Size(2, leaf)])) == (1, [(2, leaf)])
    assert unpack(Slotted(1, 2, (Size(3, 4),))) == (1, 2, ((3, 4),))
    assert unpack({"a": Size(1, 2)}) == {"a": (1, 2)}
    pair = unpack(Pair(Size(1, 2), 3))
    assert type(pair) is Pair and pair == ((1, 2), 3)
    # A subclass has fields of its own.
    assert unpack(Size(1, 2)) == (1, 2) and unpack(Slotted(1, 2)) == (1, 2, ())
