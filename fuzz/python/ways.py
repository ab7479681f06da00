"""What the fuzz target pickle_load does with its bytes.

The first byte says how they are used: as a pickle, as a program of pickle opcodes, as a state for an object, as
arguments for the functions that pickles of bowline's objects name, or as changes to a pickle that was right.

Nothing but bowline's names can be loaded, so that no input runs code of its own choice.
"""

from __future__ import annotations

import copyreg
import gc
import io
import pickle
import struct

import bowline
from bowline import Error, Function
from harness import CLASSES, CONFUSIONS, FIELDS, FUNCTIONS, NAMES, REFUSALS, TEXTS, Done, Reader, legal
from oracle import check, untangle


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


def again(value):
    """What was loaded can be pickled and loaded."""
    try:
        blob = pickle.dumps(value)
    except (TypeError, pickle.PicklingError, AttributeError, RecursionError):
        # Functions without a name, Python's own unpicklable things.
        return
    assert type(Unpickler(blob).load()) is type(value)


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
        # Cycles that a pickle made and lost the way to are its own affair. The first inputs make what is made once.
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
