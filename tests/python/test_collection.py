"""Code that runs amid a collection, and other visitors. Nothing freed is shown, nothing that lives is cleared.

`test_native_cycle.py` is about what is collected. Each script runs in a process of its own, where memory that was freed is
overwritten.
"""

import gc
import textwrap

import bowline
import pytest
from bowline import List
from support import run_script

COMMON = """
    import gc, os, sys, threading, time, weakref
    from typing import Any
    import bowline
    from bowline import Array, Dict, List, py_class

    @py_class("collection.Box")
    class Box(bowline.Object):
        value: Any = None

    class Canary:
        pass

    def closing(*things):
        return lambda: things

    def churn():
        return [b"\\xff" * n for n in range(60, 200, 4) for _ in range(20)]

    class Holder:
        '''Containers with callbacks that close over it.'''
        def __init__(self):
            self.list, self.dict, self.box, self.other = List([]), Dict({}), Box(), List([])
            self.me = self
            self.fill()

        def fill(self):
            for _ in range(20):
                self.list.append(closing(self))
                self.dict[len(self.dict)] = closing(self)
            self.box.value = Array([closing(self), (1, [closing(self)])])
            return churn()

        def empty(self):
            self.list.clear()
            self.dict.clear()
            self.box.value = None
            return churn()

        def swap(self):
            self.list[:], self.other[:] = self.other[:], self.list[:]
            self.box.value, self.dict[0] = self.dict.get(0), self.box.value
            return churn()

        def replace(self):
            self.list, self.dict, self.box = List(self.list[5:]), Dict(self.dict), Box(self.box.value)
            return churn()

        def keep(self):
            KEPT.append((self, self.list[0], self.list[:]))
            return churn()

    KEPT = []
    ACTIONS = ["fill", "empty", "swap", "replace", "keep"]

    def check_kept():
        '''What was taken out amid a collection is whole.'''
        for holder, first, all in KEPT:
            assert {type(part) for part in (holder.list, holder.dict, holder.box)} == {List, Dict, Box}
            (owner,) = first()
            assert type(owner.list) is List and owner.me is owner
            assert [function()[0] for function in all] == [owner] * len(all)
        KEPT.clear()
"""


def run(source, *args, **env):
    return run_script(textwrap.dedent(COMMON) + textwrap.dedent(source), *args, PYTHONMALLOC="debug", **env).stdout


AMID = """
    action, by = sys.argv[1:]

    class Finalized(Holder):
        def __del__(self):
            getattr(self, action)()

    class Watched(Holder):
        def __init__(self, watcher):
            super().__init__()
            # Functions that something living holds, too, until the callback lets go of them.
            watcher.list[:] = self.list[:]
            watcher.box.value = self.box.value
            WATCHING.append(weakref.ref(self, lambda _: getattr(watcher, action)()))

    WATCHING = []
    watcher = Holder()
    for _ in range(25):
        Finalized() if by == "finalizer" else Watched(watcher)
        gc.collect()
        check_kept()
    del watcher
    KEPT.clear()
    WATCHING.clear()
    gc.collect()
    gc.collect()
    print("survived")
"""


@pytest.mark.parametrize("by", ["finalizer", "weakref"])
@pytest.mark.parametrize("action", ["fill", "empty", "swap", "replace", "keep"])
def test_code_that_runs_between_the_passes(action, by):
    assert run(AMID, action, by) == "survived\n"


THREADS = """
    done = threading.Event()
    # Each is in the hands of all threads.
    shared = [Holder() for _ in range(3)]

    def meddle(seed):
        n = seed
        while not done.is_set():
            n += 1
            holder = shared[n % len(shared)]
            try:
                getattr(holder, ACTIONS[n * 7 % 4])()
            except IndexError:
                pass
            for seen in gc.get_referents(holder.list, holder.dict, holder.box):
                type(seen)
            if n % 5 == 0:
                holder.empty()
                holder.other.clear()
                shared[n % len(shared)] = Holder()
            time.sleep(0)

    class Finalized(Holder):
        def __del__(self):
            self.swap()
            self.keep()
            time.sleep(0.001)

    threads = [threading.Thread(target=meddle, args=(seed,), daemon=True) for seed in (0, 100)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < end:
        Finalized()
        gc.collect()
        check_kept()
    done.set()
    for thread in threads:
        thread.join()
    print("survived")
"""


def test_threads_that_change_containers_while_others_collect():
    assert run(THREADS, 3) == "survived\n"


