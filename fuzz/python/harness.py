"""What pickles of the fuzz target pickle_load may name, and values that bytes choose.

The names of the corpus are those of this module: its classes stay here, in this order.
"""

from __future__ import annotations

import copyreg
import os
import pickle
import struct
from collections.abc import Callable
from typing import Any, Optional

import bowline
from bowline import Array, Dict, Error, Function, List, Map, _core, py_class

# What bowline.testing loads: here there is no built package. ci/fuzz says where it is.
bowline.load_module(os.environ["BOWLINE_TESTING_LIBRARY"])


@py_class("fuzz.Plain")
class Plain(bowline.Object):
    n: int = 0


@py_class("fuzz.Slot")
class Slot(bowline.Object):
    __slots__ = ("extra",)
    n: int = 0


@py_class("fuzz.Rich")
class Rich(bowline.Object):
    __slots__ = ("__dict__", "__weakref__")
    n: int = 0
    child: Optional[Plain] = None

    def __del__(self):
        repr(self)


@py_class("fuzz.Node")
class Node(bowline.Object):
    name: str
    next: Optional["Node"] = None
    items: Any = None


@py_class("fuzz.Frozen", frozen=True, eq=True)
class Frozen(bowline.Object):
    n: int
    child: Optional[bowline.Object] = None


@py_class("fuzz.Every")
class Every(bowline.Object):
    i: int
    f: float
    b: bool
    s: str
    y: bytes
    o: Optional[Plain]
    t: tuple[int, ...]
    l: list[str]
    d: dict[str, int]
    a: Any
    c: Optional[Callable] = None


@py_class("fuzz.Required")
class Required(bowline.Object):
    child: Plain
    items: list[int]
    call: Function


@py_class("fuzz.Holder")
class Holder(bowline.Object):
    value: Any = None


@bowline.register_object("testing.TestIntPair")
class Pair(bowline.Object):
    """A type made in Rust, whose fields never change."""

NONE = type(None)
# What may be read. None also where a class says that there is something, as a blank object, with which pickles begin, has it
# there.
FIELDS = {
    Plain: {"n": int},
    Slot: {"n": int},
    Rich: {"n": int, "child": (Plain, NONE)},
    Node: {"name": (str, NONE), "next": (Node, NONE), "items": object},
    Frozen: {"n": int, "child": (bowline.Object, NONE)},
    Every: {
        "i": int, "f": float, "b": bool, "s": (str, NONE), "y": (bytes, NONE), "o": (Plain, NONE), "t": (Array, NONE),
        "l": (List, NONE), "d": (Dict, NONE), "a": object, "c": (Function, NONE),
    },
    Required: {"child": (Plain, NONE), "items": (List, NONE), "call": (Function, NONE)},
    Holder: {"value": object},
    Pair: {"a": int, "b": int},
}
CLASSES = [*FIELDS, Array, List, Map, Dict, Function, Error, bowline.Object]
FUNCTIONS = [_core._empty, _core._rebuild, _core._map_of, _core._global_func, _core.make_error, copyreg.__newobj__]
NAMES = {("harness", found.__qualname__): found for found in CLASSES}
NAMES |= {(found.__module__, found.__qualname__): found for found in CLASSES}
NAMES |= {(found.__module__, found.__name__): found for found in FUNCTIONS}
REFUSALS = (TypeError, ValueError, AttributeError, LookupError, OverflowError, RecursionError)
# Of the unpickler itself, which was not written for liars.
CONFUSIONS = (*REFUSALS, pickle.UnpicklingError, EOFError, AssertionError, NameError, MemoryError, struct.error)
TEXTS = ["", "n", "extra", "note", "child", "fuzz.Plain", "testing.echo", "no such name", "a text of some length", "\0", "ä" * 4, "\ud800"]
NUMBERS = [0, 1, -1, 127, 2**31, 2**63 - 1, -(2**63), 2**63, 2**70, True, False]


class Done(Exception):
    """The bytes are used up."""


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        if self.at >= len(self.data):
            raise Done
        self.at += 1
        return self.data[self.at - 1]

    def choose(self, among):
        return among[self.byte() % len(among)]

    def rest(self):
        return self.data[self.at :]

    def several(self, made, depth):
        return [self.value(made, depth + 1) for _ in range(self.byte() % 12)]

    def value(self, made, depth=0):
        """Any value, right or wrong; the bowline objects among them are kept in `made`."""
        kind = self.byte() % (16 if depth < 4 else 9)
        match kind:
            case 0:
                return None
            case 1 | 2:
                return self.choose(NUMBERS)
            case 3:
                return self.choose([0.0, -1.5, float("nan"), 1e300])
            case 4 | 5:
                return self.choose(TEXTS)
            case 6:
                return self.choose([b"", b"short", b"bytes of some length", bytearray(b"changing")])
            case 7:
                return self.choose([*CLASSES, *FUNCTIONS, object, int, len])
            case 8:
                return self.choose(made) if made else object()
            case 9 | 10:
                return tuple(self.several(made, depth))
            case 11:
                return self.several(made, depth)
            case 12:
                keys = [key if hashable(key) else "k" for key in self.several(made, depth)]
                return {key: self.value(made, depth + 1) for key in keys}
            case 13:
                return legal(self, made)
            case 14:
                cls = self.choose(CLASSES)
                made.append(cls.__new__(cls))
                return made[-1]
            case _:
                values = self.several(made, depth)
                values.append(values)
                return values


def hashable(value):
    try:
        hash(value)
    except Exception:
        # One by content may have none.
        return False
    return True


def legal(reader, made):
    """An object that is as it should be. Its parts may be any that were made before."""
    def known(cls):
        found = [one for one in made if isinstance(one, cls) and one.__chandle__()]
        return found[reader.byte() % len(found)] if found else None

    cls = reader.choose(CLASSES)
    match cls.__name__:
        case "Plain" | "Slot":
            one = cls(reader.byte())
        case "Rich":
            one = Rich(reader.byte(), known(Plain))
            one.note = reader.choose(TEXTS)
        case "Node":
            one = Node(reader.choose(TEXTS[:-1]), known(Node), known(bowline.Object))
        case "Frozen":
            one = Frozen(reader.byte(), known(bowline.Object))
        case "Every":
            one = Every(1, 1.5, True, "s", b"y", known(Plain), [1], ["l"], {"k": 1}, known(bowline.Object), len)
        case "Required":
            one = Required(Plain(1), [1], len)
        case "Holder":
            one = Holder(known(bowline.Object))
        case "Pair":
            one = Pair(1, 2)
        case "Array" | "List":
            one = cls([1, known(bowline.Object), "a text of some length"])
        case "Map" | "Dict":
            one = cls({"a": known(bowline.Object), 2: "two"})
        case "Function":
            one = bowline.get_global_func(reader.choose(["testing.echo", "testing.nop"]))
        case _:
            one = _core.make_error("ValueError", "text")
    made.append(one)
    return one
