"""A process of one thread counts without locked instructions. What it leaves behind is good for threads that come later."""

import os

import pytest
from support import run_script

BEGIN = """
import ctypes
try:
    one_thread = ctypes.c_char.in_dll(ctypes.CDLL(None), "__libc_single_threaded")
except ValueError:
    one_thread = None
if one_thread is None or one_thread.value == b"\\0":
    print("no answer")
    raise SystemExit

import gc, os, threading
import bowline, shapes
from bowline import List, _core

def use(kind, rounds):
    "Lives, deaths, revivals, containers and callbacks."
    holder = shapes.Holder(kind(1))
    address = id(holder.value)
    for n in range(rounds):
        value = holder.value
        assert value is holder.value and value.n == n + 1
        assert kind is not shapes.Plain or id(value) == address
        value.n += 1
        items = List([value, value])
        assert items.pop() is value and items[0] is value
        del value, items
    function = bowline.convert(lambda value: value)
    assert function(holder) is holder and function(holder.value) is holder.value
    value = holder.value
    assert (_core.strong_count(holder), _core.strong_count(value)) == (1, 2), "by wrappers, and by the field"
    return holder

def objects():
    gc.collect(); bowline.settle(); bowline.trim()
    return bowline.stats()["objects_alive"]

def together(work):
    errors = []
    def run():
        try:
            work()
        except BaseException as error:
            errors.append(error)
    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    if errors:
        raise errors[0]
"""


def run(source):
    out = run_script(BEGIN + source).stdout.strip()
    if out == "no answer":
        pytest.skip("the C library does not say that there is one thread, or a sanitizer started another")
    assert out == "passed"


def test_one_thread_and_then_many():
    run("""
kinds = [shapes.Plain, shapes.Slot, shapes.Weak, shapes.Dict, shapes.DictWeak]
for kind in kinds:
    use(kind, 50)
before = objects()
made = [use(kind, 50) for kind in kinds]
assert one_thread.value == b"\\1", "bowline starts no thread"
address = id(made[0].value)

# Wrappers of values are dormant now, as one thread left them; others revive them, count them, let them die again.
def revive():
    for _ in range(2000):
        for holder in made:
            value = holder.value
            assert value is holder.value and value.n == 51
            del value
together(revive)
assert one_thread.value == b"\\0"
assert id(made[0].value) == address, "lean wrappers stay where they are"
for kind in kinds:
    use(kind, 50)
del made
assert objects() == before, "everything is gone"
print("passed")
""")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
def test_a_child_of_a_process_with_one_thread():
    run("""
holder = use(shapes.Plain, 10)
child = os.fork()
if child == 0:
    assert holder.value.n == 11
    use(shapes.Plain, 10)
    together(lambda: use(shapes.Dict, 20))
    assert holder.value is holder.value
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
use(shapes.Plain, 10)
print("passed")
""")
