"""What threads do to a world: small functions, each with a weight. All check what they see; none waits or backs off."""

from __future__ import annotations

import contextlib
import copy
import gc
import os
import pickle
import random
import signal
import sys
import threading
import traceback
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

import bowline
from bowline import Array, Dict, List, _core
from history import LANES, History
from world import EMPTY, FRESH, LEAN, RICH, AnyHolder, FrozenHolder, Ghost, Holder, LateLeaf, Leaf, Loose, Root, Solid, Weak, World

Operation = Callable[["Worker"], None]

OPERATIONS: list[Operation] = []
_WEIGHTS: list[int] = []
# What the child of a fork can do: the native threads are not there.
_IN_CHILD: list[Operation] = []


def operation(weight: int, *, in_child: bool = True) -> Callable[[Operation], Operation]:
    """Enter a function among the operations."""

    def enter(function: Operation) -> Operation:
        OPERATIONS.append(function)
        _WEIGHTS.append(weight)
        if in_child:
            _IN_CHILD.append(function)
        return function

    return enter


def keep_only(names: list[str]) -> None:
    """Give all operations but these no weight."""
    known = [function.__name__ for function in OPERATIONS]
    if unknown := {*names} - {*known}:
        raise SystemExit(f"no operations {unknown}; there are {known}")
    _WEIGHTS[:] = [weight if name in names else 0 for name, weight in zip(known, _WEIGHTS, strict=True)]


class Worker:
    """One thread's view of a world.

    Attributes
    ----------
    held : list
        Stable roots and their wrappers, kept for a while.
    addresses : dict
        Where each lean stable root was, and how many trims had ended before.
    """

    def __init__(self, world: World, lane: int, history: History, seed: str) -> None:
        self.world, self.lane, self.history = world, lane % LANES, history
        self.random = random.Random(seed)
        self.held: list[tuple[Root, Any] | None] = [None] * 3
        self.addresses: dict[Root, tuple[int, int]] = {}
        self.counts: Counter[str] = Counter()
        self.done = 0

    def run(self) -> None:
        """Work until the world stops."""
        try:
            while not self.world.stop.is_set():
                for number in self.random.choices(range(len(OPERATIONS)), _WEIGHTS, k=64):
                    self.do(number)
                    if self.world.stop.is_set():
                        break
        except BaseException as error:
            self.world.fail(describe(error, self.lane))
        finally:
            self.held.clear()

    def do(self, number: int) -> None:
        """Do one operation."""
        function = OPERATIONS[number]
        self.history.write(self.lane, self.done, number)
        self.done += 1
        self.counts[function.__name__] += 1
        function(self)

    def root(self) -> Root:
        """Any stable root."""
        return self.random.choice(self.world.stable)

    def fresh(self) -> Any:
        """An object that is nobody else's."""
        cls = self.random.choice((*LEAN, *RICH, LateLeaf))
        return cls(self.number())

    def number(self) -> int:
        """The number of a fresh object."""
        return FRESH + self.random.randrange(1000)


def describe(error: BaseException, lane: int) -> str:
    """A failure as text; nothing of it keeps objects alive."""
    text = f"thread {lane}: " + "".join(traceback.format_exception(error))
    error.__traceback__ = None
    return text


def expect(condition: bool, *found: Any) -> None:
    """Raise unless the condition holds. Not `assert`: the check must survive -O."""
    if not condition:
        raise AssertionError(" ".join(map(repr, found)))


class Payload:
    """Something of Python's in a native object; its end fetches."""

    def __init__(self, root: Root) -> None:
        self.root = root

    def __del__(self) -> None:
        expect(self.root.get().n == self.root.n, self.root)


def _known(value: Any) -> bool:
    return value is None or type(value) in (*LEAN, *RICH, LateLeaf) and value.n >= 0


# Reads


