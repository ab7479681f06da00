"""Grace periods. What others may still look at goes later, and no thread waits for that moment (P10)."""

import os
import sys

import pytest
from support import FREE_THREADED, run_script

SHAPES = """
import ctypes, gc, os, sys, threading
import bowline
from typing import Any
from bowline import Object, py_class
from bowline import testing
from support import new_key

@py_class(new_key())
class Lean(Object):
    n: int = 0

@py_class(new_key())
class Rich(Object):
    any: Any = None
    child: Any = None
"""


@pytest.mark.skipif(not FREE_THREADED, reason="with the GIL a thread that keeps it holds up all others")
def test_a_thread_that_does_not_detach_holds_up_no_other():
    """Reads, moves and re-inits of other threads go on, also of objects that others hold. A stop of the world could not come about."""
    # CPython 3.13 has no grace periods to offer. There, what was moved out of wrappers with more than one reference waits for a
    # stop of the world, which is made for 4096 of them; each round leaves a few.
    moves = 5000 if sys.version_info >= (3, 14) else 200
    run_script(
        SHAPES
        + f"""
gone = bowline.List([0])
held = bowline.List([0])
target = Lean(0)

def use(count):
    for n in range(count):
        for cls, values in ((Lean, (n,)), (Rich, (n, Lean(n)))):
            one = cls(*values)
            held[0] = one
            one.__init__(n + 1)
            former = held[0]
            assert former is not one and former is held[0]
            for each, value in ((former, n), (one, n + 1)):
                assert (each.any if cls is Rich else each.n) == value
            former = None
            one = cls(*values)  # nothing else holds it: it gives its object away
            gone[0] = one._move()
            one.__init__(n + 1)
            one.__init__(n + 2)
            assert (one.any if isinstance(one, Rich) else one.n) == n + 2
        held[0] = target
        target.__move_handle_from__(Lean(n))  # it gets another object while others hold the one that it had
        assert target.n == n and held[0] is not target

use(100)  # a class's first reads find out how it is used, for which the world may be stopped
gc.disable()  # the collector stops it, too
for_reading, for_writing = os.pipe()
inside = threading.Event()

def stay_attached():
    read = ctypes.PyDLL(None).read  # called without detaching
    buffer = ctypes.create_string_buffer(1)
    inside.set()
    assert read(for_reading, buffer, 1) == 1

thread = threading.Thread(target=stay_attached)
thread.start()
inside.wait()
use({moves})
os.write(for_writing, b"1")
thread.join()
""",
        timeout=120,
    )


def test_what_is_in_limbo_does_not_pile_up():
    """Moves and re-inits in a loop, with another thread that runs. What they retire is freed on the way."""
    run_script(
        SHAPES
        + """
over = threading.Event()
thread = threading.Thread(target=over.wait)
thread.start()
before = bowline.stats()["objects_alive"]
most = 0
gone = bowline.List([0])
for n in range(60_000):
    one = Rich(n, Lean(n))
    gone[0] = one._move()
    one.__init__(n)
    if n % 1000 == 0:
        most = max(most, bowline.stats()["objects_alive"])
over.set()
thread.join()
assert most - before < 40_000, most - before
del one
gone[0] = 0
bowline.settle()
assert bowline.stats()["objects_alive"] <= before + 2, (before, bowline.stats()["objects_alive"])
"""
    )


@pytest.mark.skipif("ASAN_OPTIONS" in os.environ, reason="AddressSanitizer keeps what was freed for a while")
def test_memory_of_trimmed_wrappers_is_used_again():
    """`trim` gives storage back to the allocator: wrappers that are made later live in it."""
    run_script(
        SHAPES
        + """
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

for kind in (lambda n: Lean(n), lambda n: Rich(n)):
    many = bowline.List([kind(n) for n in range(200_000)])
    seen = []
    for _ in range(6):
        for one in many:
            pass
        del one
        assert bowline.trim() >= 199_000
        seen.append(resident())
    assert seen[-1] <= 1.1 * seen[1], seen
    del many
"""
    )
