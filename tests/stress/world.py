"""What the threads of one round share. It is a few native objects, reached in several ways, and the rules that hold for each.

* a *stable* root always has the same object, which is never moved from its wrapper;
* the *moving* root always has the same object, too, but any thread may move it out of its wrapper;
* *remade* is a wrapper that is initialised anew all the time, and never moved from: it is never empty;
* *cells*, the *bag* and the *table* have whatever was stored last.
"""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import random
import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

import bowline
from bowline import Array, Dict, List, Map, convert, py_class

# A module that another thread imports at a fork stays locked in the child.
for found in pkgutil.iter_modules(bowline.__path__, "bowline."):
    importlib.import_module(found.name)
convert(None)

# What an empty wrapper answers.
EMPTY = (AttributeError, TypeError, ValueError)

# Numbers of objects that are made while a round runs: above those of the roots.
FRESH = 1_000

current: World | None = None


@py_class("stress.Leaf")
class Leaf(bowline.Object):
    """Lean."""

    n: int = 0


@py_class("stress.Solid", frozen=True)
class Solid(bowline.Object):
    """Lean, with fields that never change."""

    n: int = 0


@py_class("stress.Weak")
class Weak(bowline.Object):
    """Rich, for its weak references."""

    __slots__ = ("__weakref__",)
    n: int = 0


@py_class("stress.Loose")
class Loose(bowline.Object):
    """Rich, for its dict, slot and weak references."""

    __slots__ = ("__dict__", "__weakref__", "extra")
    n: int = 0


@py_class("stress.Ghost")
class Ghost(bowline.Object):
    """Rich, for its finalizer, which fetches again and now and then resurrects."""

    n: int = 0

    def __del__(self) -> None:
        world = current
        if world is not None:
            world.visit(self)


@py_class("stress.LooseGhost")
class LooseGhost(Ghost):
    """All of that."""

    __slots__ = ("__dict__", "__weakref__", "extra")


class LateLeaf(Leaf):
    """Of no type of its own, with a finalizer that fetches."""

    def __del__(self) -> None:
        world = current
        if world is not None:
            world.visit(self)


@py_class("stress.Holder")
class Holder(bowline.Object):
    value: bowline.Object | None = None


@py_class("stress.FrozenHolder", frozen=True)
class FrozenHolder(bowline.Object):
    value: bowline.Object | None = None


@py_class("stress.AnyHolder")
class AnyHolder(bowline.Object):
    value: Any = None


LEAN = (Leaf, Solid)
RICH = (Weak, Loose, Ghost, LooseGhost)
WITH_WEAKREF = (Weak, Loose, LooseGhost)
WITH_DICT = (Loose, LooseGhost)

PLACES: dict[str, Callable[[Any], tuple[Any, Callable[[], Any]]]] = {
    "holder": lambda value: (owner := Holder(value), lambda: owner.value),
    "frozen holder": lambda value: (owner := FrozenHolder(value), lambda: owner.value),
    "any holder": lambda value: (owner := AnyHolder(value), lambda: owner.value),
    "list": lambda value: (owner := List([value]), lambda: owner[0]),
    "array": lambda value: (owner := Array([value]), lambda: owner[0]),
    "dict": lambda value: (owner := Dict({"key": value}), lambda: owner["key"]),
    "map": lambda value: (owner := Map({"key": value}), lambda: owner["key"]),
    "two deep": lambda value: (owner := Holder(Array([FrozenHolder(value)])), lambda: owner.value[0].value),
}


class Root:
    """An object in a place.

    Attributes
    ----------
    cls, n
        Its class and its number.
    owner
        The wrapper of what holds it.
    get
        Fetches it.
    home
        Its address, if its wrapper has attributes, so that no trim takes it.
    """

    def __init__(self, cls: type, n: int, place: str) -> None:
        self.cls, self.n, self.place = cls, n, place
        one = cls(n)
        self.owner, self.get = PLACES[place](one)
        # What Python knows of it, from which `operations.state` never takes the last.
        self.home = None
        if issubclass(cls, WITH_DICT):
            one.mark, one.extra = (n, -1), (n, -1)
            self.home = id(one)

    def __repr__(self) -> str:
        return f"{self.cls.__name__}({self.n}) in a {self.place}"


class World:
    """What one round is about. Its seed decides what is in it, and what each thread will do."""

    def __init__(self, seed: str, patience: float) -> None:
        self.random = random.Random(seed)
        self.patience = patience
        pick = self.random.choice
        places = [*PLACES]
        # Few: so that threads meet.
        self.stable = [Root(pick((pick(LEAN), pick(RICH))), n, pick(places)) for n in range(self.random.choice((1, 1, 2)))]
        self.moving = Root(pick((Leaf, Loose, Weak, Ghost)), 10, pick(places))
        self.remade = pick((Leaf, Loose, Weak))(FRESH)
        self.cells = [Holder(Leaf(FRESH)), AnyHolder(None)]
        self.bag = List([Leaf(FRESH), Weak(FRESH)])
        self.table = Dict({"a": Leaf(FRESH)})
        self.board: list[tuple[Root, Any] | None] = [None] * 4
        self.graveyard: deque[Any] = deque(maxlen=3)
        self.cache: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
        self.stop = threading.Event()
        self.failures: list[str] = []
        self.threads: list[threading.Thread] = []
        self._trims = threading.Lock()
        self.trims_begun = self.trims_ended = 0
        self._visits = itertools.count()

    def begin_again_in_child(self) -> None:
        """Get other locks in the child of a fork. Get other objects of Python's that have locks of their own, too."""
        self._trims = threading.Lock()
        self._visits = itertools.count()
        self.board = [None] * 4
        self.graveyard = deque(maxlen=3)
        self.cache = weakref.WeakValueDictionary()
        self.failures = []

    def fail(self, text: str) -> None:
        """Note a failure and end the round."""
        self.failures.append(text)
        self.stop.set()

    def trim(self) -> None:
        """Trim, counted before and after: see `operations.reads.address`."""
        with self._trims:
            self.trims_begun += 1
        bowline.trim()
        with self._trims:
            self.trims_ended += 1

    def visit(self, dying: Any) -> None:
        """What finalizers do: fetch, also what is dying; now and then resurrect."""
        for root in self.stable:
            one = root.get()
            if one.n != root.n or one is not root.get():
                raise AssertionError(f"a finalizer found {one!r} in {root}")
        try:
            if self.moving.get().n != self.moving.n and not self.moving.get().n >= FRESH:
                raise AssertionError("a finalizer found another object in the moving root")
        except EMPTY:
            pass
        if next(self._visits) % 16 == 0:
            self.graveyard.append(dying)

    def describe(self) -> str:
        """Say what the roots are."""
        return f"stable {self.stable}, moving {self.moving!r}"

    def clear(self) -> None:
        """Let go of everything but the roots."""
        self.board[:] = [None] * len(self.board)
        for cell in self.cells:
            cell.value = None
        self.bag.clear()
        self.table.clear()
        self.graveyard.clear()
        for name in bowline._core.global_func_names():
            if name.startswith("stress."):
                bowline._core.remove_global_func(name)
