"""Native threads, Python threads that come and go, forks."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading

from bowline import _core
from history import LANES
from world import AnyHolder, FrozenHolder, Holder, Leaf

from .copies import copied, pickled, shown
from .memory import collect, deep, settle, stats, trim
from .moves import fail_to_init, init_again, move, remake, set_state
from .reads import compare_posted, drop_and_read, hold, post, read
from .stores import read_cell, store
from .weakrefs import attributes, state, weak, weak_cache
from .worker import IN_CHILD, OPERATIONS, Worker, describe, expect, operation


@operation(6, in_child=False)
def lend(worker: Worker) -> None:
    """The last count of a fresh object may go on a native thread. That of one in a cell may, too."""
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


# They stop the world, and the collector does. On 3.13t a child waits for that without end if another thread of its parent was
# about to (also without bowline: `gc.unfreeze()` on three threads, `os.fork()` on another, `gc.unfreeze()` in the child).
_STOPPING = (collect, trim, settle, stats, init_again, remake, set_state, fail_to_init)

# They take the lock that CPython's free-threaded builds have in each object. Other threads write wrappers and their dicts,
# too: what such a thread held when it was left behind stays locked (also without bowline: `shared.append(1)` on
# seven threads, `os.fork()` on another, `shared.append(1)` in the child hangs in one of ten on a busy machine).
_LOCKING = (state, attributes, weak, weak_cache, pickled, copied, shown)


def _work_in_child(worker: Worker) -> None:
    code = 1
    try:
        # The parent's watchdog did not come along, and faulthandler cannot start another. See `work` for what this does.
        signal.alarm(int(worker.world.patience))
        # The locks that other threads held stay locked.
        worker.world.begin_again_in_child()
        gc.disable()
        left_out = {deep}
        if not getattr(sys, "_is_gil_enabled", lambda: True)():
            left_out.update(_LOCKING)
        if sys.version_info < (3, 14):
            left_out.update(_STOPPING)
        numbers = [OPERATIONS.index(f) for f in IN_CHILD if f not in left_out]
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
