"""What is replaced is released outside of any lock or pin. A finalizer may take its time, wait, replace and raise."""

import threading
from typing import Any

import bowline
import pytest
from bowline import List, Object, py_class
from support import new_key, run_script, run_threads


@py_class(new_key())
class Leaf(Object):
    n: int


@py_class(new_key())
class Box(Object):
    leaf: Any = None
    any: Any = None


def alive():
    bowline.settle()
    return bowline.stats()["objects_alive"]


class Waits:
    """Its finalizer ends when it is told to."""

    def __init__(self, begun, go_on):
        self.begun, self.go_on = begun, go_on

    def __del__(self):
        self.begun.set()
        assert self.go_on.wait(60)


class Amid:
    """A thread that is amid such a finalizer, which `release` makes it run. Others must not release before it is."""

    def __init__(self, release):
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.release = release
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        self.release(lambda: Waits(self.begun, self.go_on))
        while not self.begun.is_set():
            bowline.settle()

    def __enter__(self):
        self.thread.start()
        assert self.begun.wait(60)

    def __exit__(self, *_):
        self.go_on.set()
        self.thread.join(60)
        assert not self.thread.is_alive()


def test_a_slow_finalizer_holds_back_nobodys_releases():
    def replace(make):
        box = Box(None, make())
        box.any = None

    box = Box(Leaf(0), 0)
    with Amid(replace):
        before = alive()
        for n in range(3):
            for i in range(5000):
                box.leaf = Leaf(i)
                box.any = i
            # Each of them when it is replaced or settled, not when the finalizer is over.
            assert alive() == before, n


def test_two_finalizers_that_wait_for_each_other_end():
    barrier = threading.Barrier(2, timeout=60)
    met = []

    class Meets:
        def __del__(self):
            met.append(barrier.wait())

    def worker():
        box = Box(None, Meets())
        box.any = None
        while len(met) < 2 and not barrier.broken:
            bowline.settle()

    for _ in range(20):
        met.clear()
        run_threads(worker, worker)
        assert sorted(met) == [0, 1]


def test_a_slow_finalizer_holds_back_nothing_that_native_threads_dropped():
    dropped = []

    class Counts:
        def __del__(self):
            dropped.append(1)

    # Made here. The last count of an object whose thread waits is not taken before that thread goes on (PEP 703).
    counted = [Counts() for _ in range(100)]

    def drop(make):
        held = [List([make() if at == 50 else counted.pop()]) for at in range(101)]
        for one in held:
            bowline._core.testing_release_on_thread(one, attached=True)

    with Amid(drop):
        # The thread had all of them dropped, and now pays for the one.
        while len(dropped) < 100:
            bowline.settle()
    assert len(dropped) == 100


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_settle_leaves_nothing_after_finalizers_that_drop_more(threads):
    """Alone a release happens at once; among threads it goes the long way."""
    out = run_script(
        """
        import sys, threading
        from typing import Any
        import bowline
        from bowline import Object, py_class

        @py_class("test.Leaf")
        class Leaf(Object):
            n: int

        @py_class("test.Box")
        class Box(Object):
            leaf: Leaf
            any: Any = None

        class Chain:
            ended = 0
            def __init__(self, links):
                self.box, self.links = Box(Leaf(0)), links
                if links:
                    self.box.any = Chain(links - 1)
            def __del__(self):
                Chain.ended += 1
                self.box.leaf = Leaf(1)
                self.box.any = None  # the next link, whose finalizer does the same

        def work():
            box = Box(Leaf(0))
            for n in range(200):
                box.any = Chain(20)
                box.leaf = Leaf(n)
            box.any = None

        def count():
            bowline.settle()
            return bowline.stats()["objects_alive"]

        before = count()
        threads = [threading.Thread(target=work) for _ in range(int(sys.argv[1]))]
        for thread in threads:
            thread.start()
        if not threads:
            work()
        for thread in threads:
            thread.join()
        print(count() - before, bowline.stats()["queued"])
        """,
        threads,
    ).stdout
    assert out == "0 0\n"


@pytest.mark.parametrize("threaded", [False, True])
def test_a_long_chain_of_finalizers_ends(threaded):
    """Each replaces the last holder of the next. There is no recursion without end, as deep as it may be."""
    out = run_script(
        """
        import sys, threading
        from typing import Any
        import bowline
        from bowline import Object, py_class

        if sys.argv[1] == "True":
            threading.Thread(target=int).start()

        @py_class("test.Box")
        class Box(Object):
            any: Any = None

        boxes = [Box() for _ in range(20_000)]
        ended = 0

        class Link:
            def __init__(self, at):
                self.at = at
            def __del__(self):
                global ended
                ended += 1
                if self.at:
                    boxes[self.at - 1].any = None

        for at, box in enumerate(boxes):
            box.any = Link(at)
        boxes[-1].any = None
        bowline.settle()
        print(ended)
        """,
        threaded,
    )
    assert (out.stdout, out.stderr) == ("20000\n", "")


@pytest.mark.parametrize("threaded", [False, True])
def test_the_pending_exception_is_kept(threaded):
    """What ends while an exception goes through its frame replaces more. It raises and catches some itself."""
    ended = []

    class Raises:
        def __init__(self, depth):
            self.box = Box(None, Raises(depth - 1) if depth else None)

        def __del__(self):
            ended.append(1)
            try:
                raise ValueError("an own one")
            except ValueError:
                self.box.any = None
            self.box.leaf = Leaf(1)

    def fail():
        box = Box(None, Raises(60))
        box.leaf = Leaf(2)
        raise KeyError(box.leaf.n)

    def run():
        with pytest.raises(KeyError, match="2"):
            fail()
        bowline.settle()

    if threaded:
        run_threads(run, run, run)
    else:
        run()
    bowline.settle()
    assert len(ended) == 61 * (3 if threaded else 1)


def test_nothing_is_released_amid_a_read():
    class Counts:
        ended = 0

        def __del__(self):
            Counts.ended += 1

    def replace():
        for _ in range(300):
            box = Box(None, Counts())
            box.any = None
            box.leaf = Leaf(1)
        bowline.settle()
        return Counts.ended

    assert bowline._core.testing_pinned(replace) == 0
    bowline.settle()
    assert Counts.ended == 300
