"""A thread of the stress program, and the table of what it may do."""

from __future__ import annotations

import random
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

from history import LANES, History
from world import FRESH, LEAN, RICH, LateLeaf, Root, World

Operation = Callable[["Worker"], None]

OPERATIONS: list[Operation] = []
_WEIGHTS: list[int] = []
# What the child of a fork can do: the native threads are not there.
IN_CHILD: list[Operation] = []


def operation(weight: int, *, in_child: bool = True) -> Callable[[Operation], Operation]:
    """Enter a function among the operations."""

    def enter(function: Operation) -> Operation:
        OPERATIONS.append(function)
        _WEIGHTS.append(weight)
        if in_child:
            IN_CHILD.append(function)
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
        """An object that no other thread has."""
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


def is_known(value: Any) -> bool:
    """Whether a value is one that a cell may hold."""
    return value is None or (type(value) in (*LEAN, *RICH, LateLeaf) and value.n >= 0)