GLOBAL_AND_CONTAINER = """
    DATA = {"whole": True}

    class Thing:
        def __init__(self):
            self.data, self.me = DATA, self

        def __call__(self):
            return self.data

    def function():
        data = DATA
        return lambda: data

    WRAP = {
        "list": lambda one: List([one]),
        "dict": lambda one: Dict({1: one}),
        "field": Box,
        "inner": lambda one: Box([(1, [one])]),
    }

    def empty_and_fill(wrap, make):
        '''The wrapper first, then what it holds.'''
        held = List([])
        one = make()
        held.append(wrap(one).value if wrap is Box else one)
        return held, one

    alive, holders = [], []
    for make in function, Thing:
        for wrap in WRAP.values():
            for number in range(10):
                one = make()
                holders.append(wrap(one))
                later, other = empty_and_fill(wrap, make)
                holders.append(later)
                if number % 2:
                    # The container is garbage; what it held is not.
                    later.append(closing(later))
                    del holders[-2:]
                alive += [one, other]
                del one, other, later
    if sys.argv[1] == "frozen":
        gc.freeze()
    for _ in range(5):
        gc.collect()
        assert all(one() is DATA for one in alive)
        # Made in the middle: young, and found by what is old.
        holders.append(List([alive[0], alive[-1]]))
        churn()
    gc.unfreeze()
    holders.clear()
    gc.collect()
    assert all(one() is DATA for one in alive) and DATA == {"whole": True}
    print("survived")
"""


@pytest.mark.parametrize("frozen", ["frozen", "not frozen"])
def test_what_a_global_holds_too_is_not_cleared(frozen):
    assert run(GLOBAL_AND_CONTAINER, frozen) == "survived\n"


NEVER_HEARD = """
    ours = gc.callbacks[:]

    def deaf(phase, info):
        '''The package hears the start, and not the end.'''
        if phase == "start":
            gc.callbacks.clear()

    gc.disable()
    for _ in range(20):
        holder = Holder()
        alive = weakref.ref(holder)
        gc.callbacks[:] = [*ours, deaf]
        gc.collect()
        assert len(gc.get_referents(holder.list)) == 21
        holder.list.clear()
        churn()
        assert gc.get_referents(holder.list) == [List]
        gc.get_referents(holder.dict, holder.box)
        holder.empty()
        assert gc.get_referents(holder.dict) == [Dict]
        holder.fill()
        del holder
        # Nor the next one.
        gc.collect()
        assert alive() is None
    print("survived")
"""


def test_a_collection_whose_end_is_never_heard():
    assert run(NEVER_HEARD) == "survived\n"


FORK = """
    class Forks(Holder):
        def __del__(self):
            self.swap()
            self.child = os.fork()
            self.replace()
            if self.child:
                assert os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1]) == 0
            else:
                CHILD.append(1)

    CHILD = []
    Forks()
    gc.collect()
    Holder()
    gc.collect()
    if CHILD:
        os._exit(0)
    print("survived")
"""


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="there is no fork here")
def test_a_fork_amid_a_collection():
    assert run(FORK) == "survived\n"


NATIVE = """
    stir = bowline._core.testing_stir

    def native_threads_at(*containers):
        for container in containers:
            stir(container, 300)

    def whole(holder):
        return all(function()[0] is holder for part in (holder.list, holder.dict.values()) for function in part if function)

    alive, canaries = Holder(), []
    for _ in range(40):
        native_threads_at(alive.list, alive.dict, alive.box)
        garbage = Holder()
        garbage.other.append(List([closing(garbage)]))
        canaries.append(weakref.ref(garbage))
        # In a list they leave one function at two places, which is not followed.
        native_threads_at(garbage.dict, garbage.box, garbage.other)
        del garbage
        for generation in range(3):
            gc.collect(generation)
            assert whole(alive)
            churn()
    end = time.monotonic() + 60
    while any(canary() for canary in canaries):
        assert time.monotonic() < end
        gc.collect()
        time.sleep(0.01)
    print("survived")
"""


def test_native_threads_that_change_containers_amid_passes():
    assert run(NATIVE) == "survived\n"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_memory_when_a_collection_starts():
    scarce = bowline._core.testing_nomemory
    for lasting in False, True:
        for nth in range(1, 40):
            holder = List([])
            holder.append(lambda holder=holder: holder)
            del holder
            returned, outcome, _ = scarce(gc.collect, nth, lasting)
            assert returned or type(outcome) is MemoryError
    gc.collect()