@operation(300)
def read(worker: Worker) -> None:
    root = worker.root()
    one = root.get()
    expect(one is root.get() and type(one) is root.cls and one.n == root.n, root, one)


@operation(200)
def drop_and_read(worker: Worker) -> None:
    root = worker.root()
    for _ in range(8):
        expect(root.get().n == root.n, root)


@operation(100)
def hold(worker: Worker) -> None:
    root = worker.root()
    worker.held[worker.random.randrange(len(worker.held))] = (root, root.get())


@operation(100)
def let_go(worker: Worker) -> None:
    worker.held[worker.random.randrange(len(worker.held))] = None


@operation(100)
def compare_held(worker: Worker) -> None:
    for entry in worker.held:
        if entry is not None:
            root, one = entry
            expect(root.get() is one and one.n == root.n, root, one, root.get())


@operation(100)
def post(worker: Worker) -> None:
    root = worker.root()
    worker.world.board[worker.random.randrange(4)] = (root, root.get())


@operation(100)
def compare_posted(worker: Worker) -> None:
    entry = worker.world.board[worker.random.randrange(4)]
    if entry is not None:
        root, one = entry
        expect(root.get() is one and one.n == root.n, root, one, root.get())


@operation(100)
def address(worker: Worker) -> None:
    """P4 for lean classes: the address changes only over a trim."""
    world, root = worker.world, worker.root()
    if root.cls not in LEAN:
        return
    ended = world.trims_ended
    where = id(root.get())
    if root in worker.addresses:
        before, trims = worker.addresses[root]
        expect(where == before or world.trims_begun != trims, root, "was at", hex(before), "is at", hex(where))
    worker.addresses[root] = where, ended


@operation(20)
def equal_and_hash(worker: Worker) -> None:
    root = worker.root()
    one = root.get()
    expect(one == root.get() and not one != root.get() and hash(one) == hash(root.get()), root)
    expect({one: 1}[root.get()] == 1 and one.same_as(root.get()), root)


@operation(3)
def through_native(worker: Worker) -> None:
    root = worker.root()
    one = root.get()
    apply = bowline.get_global_func("testing.apply")
    expect(apply(lambda value: value, one) is one and apply(lambda _: root.get(), one) is one, root)


# Stores


@operation(100)
def store(worker: Worker) -> None:
    worker.random.choice(worker.world.cells).value = worker.fresh()


@operation(20)
def store_shared(worker: Worker) -> None:
    worker.random.choice(worker.world.cells).value = worker.root().get()


@operation(3)
def store_itself(worker: Worker) -> None:
    cell = worker.random.choice(worker.world.cells)
    cell.value = cell.value


@operation(3)
def store_other_kinds(worker: Worker) -> None:
    values = (None, 7, "a text of more than seven bytes", b"bytes", Payload(worker.root()))
    worker.world.cells[1].value = worker.random.choice(values)


@operation(100)
def read_cell(worker: Worker) -> None:
    cell = worker.random.choice(worker.world.cells)
    one, other = cell.value, cell.value
    if isinstance(one, bowline.Object) and isinstance(other, bowline.Object):
        expect(_known(one) and _known(other), one, other)
        same = one.__chandle__() == other.__chandle__()
        expect((one is other) == same, one, other)


@operation(3)
def subclass_in_cell(worker: Worker) -> None:
    """While an instance of an unregistered subclass lives, it is the object's wrapper."""
    cell, one = Holder(), LateLeaf(worker.number())
    cell.value = one
    expect(cell.value is one, one)
    del one
    # Its finalizer may have resurrected it.
    expect(type(cell.value) in (Leaf, LateLeaf), cell.value)


# Moves. Others may move what was fetched, so anything may be empty, or filled anew, at any time.


@operation(24)
def move(worker: Worker) -> None:
    root = worker.world.moving
    source, target = root.get(), root.cls.__new__(root.cls)
    target.__move_handle_from__(source)
    try:
        expect(not target.__chandle__() or target.n == root.n or target.n >= FRESH, root, target)
    except EMPTY:
        return  # a fetch by another thread found the target, and moved on from it


