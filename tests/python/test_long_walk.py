"""Walks through large graphs. No depth is too much, other threads run meanwhile, and a signal ends them."""

import bowline
import pytest
from bowline import Array, StructuralKey, py_class
from bowline.structural import get_first_structural_mismatch, structural_equal, structural_hash
from support import new_key, run_script

DEEP = """
    import copy, sys, threading
    from typing import Any
    import bowline

    @bowline.py_class("long_walk.Node", eq=True, order=True, unsafe_hash=True)
    class Node(bowline.Object):
        n: int
        next: Any = None

    def work():
        make = {"object": lambda inner: Node(1, inner), "array": lambda inner: bowline.Array([inner])}[sys.argv[1]]
        one = other = None
        for _ in range(int(sys.argv[2])):
            one, other = make(one), make(other)
        assert one == other
        assert hash(one) == hash(other)
        assert len(repr(one)) > 3 * int(sys.argv[2])
        if sys.argv[1] == "object":
            assert one <= other and not one < other
        copied = copy.deepcopy(one)
        assert copied is not one and copied == one
        print("walked")

    # A small stack: recursion would show at once.
    threading.stack_size(256 * 1024)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
"""


@pytest.mark.parametrize("kind", ["object", "array"])
def test_depth_is_no_limit(kind):
    """The core has a test with a million."""
    assert run_script(DEEP, kind, 200_000).stdout == "walked\n"


INTERRUPTED = """
    import copy, os, signal, sys, threading, time
    import bowline
    from bowline import Array, List, get_global_func
    from bowline.structural import get_first_structural_mismatch, structural_equal, structural_hash, structural_walk

    def endless():
        # As a tree it has 2**60 leaves.
        wide = Array([])
        for _ in range(60):
            wide = Array([wide, wide])
        return wide

    class Slow:
        def __eq__(self, other):
            return True
        def __hash__(self):
            return 1
        def __deepcopy__(self, memo):
            return self

    def long():
        one = Array([Slow()])
        return List([Array([one]) for _ in range(100_000)])

    def numbers():
        return List([Array([n]) for n in range(100_000)])

    works = {
        "repr": (repr, numbers),
        "ReprPrint": (get_global_func("ffi.ReprPrint"), numbers),
        "equal": (lambda a, b: a == b, long, long),
        "order": (get_global_func("ffi.RecursiveLe"), numbers, numbers),
        "hash": (hash, long),
        "copy": (copy.deepcopy, long),
        "structural equal": (structural_equal, numbers, numbers),
        "structural mismatch": (get_first_structural_mismatch, numbers, numbers),
        "structural hash": (structural_hash, numbers),
        "structural key": (bowline.StructuralKey, numbers),
        "structural walk": (lambda value: structural_walk(value, [(str, print)]), endless),
    }

    def interrupt():
        ready.wait()
        for _ in range(20):
            # Runs while the main thread walks.
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    ready = threading.Event()
    thread = threading.Thread(target=interrupt)
    thread.start()
    work, *makers = works[sys.argv[1]]
    values = [make() for make in makers]
    # Once before: CPython ignores what is raised in the callbacks that end an import.
    work(*[bowline.Array([1])] * len(makers))
    try:
        ready.set()
        # Anew until it is interrupted, should it ever come to its end before.
        while True:
            work(*values)
    except KeyboardInterrupt:
        print("interrupted")
    thread.join()
"""


WALKS = ["repr", "ReprPrint", "equal", "order", "hash", "copy"]
STRUCTURAL = [f"structural {what}" for what in ("equal", "mismatch", "hash", "key", "walk")]


@pytest.mark.parametrize("walk", WALKS + STRUCTURAL)
def test_an_interrupt(walk):
    """Also of walks that have left the interpreter to others."""
    assert run_script(INTERRUPTED, walk).stdout == "interrupted\n"


