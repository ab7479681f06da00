"""Registrations that wait for a name or for a parent, and registrations at work.

Upholds: a plan is with one thread, or it waits. Nothing here is locked while user code runs: a plan is taken by one step of a
dict. What was taken is given back also where a signal's handler raises. What a thread waits for is never a thread that waits
for it.
"""

from __future__ import annotations

import threading
from typing import Any

# By the address of the class: a metaclass may compare and hash as it likes.
_WAITING: dict[int, Any] = {}
_AT_WORK: dict[int, Work] = {}
# What plans wait for → those plans, by address. It is a name, a class that is their parent, or None where that is not known.
# What is taken elsewhere stays here until the name comes: looked at then, and passed over.
_NEEDS: dict[Any, dict[int, Any]] = {}
# What threads wait for, by their numbers.
_BLOCKED: dict[int, Work] = {}


class Work:
    """A registration that a thread is at."""

    __slots__ = ("done", "plan", "thread")

    def __init__(self, plan: Any) -> None:
        self.plan = plan
        self.thread = threading.get_ident()
        self.done = threading.Event()


def _need(need: Any) -> Any:
    return need if need is None or isinstance(need, str) else id(need)


def begin(work: Work) -> None:
    """Take a plan that no thread has. To be called within the `try` that calls `end` at last.

    Raises
    ------
    TypeError
        If its class is being registered already.
    """
    if _AT_WORK.setdefault(id(work.plan.cls), work) is not work:
        raise TypeError(f"{work.plan.cls.__qualname__} is already being registered")


def is_held(work: Work) -> bool:
    """Return whether a plan is taken by `begin` or `claim`, and not given back."""
    return _AT_WORK.get(id(work.plan.cls)) is work


def end(work: Work) -> None:
    """Give a plan back, for good or after `wait`, if it was taken."""
    if is_held(work):
        del _AT_WORK[id(work.plan.cls)]
        work.done.set()


def wait(plan: Any, need: Any) -> None:
    """Let a plan wait for a name, or for its parent, after its `end`."""
    _NEEDS.setdefault(_need(need), {})[id(plan.cls)] = plan
    _WAITING[id(plan.cls)] = plan


def claim(work: Work) -> bool:
    """Take a plan that waits. Returns False if another thread was first, or it waits no more."""
    key = id(work.plan.cls)
    if _WAITING.get(key) is not work.plan:
        return False
    # At work before it waits no more. It is always to be found in one of the two.
    if _AT_WORK.setdefault(key, work) is not work:
        return False
    if _WAITING.get(key) is not work.plan:
        end(work)
        return False
    # By the thread that is at work, alone.
    del _WAITING[key]
    return True


def take_from_others() -> list[Any]:
    """Take the plans of all other threads, which a fork has ended. None of them is at work then."""
    me = threading.get_ident()
    for thread in list(_BLOCKED):
        if thread != me:
            del _BLOCKED[thread]
    return [_AT_WORK.pop(id(work.plan.cls)).plan for work in list(_AT_WORK.values()) if work.thread != me]


def those_that_need(needs: tuple[Any, ...]) -> list[Any]:
    """Return the plans that wait for one of these, oldest first, without claiming them."""
    return [plan for need in needs for plan in list(_NEEDS.pop(_need(need), {}).values())]


def plan_of(cls: type) -> Any:
    """Return the plan of a class that waits; None if it does not."""
    return _WAITING.get(id(cls))


def is_at_work(cls: type) -> bool:
    """Whether a thread is at a class."""
    return id(cls) in _AT_WORK


def is_with_another(cls: type) -> bool:
    """Whether another thread is at a class."""
    work = _AT_WORK.get(id(cls))
    return work is not None and work.thread != threading.get_ident()


def let_finish_key(key: str) -> None:
    """Wait until other threads that are at a class of this key have done."""
    me = threading.get_ident()
    for work in list(_AT_WORK.values()):
        if work.plan.key == key and work.thread != me:
            let_finish(work.plan.cls)


def let_finish(cls: type) -> None:
    """Wait until the thread that is at a class has done.

    Raises
    ------
    TypeError
        If it is this thread, or waits for this one.
    """
    work = _AT_WORK.get(id(cls))
    if work is None:
        return
    me = threading.get_ident()
    if work.thread == me:
        raise TypeError(f"{cls.__qualname__} is being registered")
    # Noted first: of threads that wait in a circle the last one sees it.
    _BLOCKED[me] = work
    try:
        other: Work | None = work
        while other is not None and not other.done.is_set():
            if other.thread == me:
                raise TypeError(f"{cls.__qualname__} is being registered by a thread that waits for what this one registers")
            other = _BLOCKED.get(other.thread)
        work.done.wait()
    finally:
        del _BLOCKED[me]
