"""What the fuzz target pickle_load does with its bytes.

The first byte says how they are used: as a pickle, as a program of pickle opcodes, as a state for an object, as
arguments for the functions that pickles of bowline's objects name, or as changes to a pickle that was right.

Nothing but bowline's names can be loaded, so that no input runs code of its own choice.
"""

from __future__ import annotations

import copy
import copyreg
import gc
import io
import pickle
import struct
from typing import Any, Callable, Optional

import bowline
from bowline import Array, Dict, Error, Function, List, Map, _core, py_class


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
# What may be read: none also where a class says that there is something, as a blank object, with which pickles begin, has
# it there.
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
    """An object that is as it should be; its parts may be any that were made before."""
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


# ---- oracle ----------------------------------------------------------------------------------------------------------


def parts(value):
    """What a value holds."""
    if isinstance(value, (tuple, list, Array, List)):
        return list(value)
    if isinstance(value, (dict, Map, Dict)):
        return [part for entry in value.items() for part in entry]
    return []


def check(value, seen, deep):
    """A bowline object is whole or empty, and is the one wrapper of what it holds."""
    if id(value) in seen:
        return
    seen[id(value)] = value
    if isinstance(value, bowline.Object):
        if value.__chandle__() == 0:
            for name in FIELDS.get(type(value), ()):
                try:
                    found = getattr(value, name)
                except REFUSALS:
                    continue
                raise AssertionError(f"an empty {type(value)} has {name} = {found!r}")
            assert isinstance(repr(value), str)
            return
        assert Holder(value).value is value, "a second wrapper"
        for name, kind in FIELDS.get(type(value), {}).items():
            found = getattr(value, name)
            assert isinstance(found, kind), f"{type(value)}.{name} is {found!r}"
            assert type(found) is not bool or kind is not int, f"{type(value)}.{name} is {found!r}"
            check(found, seen, deep)
        assert isinstance(repr(value), str)
        if deep:
            assert type(copy.copy(value)) is type(value)
    for part in parts(value):
        check(part, seen, deep)


def again(value):
    """What was loaded can be pickled and loaded."""
    try:
        blob = pickle.dumps(value)
    except (TypeError, pickle.PicklingError, AttributeError, RecursionError):
        # Functions without a name, Python's own unpicklable things.
        return
    assert type(Unpickler(blob).load()) is type(value)


def untangle(seen):
    """Opens the cycles: those through native objects alone nobody collects. Whether that was possible."""
    opened = True
    for value in seen.values():
        if isinstance(value, bowline.Object) and value.__chandle__():
            if isinstance(value, (List, Dict)):
                value.clear()
            for name in ("next", "items", "value", "a", "child"):
                if name in FIELDS.get(type(value), ()) and type(value) not in (Frozen, Required, Pair):
                    setattr(value, name, None)
            # What a frozen field once held it keeps until its object goes.
            opened &= not (isinstance(value, Frozen) and value.child is not None)
        elif isinstance(value, (list, dict, bytearray)):
            value.clear()
    return opened


# ---- the five ways ---------------------------------------------------------------------------------------------------