OTHERS = """
    import sys, threading
    from typing import Any
    import bowline
    from bowline import Array
    from bowline.structural import get_first_structural_mismatch, structural_equal, structural_hash

    # Seconds after which a thread is asked to let others run.
    sys.setswitchinterval(float(sys.argv[2]))

    begun, answered = threading.Event(), threading.Event()

    def at_begin():
        answered.clear()
        begun.set()

    def at_end():
        seen.append(answered.is_set())

    @bowline.py_class("long_walk.Mark", eq=True)
    class Mark(bowline.Object):
        at: Any

        def told(self):
            (at_end if self.at else at_begin)()
            return True

        def __s_equal__(self, other, equal):
            return self.told()

        def __s_hash__(self, hash, go_on):
            return int(self.told())

        def __ffi_eq__(self, other, equal):
            return self.told()

        def __ffi_hash__(self, hash):
            return int(self.told())

        def __ffi_repr__(self, text):
            return str(self.told())

    def answer():
        while not over.is_set():
            begun.wait()
            begun.clear()
            answered.set()

    def graph():
        return Array([Mark(0), Array([Array([n]) for n in range(100_000)]), Mark(1)])

    works = {
        "repr": (repr, graph),
        "equal": (lambda a, b: a == b, graph, graph),
        "hash": (hash, graph),
        "structural equal": (structural_equal, graph, graph),
        "structural mismatch": (get_first_structural_mismatch, graph, graph),
        "structural hash": (structural_hash, graph),
        "structural key": (bowline.StructuralKey, graph),
    }
    seen, over = [], threading.Event()
    thread = threading.Thread(target=answer)
    thread.start()
    work, *makers = works[sys.argv[1]]
    values = [make() for make in makers]
    # Once before: CPython ignores what is raised in the callbacks that end an import.
    work(*[bowline.Array([1])] * len(makers))
    # Anew until the other thread was quick enough.
    while True not in seen:
        work(*values)
    over.set()
    begun.set()
    thread.join()
    print("others ran")
"""


# A hash by content stays, since every part of it takes Python. It lets others run as Python code does.
@pytest.mark.parametrize("walk, interval", [("hash", 0.001), *((walk, 1000) for walk in ["repr", "equal", *STRUCTURAL[:-1]])])
def test_others_run_meanwhile(walk, interval):
    """What another thread does while a walk is under way is seen before its end."""
    assert run_script(OTHERS, walk, interval).stdout == "others ran\n"


IS_ATTACHED = bowline.get_global_func("testing.is_attached")


@py_class(new_key())
class Attached(bowline.Object):
    """Its hooks tell whether the walk holds the interpreter."""


@py_class(new_key())
class Detached(bowline.Object):
    """Hashes as `Attached` does when the walk has left the interpreter."""

    def __s_hash__(self, *_):
        return 0


for _hook in ("__s_equal__", "__s_hash__", "__ffi_eq__"):
    bowline.core._register_type_attr(Attached.__tvm_ffi_type_info__.type_index, _hook, IS_ATTACHED)


def _with(mark, count):
    return Array([Array([Array([n]) for n in range(count)]), mark()])


def test_short_walks_hold_the_interpreter_and_long_ones_do_not():
    """Leaving it and coming back costs more than a short walk."""
    for count, attached in [(10, True), (10_000, False)]:
        one, other = _with(Attached, count), _with(Attached, count)
        assert (one == other) == attached
        assert structural_equal(one, other) == attached
        assert (get_first_structural_mismatch(one, other) is None) == attached
        left = _with(Detached, count)
        assert (structural_hash(one) == structural_hash(left)) == (not attached)
        assert (StructuralKey(one).hash_i64 == StructuralKey(left).hash_i64) == (not attached)


REPEATED = """
    import os, signal, threading, time
    from bowline import List

    class Opaque:
        pass

    caught = 0

    # Now, since CPython ignores what is raised in the callbacks that end an import.
    List().append(Opaque())

    def interrupt():
        for n in range(50):
            begun.wait()
            begun.clear()
            time.sleep(0.0001 * n)
            os.kill(os.getpid(), signal.SIGINT)

    begun = threading.Event()
    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    while caught < 50:
        try:
            items = List()
            begun.set()
            while True:
                DO
        except KeyboardInterrupt:
            caught += 1
    print("caught", caught)
"""


@pytest.mark.parametrize("work", ["items.append(Opaque())", "repr(items)"])
def test_an_interrupt_of_short_work(work):
    """A signal that comes during short work is not taken for its answer.

    The work is what a conversion or a text asks of Python.
    """
    run = run_script(REPEATED.replace("DO", work))
    assert (run.stdout, run.stderr) == ("caught 50\n", "")


class _Telling(type):
    asked = False

    def __repr__(cls):
        _Telling.asked = True
        return "a text"


class _Opaque(metaclass=_Telling):
    pass


def test_a_conversion_does_not_ask_for_the_text_of_classes():
    """Which looks at signals, and where what it raises had nowhere to go."""
    opaque = _Opaque()
    items = bowline.List()
    items.append(opaque)
    assert items[0] is opaque
    assert not _Telling.asked
