"""Which class a type key belongs to, and whether another class may have it.

Upholds: a key goes from one class to another only if both stand at the same place. That is so if the code that defined the
first runs again: a cell of a notebook, a module that is loaded anew, a function that makes the class in each call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, NamedTuple

from . import _core
from ._exclusive import Exclusive
from ._one_testing import find_type_index
from .core import MISSING


class Place(NamedTuple):
    """Where a class is defined. `where`, which a change of the file moves, is for messages."""

    module: str
    qualname: str
    where: str
    # Module and qualified name of the classes that its annotations name before they are defined.
    forward: frozenset[tuple[str, str]] = frozenset()

    def is_of(self, cls: type) -> bool:
        """Whether a class stands at this place."""
        return (self.module, self.qualname) == (_program_of(cls.__module__), cls.__qualname__)


# By type index: of all types that Python code defined. Changed under the lock, under which no user code runs.
_PLACES: dict[int, Place] = {}
_LOCK = Exclusive()


def _program_of(module: str) -> str:
    """Return the name of a module that stands for the same code in each process.

    A process that `multiprocessing` spawns runs the program under another name.
    """
    return "__main__" if module == "__mp_main__" else module


def line_of(frame: FrameType | None) -> str:
    """Return the file and line that a frame executes."""
    return "?" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"


class OvertakenError(Exception):
    """Another thread has registered a type of the key first."""


def new_type(cls: type, key: str, parent_index: int, where: str, expected: Any = MISSING) -> int:
    """Register a type for a class. It succeeds the type that the same code defined under this key before, if any.

    Raises
    ------
    ValueError
        If the key belongs to a type that is defined elsewhere.
    OvertakenError
        If the type that has the key, or None, is not the `expected` one.
    """
    place = Place(_program_of(cls.__module__), cls.__qualname__, where)

    def add() -> tuple[int | None, int | None]:
        former = find_type_index(key)
        if expected is not MISSING and former != expected:
            raise OvertakenError
        if former is None or (former in _PLACES and _PLACES[former][:2] == place[:2]):
            # In one step with its place. What a signal interrupts after it can be defined again.
            return _core.new_type(key, parent_index, former is not None, _PLACES, place), former
        return None, former

    index, former = _LOCK.run(add)
    if index is None:
        expect_same(cls, key, former)
        raise ValueError(f"type key '{key}' is already registered")
    return index


def _named(schemas: Iterable[Any]) -> Iterator[tuple[int, tuple[str, str]]]:
    """Yield the type index, module and qualified name of each Python class that schemas name."""
    for schema in schemas:
        place = _PLACES.get(schema.type_index)
        if place is not None:
            yield schema.type_index, (place.module, place.qualname)
        yield from _named(schema.args or ())
        for parts in (schema.named_args or {}).values():
            yield from _named(parts)


def expect_new(former: int | None, index: int, schemas: Iterable[Any]) -> None:
    """Refuse a former class whose name was a forward reference when it was defined. It will be defined again, too.

    Parameters
    ----------
    former : int, optional
        The type that a new one succeeds.
    index : int
        The new one.
    schemas : iterable of TypeSchema
        What its annotations mean at present.

    Raises
    ------
    NameError
        For the first such class.
    """
    place = _PLACES.get(former) if former is not None else None
    forward = place.forward if place is not None else frozenset()
    for named, name in _named(schemas) if forward else ():
        if named < index and name in forward:
            raise NameError(f"{name[1]} is still that of the last time", name=name[1].rpartition(".")[2])


def note_forward(former: int | None, index: int, schemas: Iterable[Any]) -> None:
    """Remember which classes a type's annotations name that are defined later."""
    earlier = _PLACES[former].forward if former in _PLACES else frozenset()
    forward = frozenset(name for named, name in _named(schemas) if named > index or name in earlier)
    if forward and index in _PLACES:
        # By the thread that registers the type, alone.
        _PLACES[index] = _PLACES[index]._replace(forward=forward)


def roll_back(index: int) -> None:
    """Take a registration back; a former type of the key has it still."""

    def remove() -> None:
        _core.rollback_type(index)
        _PLACES.pop(index, None)

    _LOCK.run(remove)


def is_defined_here(index: int) -> bool:
    """Whether Python code defined a type."""
    return index in _PLACES


def expect_same(cls: type, key: str, former: int) -> None:
    """Refuse a class for a key that the class of another place has.

    Raises
    ------
    ValueError
        If it is so.
    """
    place = _PLACES.get(former)
    name = f"{cls.__module__}.{cls.__qualname__}"
    if place is None:
        raise ValueError(
            f"type key '{key}' is already registered, by native code: give {name} a key of its own, or use c_class to make "
            "it the class of the native type"
        )
    if not place.is_of(cls):
        raise ValueError(
            f"type key '{key}' is already registered, by {place.module}.{place.qualname} ({place.where}): give {name} a key "
            "of its own, or rename one of the two"
        )