@operation(16)
def move_to_a_call(worker: Worker) -> None:
    root = worker.world.moving
    echo = bowline.get_global_func("testing.echo")
    try:
        result = echo(root.get()._move())
    except EMPTY:
        return
    try:
        expect(result is None or result.n == root.n or result.n >= FRESH, root, result)
    except EMPTY:
        return


@operation(3)
def offer_and_forget(worker: Worker) -> None:
    worker.world.moving.get()._move()


@operation(24)
def read_moving(worker: Worker) -> None:
    root = worker.world.moving
    one, other = root.get(), root.get()
    handles = one.__chandle__(), other.__chandle__(), one.__chandle__()
    # No operation puts an object back into a wrapper that a fetch returned: if both held it now, they always did.
    if handles[0] and len({*handles}) == 1:
        expect(one is other, root, one, other)
    try:
        expect(one.n == root.n or one.n >= FRESH, root, one)
    except EMPTY:
        return


@operation(6)
def init_again(worker: Worker) -> None:
    root, n = worker.world.moving, worker.number()
    one = root.get() if worker.random.random() < 0.5 else root.cls(n)
    one.__init__(n)
    try:
        expect(one.n == root.n or one.n >= FRESH, root, one)
    except EMPTY:
        return


@operation(4)
def remake(worker: Worker) -> None:
    one = worker.world.remade
    if worker.random.random() < 0.7:
        one.__init__(worker.number())
    else:
        one.__setstate__(type(one)(worker.number()).__reduce_ex__(2)[2])


@operation(60)
def read_remade(worker: Worker) -> None:
    one = worker.world.remade
    expect(one.n >= FRESH and one.__chandle__() != 0, one)
    expect(Holder(one).value.n >= FRESH, one)


@operation(2)
def set_state(worker: Worker) -> None:
    root = worker.world.moving
    one = root.get()
    one.__setstate__(root.cls(worker.number()).__reduce_ex__(2)[2])
    try:
        expect(one.n == root.n or one.n >= FRESH, root, one)
    except EMPTY:
        return


@operation(2)
def fail_to_init(worker: Worker) -> None:
    one = worker.world.moving.cls(worker.number()) if worker.random.random() < 0.5 else worker.world.moving.get()
    try:
        one.__init__("no number")
    except TypeError:
        return
    raise AssertionError("a text was taken for a number")


# Copies


@operation(3)
def pickled(worker: Worker) -> None:
    root = worker.root()
    one, other, lone = pickle.loads(pickle.dumps((root.get(), root.get(), Holder(root.get()))))
    expect(one is other and lone.value is one and type(one) is root.cls and one.n == root.n, root, one, other)


@operation(2)
def copied(worker: Worker) -> None:
    root = worker.root()
    one = root.get()
    for other in (copy.copy(one), copy.deepcopy(one)):
        expect(other is not one and other.n == root.n and type(other) is root.cls, root, other)


@operation(1)
def shown(worker: Worker) -> None:
    root = worker.root()
    expect(f"n={root.n}" in repr(root.get()), root, repr(root.get()))


# Weak references


@operation(32)
def weak(worker: Worker) -> None:
    root = worker.root()
    one = root.get()
    if not hasattr(type(one), "__weakref__"):
        return
    ref = weakref.ref(one, lambda _: root.get())
    expect(ref() is one, root)
    del one
    found = ref()
    # A finalizer may have resurrected it after another took its place.
    expect(found is None or found is root.get() or isinstance(found, Ghost) and found.n == root.n, root, found)


@operation(16)
def weak_cache(worker: Worker) -> None:
    root, cache = worker.root(), worker.world.cache
    one = root.get()
    if hasattr(type(one), "__weakref__"):
        cache[root.place] = one
        found = cache.get(root.place)
        expect(found is None or found.n >= 0, found)


