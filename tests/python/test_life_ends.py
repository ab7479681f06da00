"""How wrappers that know something end.

They end in long chains, on native threads, at exit, among threads, where hardly any stack is left.
"""

import gc
import pathlib
import subprocess
import sys
import textwrap
import threading
import weakref

import bowline
import pytest
from bowline import _core
from shapes import All, DictWeak, Holder
from test_life import Count


def chain(length, link):
    """Wrappers that hold each other by attributes, each the only holder of the next one."""
    first = one = DictWeak(0)
    for n in range(1, length):
        fresh = DictWeak(n)
        link(one, fresh)
        one = fresh
    return first


@pytest.mark.parametrize("preserved", [False, True])
def test_long_chains_end(preserved):
    def link(one, fresh):
        one.next = Holder(fresh) if preserved else fresh

    ran = []

    def run():
        count = Count()
        first = chain(20_000, link)
        del first
        ran.append(count.more())

    threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(0)
    assert ran == [(0, 0)]


def test_the_end_on_native_threads():
    """Objects with attributes, weak references and finalizers whose last count goes on threads without Python."""
    All.deaths.clear()
    called = []
    refs = []
    made = bowline.List()
    for n in range(1000):
        one = All(n)
        one.note = n
        refs.append(weakref.ref(one, called.append))
        made.append(one)
        del one
    _core.testing_release_on_thread(made)
    gc.collect()
    bowline.stats()
    assert len(All.deaths) == 1000
    assert [ref() for ref in refs] == [None] * 1000
    assert len(called) == 1000


def test_at_exit():
    """What is preserved when the interpreter ends.

    These are objects in globals of native code and Python, and their finalizers.
    """
    program = """
        import bowline, threading
        from typing import Any
        from bowline.dataclasses import py_class
        @py_class("exit.Node")
        class Node(bowline.Object):
            __slots__ = ("__dict__", "__weakref__")
            child: Any = None
            def __del__(self):
                self.child
        kept = [Node(Node(n)) for n in range(100)]
        for one in kept:
            one.child.note = one
            one.child.me = one.child
        bowline.register_global_func("exit.kept", lambda: kept)
        print("end")
    """
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_note_and_address_among_threads():
    """Weakness 29: four threads read, write and drop one object. Its note is never missed, its address never moves."""
    held = Holder(DictWeak(1))
    held.value.note = 0
    identity = id(held.value)
    ref = weakref.ref(held.value)
    wrong = []

    def read(number):
        for _ in range(20_000):
            one = held.value
            if id(one) != identity or one.note < 0:
                wrong.append((id(one), one.note))
            one.note = number
            called = ref()
            if called is not None and called is not one:
                wrong.append("another one")
            del one, called

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert bowline.stats()["superseded"] == 0


def test_deaths_near_the_end_of_the_stack():
    """From 3.14 on the trashcan postpones them, while other threads read. These get another wrapper, and all is counted."""
    program = """
        import gc, sys, threading
        import bowline
        from shapes import DictWeak, Holder

        def deep(held):
            held.value
            return max([0], key=lambda _: deep(held))

        def fall(held):
            for _ in range(50):
                try:
                    deep(held)
                except RecursionError:
                    pass

        def read(held):
            while not over:
                one = held.value
                one.note = 1
                assert one.n == 7
                del one

        def run():
            global over
            over = False
            held = Holder(DictWeak(7))
            threads = [threading.Thread(target=fall, args=(held,)) for _ in range(2)]
            readers = [threading.Thread(target=read, args=(held,)) for _ in range(2)]
            for thread in threads + readers:
                thread.start()
            for thread in threads:
                thread.join()
            over = True
            for thread in readers:
                thread.join()
            assert held.value.n == 7

        def count():
            gc.collect()
            bowline.trim()
            stats = bowline.stats()
            return stats["objects_alive"], stats["wrappers_live"] + stats["wrappers_inactive"]

        if sys.version_info >= (3, 14):
            sys.setrecursionlimit(10**6)
            threading.stack_size(256 * 1024)
        begin = count()
        run()
        # One that is revived in the moment between its zero and the trashcan stays for good.
        end = count()
        assert all(0 <= now - before <= 1 for now, before in zip(end, begin, strict=True)), (begin, end)
        print("end")
    """
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(program)],
        capture_output=True,
        cwd=pathlib.Path(__file__).parent,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")