class Unpickler(pickle._Unpickler):
    """In Python, because the C one makes room for whatever memo index the bytes name."""

    # This opcode makes room for whatever length the bytes name.
    dispatch = {code: load for code, load in pickle._Unpickler.dispatch.items() if code != pickle.BYTEARRAY8[0]}

    def __init__(self, blob):
        super().__init__(io.BytesIO(blob))

    def find_class(self, module, name):
        try:
            return NAMES[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not bowline's") from None

    def get_extension(self, code):
        raise pickle.UnpicklingError("no extensions")


def load(blob, made, refusals):
    unpickler = Unpickler(blob)
    try:
        made.append(unpickler.load())
        again(made[-1])
    except refusals as error:
        error.__traceback__ = None
    made.extend(getattr(unpickler, "memo", {}).values())


def short(text):
    data = text.encode("utf-8", "surrogatepass")
    return pickle.SHORT_BINUNICODE + bytes([len(data)]) + data


def program(reader):
    """A pickle of legal opcodes in any order; every object goes into the memo."""
    out, memo = [pickle.PROTO + b"\4"], 0
    plain = [pickle.NONE, pickle.NEWTRUE, pickle.EMPTY_TUPLE, pickle.EMPTY_LIST, pickle.EMPTY_DICT, pickle.MARK]
    plain += [pickle.MARK, pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3, pickle.LIST, pickle.DICT]
    plain += [pickle.APPEND, pickle.APPENDS, pickle.SETITEM, pickle.SETITEMS, pickle.BUILD, pickle.BUILD]
    makers = [pickle.REDUCE, pickle.REDUCE, pickle.NEWOBJ, pickle.NEWOBJ_EX]
    names = list(NAMES)
    try:
        while True:
            match reader.byte() % 8:
                case 0 | 1:
                    out.append(reader.choose(plain))
                case 2:
                    out.append(pickle.BININT + struct.pack("<i", reader.byte() - 3))
                case 3:
                    out.append(short(reader.choose(TEXTS[:-1])))
                case 4:
                    module, name = reader.choose(names)
                    out.append(short(module) + short(name) + pickle.STACK_GLOBAL)
                case 5 | 6:
                    out.append(reader.choose(makers) + pickle.BINPUT + bytes([memo % 256]))
                    memo += 1
                case _:
                    out.append(pickle.BINGET + bytes([reader.byte() % max(memo, 1)]))
    except Done:
        return b"".join(out) + pickle.STOP


def snapshot(one):
    return {name: getattr(one, name) for name in FIELDS.get(type(one), ())} if one.__chandle__() else None


def same(before, after):
    if before is None or after is None:
        return before is after
    return all(before[name] is after[name] or repr(before[name]) == repr(after[name]) for name in before)


def set_state(reader, made):
    one = legal(reader, made) if reader.byte() % 4 else reader.choose(CLASSES[:9]).__new__(reader.choose(CLASSES[:9]))
    made.append(one)
    before = snapshot(one)
    if reader.byte() % 2:
        # Nearly right.
        state = one.__reduce_ex__(2)[2] if one.__chandle__() and not isinstance(one, (Function, Error)) else None
        state = list(state) if isinstance(state, tuple) else [None]
        if state and isinstance(state[0], tuple) and state[0]:
            values = list(state[0])
            values[reader.byte() % len(values)] = reader.value(made)
            state[0] = tuple(values)
        if reader.byte() % 4 == 0:
            state = [*state, None, None][:2] + [reader.value(made)]
        state = tuple(state)
    else:
        state = reader.value(made)
    try:
        one.__setstate__(state)
    except REFUSALS as error:
        error.__traceback__ = None
        # Attributes of the wrapper itself are set last, one by one.
        extras = isinstance(state, tuple) and len(state) == 3 and isinstance(state[2], dict)
        assert extras or same(before, snapshot(one)), f"{state!r} was refused but changed {before} to {snapshot(one)}"


def call(reader, made):
    function = reader.choose(FUNCTIONS)
    arguments = reader.several(made, 1)
    if reader.byte() % 2:
        arguments = [reader.choose(CLASSES), *arguments[:1]]
    if function is copyreg.__newobj__ and not (arguments and arguments[0] in CLASSES):
        return
    try:
        made.append(function(*arguments))
    except REFUSALS as error:
        error.__traceback__ = None


def spoil(reader, made):
    one = legal(reader, made)
    try:
        blob = bytearray(pickle._dumps(one, reader.byte() % 4 + 2))
    except TypeError:
        return
    for _ in range(reader.byte() % 4 + 1):
        blob[reader.byte() * 256 % len(blob) or reader.byte() % len(blob)] = reader.byte()
    load(bytes(blob), made, CONFUSIONS)


def play(data, made):
    """One input. Whether all it made is known, so that nothing may be left."""
    reader, way = Reader(data), 0
    try:
        way = reader.byte() % 5
        if way == 0:
            load(reader.rest(), made, CONFUSIONS)
        elif way == 1:
            load(program(reader), made, CONFUSIONS)
            return True
        while way > 1:
            (set_state, call, spoil)[way - 2](reader, made)
    except Done:
        pass
    return way not in (0, 4)


def numbers():
    bowline.settle()
    stats = bowline.stats()
    return stats["objects_alive"], stats["wrappers_live"], stats["queued"]


def run(data):
    """What the target calls; an exception is a finding."""
    global start, fresh
    made, seen = [], {}
    known = play(data, made)
    deep = bool(data) and data[-1] % 8 == 0
    for value in made:
        check(value, seen, deep)
    known &= untangle(seen)
    del made
    seen.clear()
    value = None
    if numbers() != start:
        gc.collect()
        bowline.trim()
        now = numbers()
        # Cycles that a pickle made and lost the way to are its own affair; the first inputs make what is made once.
        assert now == start or not known or fresh, f"(objects, wrappers, queued) were {start}, are {now}"
        start = now
    fresh = max(0, fresh - 1)


# What is made once.
for cls in CLASSES:
    legal(Reader(bytes([CLASSES.index(cls)]) + bytes(8)), [])
gc.collect()
bowline.trim()
gc.freeze()
start, fresh = numbers(), 16