@operation(4)
def attributes(worker: Worker) -> None:
    root = worker.root()
    if issubclass(root.cls, Loose):
        one = root.get()
        one.note, one.extra = [worker.lane], one
        one.me = one
        # Another thread may be at the same attributes of the same wrapper, and delete one first.
        with contextlib.suppress(AttributeError):
            expect(one.extra is one, one)
            del one.extra


# Memory


@operation(1)
def collect(worker: Worker) -> None:
    gc.collect(worker.random.choice((0, 1, 2)))


@operation(1)
def trim(worker: Worker) -> None:
    worker.world.trim()


@operation(1)
def settle(worker: Worker) -> None:
    bowline.settle()


@operation(1)
def stats(worker: Worker) -> None:
    expect(all(value >= 0 for key, value in bowline.stats().items() if key.startswith("wrappers")), bowline.stats())


@operation(2)
def cycle(worker: Worker) -> None:
    """Cycles that the collector sees: each native object in them is held by its wrapper or by one other object."""
    items, box = List(), AnyHolder()
    items.append(lambda: (items, box))
    box.value = [1, [lambda: items]]
    loose = Loose(worker.number())
    loose.me, loose.extra = loose, items


@operation(1)
def deep(worker: Worker) -> None:
    chain = worker.fresh()
    for _ in range(worker.random.choice((10, 300, 2000))):
        chain = FrozenHolder(chain)
    if worker.random.random() < 0.5:
        _core.testing_release_on_thread(chain)


# Containers


@operation(32)
def bag(worker: Worker) -> None:
    items, draw = worker.world.bag, worker.random
    at = draw.randrange(6)
    try:
        match draw.randrange(10):
            case 0 | 1:
                items.append(worker.fresh())
            case 2:
                items.insert(at, worker.root().get())
            case 3:
                expect(_known(items.pop()))
            case 4:
                items[at] = worker.fresh()
            case 5:
                del items[at]
            case 6:
                items.reverse()
            case 7:
                items[1:3] = [worker.fresh(), *items[:1]]
            case 8:
                expect(all(_known(item) for item in items))
            case 9 if len(items) > 8:
                items.clear()
    except IndexError:
        pass  # others made it shorter


@operation(32)
def table(worker: Worker) -> None:
    entries, draw = worker.world.table, worker.random
    key = draw.choice("abcd")
    match draw.randrange(9):
        case 0 | 1:
            entries[key] = worker.fresh()
        case 2:
            expect(_known(entries.pop(key, None)))
        case 3:
            try:
                entries.popitem()
            except KeyError:
                pass
        case 4:
            expect(_known(entries.setdefault(key, worker.root().get())))
        case 5:
            entries.update({"a": worker.fresh(), "b": worker.root().get()})
        case 6:
            entries.clear()
        case 7:
            expect(all(_known(value) for value in entries.values()))
        case 8:
            expect(len(entries) <= 4 and all(k in "abcd" and _known(v) for k, v in entries.items()))


@operation(3)
def bag_by_index(worker: Worker) -> None:
    items = worker.world.bag
    try:
        one = items[0]
        expect(_known(one) and _known(items[-1]))
    except IndexError:
        pass


# Calls that raise


class _Boom(Exception):
    pass


@operation(3)
def callback_raises(worker: Worker) -> None:
    root = worker.root()

    def raising(value: Any) -> None:
        expect(value is one, root, value)
        raise _Boom(value)

    one = root.get()
    try:
        bowline.convert(raising)(one)
    except _Boom as error:
        expect(error.args[0] is one, root)
    else:
        raise AssertionError("nothing was raised")


@operation(2)
def wrong_field(worker: Worker) -> None:
    for make in (lambda: Leaf("no number"), lambda: Holder(7), lambda: setattr(Holder(), "value", worker.lane)):
        try:
            make()
        except TypeError:
            continue
        raise AssertionError("a wrong value was taken")


