"""Walks through large graphs: no depth is too much, other threads run meanwhile, and a signal ends them."""

import pytest
from support import run_script

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
    import _thread, copy, sys, threading, time
    import bowline
    from bowline import Array, List, get_global_func

    def endless():
        # As a tree it has 2**60 leaves, and its text shows them all.
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
        "repr": (repr, endless),
        "ReprPrint": (get_global_func("ffi.ReprPrint"), endless),
        "equal": (lambda a, b: a == b, long, long),
        "order": (get_global_func("ffi.RecursiveLe"), numbers, numbers),
        "hash": (hash, long),
        "copy": (copy.deepcopy, long),
    }

    def interrupt():
        ready.wait()
        for _ in range(20):
            # Runs while the main thread walks.
            time.sleep(0.01)
        _thread.interrupt_main()

    ready = threading.Event()
    thread = threading.Thread(target=interrupt)
    thread.start()
    work, *makers = works[sys.argv[1]]
    values = [make() for make in makers]
    try:
        ready.set()
        # Anew until it is interrupted, should it ever come to its end before.
        while True:
            work(*values)
    except KeyboardInterrupt:
        print("interrupted")
    thread.join()
"""


@pytest.mark.parametrize("walk", ["repr", "ReprPrint", "equal", "order", "hash", "copy"])
def test_an_interrupt(walk):
    """Also of walks that have left the interpreter to others."""
    assert run_script(INTERRUPTED, walk).stdout == "interrupted\n"
