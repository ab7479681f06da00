"""How each public name is called with long texts where memory fails: `long_calls`.

Every name gets each of `ARGUMENTS`, as does every method of `INSTANCES`, whether it takes them or not: a refusal wants memory for its
message, which has the text in it more often than not. What needs texts in a place of its own is in `MORE`, and what is sized by lists.
"""

import copy
import json
import operator
import pickle
import pprint
from typing import Any, Optional, Union

import bowline
from bowline import access_path, core, dataclasses, error, registry, serialization, structural, testing
from no_memory_calls import (
    CALLBACK,
    CALLS,
    CPU,
    ENTRIES,
    INFO,
    INTS,
    ITEMS,
    MAPPING,
    NODE,
    PAIR,
    PATH,
    STEP,
    Frozen,
    Node,
    fresh,
)

# Longer than any block that Rust's allocations have in reserve.
SIZE = 100_000

TEXT = "a text of some length " * (SIZE // 22)
NAME = "x" * SIZE
DOTTED = "name." * (SIZE // 5)
HALVES = "\ud800" * (SIZE // 3)
BYTES = TEXT.encode()

ARGUMENTS = {
    "text": (TEXT,),
    "halves": (HALVES,),
    "bytes": (BYTES,),
    "list": ([TEXT, BYTES],),
    "dict": ({TEXT: BYTES},),
    "two": (TEXT, NAME),
    "three": (TEXT, TEXT, TEXT),
    "object": (NODE, TEXT),
}
KEYWORDS = {"keyword": {NAME: 1}}

# Calls that say nothing of texts, and take long or end the process.
LEFT_OUT = {
    # Would run a compiler.
    "bowline.cpp.build",
    "bowline.cpp.build_inline",
    "bowline.cpp.load",
    "bowline.cpp.load_inline",
    # See `OTHERWISE` in no_memory_calls.py.
    "bowline.testing.bomb",
    "bowline.testing.panic",
    "bowline.testing.testing",
}

# A text is a sequence, too, of so many texts.
SEQUENCES = {"Array", "List", "Shape", "extend", "__add__", "__radd__", "__iadd__", "join"}

LONG_ITEMS = bowline.List([TEXT, BYTES, Frozen(TEXT, (TEXT,))])
LONG_ENTRIES = bowline.Dict({TEXT: BYTES})
LONG_MAPPING = bowline.Map({TEXT: BYTES})
LONG_ARRAY = bowline.Array([TEXT, BYTES])
LONG_NODE = Node(TEXT, None, [TEXT, BYTES, {TEXT: TEXT}])
LONG_FROZEN = Frozen(TEXT, (TEXT, BYTES))
LONG_OTHER = Frozen(TEXT, (TEXT, BYTES + b"."))
LONG_PATH = access_path.AccessPath.root().attr(NAME).map_item(TEXT)
LONG_ERROR = bowline.Error("ValueError", TEXT, TEXT)
NODES = [{"type": NAME}, {"type": "no_memory.Node", "data": {NAME: 1}}, {"type": "ffi.Array", "data": NAME}]
GRAPHS = [json.dumps({"root_index": 0, "nodes": nodes}) for nodes in [*([node] for node in NODES), [1] * (SIZE // 2)]]
PLAIN_JSON = json.dumps([TEXT, {NAME: 1.5}])
SCHEMA_JSON = json.dumps({"type": NAME})
JSON = serialization.to_json_graph_str(LONG_NODE)

INSTANCES = {
    "Array": LONG_ARRAY,
    "Bytes": bowline.Bytes(BYTES),
    "CAny": bowline.CAny(TEXT),
    "Device": CPU,
    "Dict": LONG_ENTRIES,
    "Error": LONG_ERROR,
    "Frozen": LONG_FROZEN,
    "Function": CALLBACK,
    "List": LONG_ITEMS,
    "Map": LONG_MAPPING,
    "Module": bowline.system_lib(TEXT),
    "Node": LONG_NODE,
    "Path": LONG_PATH,
    "Step": access_path.AccessStep(access_path.AccessKind.ATTR, TEXT),
    "StructuralKey": bowline.StructuralKey(LONG_FROZEN),
    "Tensor": INTS,
    "TypeField": INFO.fields[0],
    "TypeInfo": INFO,
    "TypeSchema": core.TypeSchema.from_annotation(dict[str, list[int]]),
    "an array": bowline.Array([1]),
    "dtype": bowline.dtype("int8"),
    "items": ITEMS,
    "entries": ENTRIES,
    "mapping": MAPPING,
    "pair": PAIR,
    "path": PATH,
    "step": STEP,
}
# Of `object`, `type` and `str`, which have nothing of ours.
METHODS_OF_ALL = set(dir(object)) | set(dir(str)) | set(dir(bytes))
OURS = {"__repr__", "__str__", "__eq__", "__ne__", "__lt__", "__hash__", "__reduce__", "__getattribute__", "__setattr__", "__delattr__"}
OURS |= {"__init__", "__contains__", "__getitem__", "__add__", "index", "count"}


# Leave nothing for the next call.
TAKE_OUT = {"clear", "pop", "popitem", "_move"}


class Says:
    """Ends whatever asks it in an error with a long text."""

    def __tvm_ffi_int__(self):
        raise ValueError(TEXT)

    def __str__(self):
        raise ValueError(HALVES)

    def __repr__(self):
        return HALVES

    __tvm_ffi_float__ = __float__ = __int__ = __index__ = __bool__ = __tvm_ffi_int__


def raises(text):
    def call(*_):
        raise ValueError(text)

    return bowline.convert(call)


SAYS, RAISES, RAISES_HALVES = Says(), raises(TEXT), raises(HALVES)


@bowline.py_class("no_memory.LongDefault")
class LongDefault(bowline.Object):
    number: int
    text: str = TEXT
    items: list[str] = dataclasses.field(default_factory=lambda: [TEXT])


@bowline.py_class("no_memory.Holder")
class Holder(bowline.Object):
    v: Union[list[str], list[int], dict[int, Any]]


LISTED = SIZE // 20
# No list is made within a call. CPython frees an array that it never had (`PyList_New` in Objects/listobject.c; free-threaded
# builds).
NUMBERS = list(range(LISTED))
SCHEMAS = [core.TypeSchema("int")] * LISTED
MANY = bowline.List(NUMBERS)
MANY_ENTRIES = bowline.Dict({n: n for n in range(LISTED)})
MANY_JSON = serialization.to_json_graph_str(MANY_ENTRIES)
SHAPE_JSON = serialization.to_json_graph_str(bowline.Shape(range(LISTED)))

MANY_OBJECTS = bowline.Array([Frozen("leaf", (number,)) for number in range(LISTED)])
LEAF = Frozen("other", ())


def other(_value):
    return LEAF



def defined(name=None, annotation="int"):
    cls = type("Made", (bowline.Object,), {"__annotations__": {name or "n": annotation}})
    return bowline.py_class(fresh())(cls)


def registered():
    name = fresh(NAME)
    registry.register_global_func(name, len)
    try:
        return registry.get_global_func(name)
    finally:
        registry.remove_global_func(name)


MORE = {
    "a field": lambda: getattr(LONG_NODE, NAME),
    "a field set": lambda: setattr(LONG_NODE, NAME, 1),
    "a frozen field": lambda: setattr(LONG_FROZEN, "name", TEXT),
    "a long key": lambda: LONG_ENTRIES[NAME],
    "a long key of a Map": lambda: LONG_MAPPING[HALVES],
    "a long key popped": lambda: LONG_ENTRIES.pop(NAME),
    "bytes that change": lambda: bowline.List([bytearray(BYTES)]),
    "a function of a long name": lambda: bowline.get_global_func_metadata(NAME),
    "a value that is not there": lambda: LONG_ITEMS.index(NAME),
    "a wrong field": lambda: Node(5, None, [TEXT]),
    "a wrong item": lambda: LongDefault("5", 5),
    "a wrong number": lambda: LongDefault(TEXT),
    "a wrong schema": lambda: testing.schema_id_map_str_int({TEXT: TEXT}),
    "a number that says": lambda: LongDefault(SAYS),
    "a text that says": lambda: bowline.device(SAYS),
    "a dtype that says": lambda: bowline.dtype(SAYS),
    "an opaque object shown": lambda: repr(bowline.List([SAYS])),
    "an annotation": lambda: defined(annotation=TEXT),
    "an annotation that names": lambda: defined(annotation=DOTTED + "name"),
    "a field's name": lambda: defined(NAME)(1),
    "a class": lambda: bowline.py_class(NAME)(type("Made", (bowline.Object,), {"__annotations__": {"n": "int"}}))(1),
    "a class called so": lambda: bowline.py_class(fresh())(type(NAME, (bowline.Object,), {"__annotations__": {"n": "int"}}))(TEXT),
    "an enumeration": lambda: type(dataclasses.StrEnum)(NAME, (dataclasses.StrEnum,), {"one": dataclasses.entry(value=TEXT)}),
    "a function": registered,
    "a function's error": lambda: RAISES(),
    "a function's error with halves": lambda: RAISES_HALVES(),
    "a function's error twice": lambda: bowline.convert(lambda: RAISES())(),
    "a native error": lambda: testing.test_raise_error("ValueError", TEXT),
    "a native error of no kind": lambda: testing.test_raise_error(NAME, TEXT),
    "an error's frames": lambda: LONG_ERROR.update_backtrace(TEXT) if hasattr(LONG_ERROR, "update_backtrace") else repr(LONG_ERROR),
    "an error of an error": lambda: bowline.Error(NAME, HALVES, ""),
    "an error made": lambda: error.Error("ValueError", TEXT, TEXT).py_error(),
    "a kind": lambda: error.register_error(NAME, KeyError),
    "repr": [lambda made=made: repr(made) for made in (LONG_ITEMS, LONG_ENTRIES, LONG_NODE, LONG_FROZEN, LONG_PATH, LONG_ERROR)],
    "str": [lambda made=made: str(made) for made in (LONG_NODE, LONG_PATH, LONG_ERROR)],
    "pprint": lambda: pprint.pformat(LONG_NODE, width=40),
    "equal": lambda: structural.structural_equal(LONG_FROZEN, LONG_OTHER),
    "first mismatch": lambda: repr(structural.get_first_structural_mismatch(LONG_FROZEN, LONG_OTHER)),
    "hash": lambda: structural.structural_hash(LONG_FROZEN),
    "order": lambda: operator.lt(bowline.Array([TEXT]), bowline.Array([NAME])),
    "walk": lambda: structural.structural_walk(LONG_NODE, [(bowline.Object, lambda _: structural.VisitInterrupt(TEXT))]),
    "walk ends": lambda: structural.structural_walk(LONG_NODE, [(bowline.Object, RAISES)]),
    "copy": lambda: copy.copy(LONG_NODE),
    "deepcopy": lambda: copy.deepcopy(LONG_NODE),
    "pickle": lambda: pickle.loads(pickle.dumps(LONG_NODE)),
    "pickled containers": lambda: pickle.loads(pickle.dumps([LONG_ITEMS, LONG_ENTRIES, LONG_MAPPING])),
    "pickled error": lambda: pickle.loads(pickle.dumps(LONG_ERROR)),
    "replace": lambda: dataclasses.replace(LONG_FROZEN, name=NAME),
    "asdict": lambda: dataclasses.asdict(LONG_NODE),
    "json": [
        lambda: serialization.to_json_graph_str(LONG_NODE),
        lambda: serialization.to_json_graph_str(LONG_ITEMS, {"a": TEXT}),
        lambda: serialization.from_json_graph_str(JSON),
        lambda: serialization.from_json_graph_str(JSON[:-3]),
        *[lambda text=text: serialization.from_json_graph_str(text) for text in GRAPHS],
    ],
    "json of ours": [
        lambda: bowline.get_global_func("ffi.json.Parse")(PLAIN_JSON),
        lambda: bowline.get_global_func("ffi.json.Stringify")([TEXT, {NAME: TEXT}], 2),
        lambda: bowline.get_global_func("ffi.json.Stringify")([TEXT, {NAME: TEXT}], None),
    ],
    "schema": [
        lambda: repr(core.TypeSchema(NAME)),
        lambda: core.TypeSchema(NAME, [core.TypeSchema(DOTTED)]).to_json(),
        lambda: hash(core.TypeSchema("Array", [core.TypeSchema(DOTTED)])),
        lambda: core.TypeSchema.from_json_str(SCHEMA_JSON),
        lambda: core.TypeSchema.from_annotation(Optional[NAME]),
        lambda: core.TypeSchema.from_annotation(dict[str, Any]).repr({"Map": NAME}),
    ],
    "a path's steps": lambda: LONG_PATH.to_steps(),
    "a library": lambda: bowline.load_module("/" + NAME[:4000] + ".so"),
    "a library without an ending": lambda: bowline.load_module("/" + NAME[:4000]),
    "a module's function": lambda: bowline.system_lib(TEXT).get_function(NAME),
    "default": lambda: LongDefault(1),
    # Not texts, but lists as long.
    "many arguments": [
        lambda: CALLBACK(*NUMBERS),
        lambda: bowline.convert(lambda *given: None)(*NUMBERS),
        lambda: bowline.get_global_func("ffi.Array")(*NUMBERS),
        lambda: bowline.get_global_func("ffi.Map")(*NUMBERS),
        lambda: bowline.get_global_func("ffi.Shape")(*NUMBERS),
    ],
    "many items": [
        lambda: copy.deepcopy(MANY),
        lambda: copy.deepcopy(MANY_ENTRIES),
        lambda: structural.structural_hash(MANY),
        lambda: structural.structural_hash(MANY_ENTRIES),
        lambda: MANY == MANY_ENTRIES,
        lambda: repr(MANY_ENTRIES),
        lambda: serialization.to_json_graph_str(MANY),
        lambda: serialization.from_json_graph_str(MANY_JSON),
        lambda: serialization.from_json_graph_str(SHAPE_JSON),
        lambda: pickle.loads(pickle.dumps(MANY_ENTRIES)),
        lambda: Holder(NUMBERS),
        lambda: Holder(dict.fromkeys(NUMBERS)),
        lambda: bowline.Map([NUMBERS]),
        lambda: core.TypeSchema("Union", SCHEMAS).to_json(),
        lambda: structural.structural_map(MANY_OBJECTS, [(Frozen, other)]),
        lambda: structural.structural_mutate(MANY_OBJECTS, [(Frozen, lambda mutator, value: LEAF)]),
        lambda: structural.structural_visit(MANY_OBJECTS, [(Frozen, lambda visitor, value: None)]),
        lambda: structural.structural_walk(MANY_OBJECTS, [(Frozen, lambda value: None)]),
    ],
}


def named(name, call):
    """The calls of something with each kind of argument."""
    kinds = {kind: (given, {}) for kind, given in ARGUMENTS.items()}
    kinds |= {kind: ((), given) for kind, given in KEYWORDS.items()}
    for kind, (given, keywords) in kinds.items():
        if kind in ("text", "halves", "two") and name.rpartition(".")[2] in SEQUENCES:
            continue
        yield f"{name}({kind})", lambda given=given, keywords=keywords: call(*given, **keywords)


def long_calls():
    """Pairs of a name and a call."""
    for home, names in CALLS.items():
        for name in names:
            found = getattr(__import__(home, fromlist=[name]), name)
            if callable(found) and f"{home}.{name}" not in LEFT_OUT:
                yield from named(f"{home}.{name}", found)
    for kind, made in INSTANCES.items():
        for name in sorted(set(dir(type(made))) - METHODS_OF_ALL | OURS & set(dir(type(made)))):
            if name not in TAKE_OUT and callable(getattr(made, name, None)):
                yield from named(f"{kind}.{name}", getattr(made, name))
                yield f"{kind}.{name}()", getattr(made, name)
    for name, calls in MORE.items():
        for at, call in enumerate(calls if isinstance(calls, list) else [calls]):
            yield f"{name}[{at}]", call