@operation(2)
def global_function(worker: Worker) -> None:
    root, name = worker.root(), f"stress.f{worker.random.randrange(2)}"
    bowline.register_global_func(name, lambda: root.get(), override=True)
    function = bowline.get_global_func(name, allow_missing=True)
    if function is not None:
        expect(function().n >= 0)
    if worker.random.random() < 0.3:
        _core.remove_global_func(name)


# Threads and processes


@operation(6, in_child=False)
def lend(worker: Worker) -> None:
    """The last count of a fresh object, or of one in a cell, may go on a native thread."""
    world, draw = worker.world, worker.random
    one = draw.choice((worker.fresh(), worker.root().get(), Holder(worker.root().get()), world.cells[0].value or Leaf(1)))
    _core.testing_lend(one, draw.choice((0, 1e-6, 1e-5, 1e-4, 2e-3)))


@operation(4, in_child=False)
def stir(worker: Worker) -> None:
    world, draw = worker.world, worker.random
    one = draw.choice((worker.root().owner, *world.cells, world.bag, world.table))
    _core.testing_stir(one, 50)


@operation(4, in_child=False)
def release_on_thread(worker: Worker) -> None:
    root = worker.root()
    _core.testing_release_on_thread(worker.random.choice((AnyHolder, Holder, FrozenHolder))(root.get()))


@operation(1, in_child=False)
def hammer(worker: Worker) -> None:
    _core.testing_hammer(worker.root().get(), 1, 0.0005)


@operation(2, in_child=False)
def thread(worker: Worker) -> None:
    """A thread that comes and goes; some are not waited for."""
    world = worker.world
    if sum(other.is_alive() for other in world.threads[-20:]) > 10:
        return
    other = Worker(world, worker.lane + LANES // 2, worker.history, str(worker.random.random()))

    def work() -> None:
        try:
            for _ in range(20):
                other.do(other.random.choice(brief))
        except BaseException as error:
            world.fail(describe(error, other.lane))
        finally:
            other.held.clear()

    brief = [OPERATIONS.index(f) for f in (read, drop_and_read, hold, compare_posted, post, read_cell, store, move, weak)]
    started = threading.Thread(target=work)
    started.start()
    world.threads.append(started)
    if worker.random.random() < 0.5:
        started.join()


@operation(1, in_child=False)
def fork(worker: Worker) -> None:
    if worker.random.random() > 0.1:
        return
    child = os.fork()
    if child == 0:
        _work_in_child(worker)
    _, status = os.waitpid(child, 0)
    expect(os.waitstatus_to_exitcode(status) == 0, "exit code of a forked child:", os.waitstatus_to_exitcode(status))


# They stop the world, and the collector does. On 3.13t a child waits for that for ever if another thread of its parent was
# about to (also without bowline: `gc.unfreeze()` on three threads, `os.fork()` on another, `gc.unfreeze()` in the child).
_STOPPING = (collect, trim, settle, stats, init_again, remake, set_state, fail_to_init)


def _work_in_child(worker: Worker) -> None:
    code = 1
    try:
        # The parent's watchdog did not come along, and faulthandler cannot start another. See `work` for what this does.
        signal.alarm(int(worker.world.patience))
        # The locks that other threads held stay locked.
        worker.world._trims = threading.Lock()
        gc.disable()
        left_out = {deep, *_STOPPING} if sys.version_info < (3, 14) else {deep}
        numbers = [OPERATIONS.index(f) for f in _IN_CHILD if f not in left_out]
        for number in worker.random.choices(numbers, k=100):
            worker.do(number)
        other = threading.Thread(target=read, args=(worker,))
        other.start()
        other.join()
        code = 2 if worker.world.failures else 0
    except BaseException as error:
        os.write(2, describe(error, worker.lane).encode())
    finally:
        os._exit(code)
