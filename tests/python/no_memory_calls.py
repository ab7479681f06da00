"""How each public name is called where memory fails: `CALLS`, by module and name.

An entry is one call or several, without arguments. Those of names that are there to be read read them. What a call needs is made when
this module is loaded, and a call leaves nothing behind that a second one would trip over.
"""

import copy
import ctypes
import gc
import inspect
import itertools
import os
import pprint
import sys
import types
from typing import Any, Optional

import bowline
from bowline import (
    Array,
    Dict,
    List,
    Map,
    access_path,
    container,
    core,
    cpp,
    dataclasses,
    error,
    function,
    libinfo,
    module,
    registry,
    serialization,
    stream,
    structural,
    testing,
    utils,
)
from bowline.dataclasses import _enum

# Backtraces of panics are read from files, which takes its time, and memory.
os.environ["RUST_BACKTRACE"] = "0"

_numbers = itertools.count()


def fresh(stem="no_memory"):
    return f"{stem}.n{next(_numbers)}"


@bowline.py_class("no_memory.Node")
class Node(bowline.Object):
    name: str
    next: "Optional[Node]" = None
    items: list[Any] = dataclasses.field(default_factory=list)


@bowline.py_class("no_memory.Frozen", frozen=True, structural_eq="tree")
class Frozen(bowline.Object):
    name: str
    items: tuple[Any, ...] = ()


class Answer:
    def __tvm_ffi_int__(self):
        return 42


def graph(size=20):
    node = None
    for n in range(size):
        node = Node(f"a name of some length {n}", node, [n, 2**40 + n, "a text of some length", b"bytes of some length", {"k": n}])
    return node


NODE = graph()
FROZEN = Frozen("a name of some length", (1, "a text of some length", Frozen("inner")))
OTHER = Frozen("a name of some length", (1, "another text of some length", Frozen("inner")))
LONG = "a text of some length " * 300
TEXT = serialization.to_json_graph_str(graph(2))
def watched():
    with bowline.progress(len):
        return copy.deepcopy(NODE)


DRAWING = bowline.show([FROZEN, FROZEN])
NUMBERS = Array(range(300))
ITEMS = List(["a text of some length", 2**40, NODE])
ENTRIES = Dict({"a key of some length": 2**40, "another": NODE})
MAPPING = Map({"a key of some length": 2**40, "another": NODE})
PAIR = testing.TestIntPair(1, 2)
INTS = testing.make_tensor(bowline.int8, [2, 3])
CALLBACK = bowline.convert(lambda *xs: list(xs))
CPU = bowline.device("cpu")
SIGNATURE = inspect.signature(lambda self, items, *, key=None: items)


class Color(dataclasses.Enum, type_key="no_memory.Color"):
    RED = dataclasses.auto()
    BLUE = dataclasses.auto()
    GREEN = dataclasses.auto()


STATE = _enum.state_of(Color)
NOTES = Color.def_attr("note")
NOTES[Color.RED] = "a text of some length"
INFO = core.type_info(Node)
STEP = access_path.AccessStep(access_path.AccessKind.ATTR, "name")
PATH = access_path.AccessPath.root().attr("name")
bowline.register_global_func("no_memory.function", lambda x: x)


def define():
    @bowline.py_class(fresh())
    class Made(bowline.Object):
        n: int = 0
        s: str = "a text of some length"

    return Made(1)


def enumeration(base):
    def make():
        return type(base)(f"E{next(_numbers)}", (base,), {})

    return make


# Functions of `bowline.testing` that take what none of `GUESSES` is.
ARGUMENTS = {
    "TestIntPairSum": (PAIR,),
    "apply": (CALLBACK, 1),
    "copies": (PAIR, 2),
    "enum_variant_get": ("Alpha",),
    "make_array_with_mixed": (INTS, 1),
    "make_list_with_tensor": (INTS, 1),
    "make_tensor": (bowline.int8, [2]),
    "schema_arr_map_opt": ([1, None], {"a key of some length": [1, 2]}, "a text of some length"),
}

GUESSES = [
    *[(), (1,), (None,), (2.5,), ("a text of some length",), (b"bytes of some length",), (len,), (NODE,), (INTS,)],
    *[([1, 2],), (["a text of some length"],), ({"a key of some length": 1},), ([NODE],), (CPU,), (bowline.int8,)],
    *[({"a key of some length": "a text of some length"},), (INTS, INTS), ([INTS], {"k": INTS})],
]

# What is called otherwise, or only read.
OTHERWISE = {
    # Its object panics in its destructor. It is a RuntimeError wherever there is no memory for its wrapper.
    "bomb": lambda: testing.bomb,
    "create_object": lambda: testing.create_object("testing.TestIntPair", a=1, b=2),
    # Prints, also where no memory is left for that.
    "panic": lambda: testing.panic,
    # A file of Python's own, and what a caller hands in.
    "run_with_gpu_lock": lambda: testing.run_with_gpu_lock,
    "schema_id_dltensor": lambda: refused(RuntimeError, call=lambda: testing.schema_id_dltensor(INTS)),
    "test_raise_error": lambda: refused(ValueError, call=lambda: testing.test_raise_error("ValueError", "a text of some length")),
    # The module.
    "testing": lambda: testing.testing,
}


def native(name):
    """A call of a function of `bowline.testing`, with arguments that suit it."""
    if name in OTHERWISE:
        return OTHERWISE[name]
    called = getattr(testing, name)
    for given in [ARGUMENTS[name]] if name in ARGUMENTS else GUESSES:
        try:
            called(*given)
        except Exception as error:
            refusal = error
        else:
            return lambda: called(*given)
    raise AssertionError(f"testing.{name} takes none of the arguments, at last {given}: name its own in ARGUMENTS") from refusal


def read(module_, name):
    return lambda: getattr(module_, name)


def containers(cls):
    made = cls([1, 2]) if cls in (Array, List) else cls({1: 2})
    return [
        lambda: cls(["a text of some length", 2**40, NODE] if cls in (Array, List) else {"a key of some length": 2**40}),
        lambda: repr(made),
        lambda: list(made),
        lambda: hash(cls) and made == made,
    ]


LIST_CALLS = [
    *containers(List),
    lambda: List(range(2000)),
    lambda: List([1]).extend(range(2000)),
    lambda: List([1]).append("a text of some length"),
    lambda: List([1]).insert(0, NODE),
    lambda: ITEMS[:],
    lambda: List(range(10)).__setitem__(slice(2, 4), range(600)),
    lambda: List(range(600)).__delitem__(slice(0, 600, 2)),
]
ARRAY_CALLS = [*containers(Array), lambda: Array(range(2000)), lambda: NUMBERS[1:200], lambda: NUMBERS + [1, 2]]
DICT_CALLS = [
    *containers(Dict),
    lambda: Dict({n: n for n in range(500)}),
    lambda: Dict({1: 2}).update({n: n for n in range(500)}),
    lambda: ENTRIES.items(),
    lambda: Dict({1: 2}).setdefault("a key of some length", NODE),
]
MAP_CALLS = [*containers(Map), lambda: Map({n: str(n) for n in range(500)}), lambda: list(MAPPING.items())]


def cancelled():
    return structural.structural_walk(NODE, [(bowline.Object, lambda node: structural.VisitInterrupt("done"))])


def removal():
    name = fresh()
    bowline.register_global_func(name, len)
    bowline.remove_global_func(name)


def wrapped():
    """Make a function of code that is compiled meanwhile, where CPython outlives that: see `spare_codes`."""
    if not (3, 12) <= sys.version_info < (3, 14):
        utils.make_kwargs_wrapper(len, ["items"])


def wrapped_by_signature():
    if not (3, 12) <= sys.version_info < (3, 14):
        utils.make_kwargs_wrapper_from_signature(len, SIGNATURE, exclude_arg_names=["self"])


def found_or_refused(call):
    """The call, which finds headers or says what to set, as it does now."""
    try:
        call()
    except RuntimeError:
        return lambda: refused(RuntimeError, call=call)
    return call


def mutated():
    changed = structural.structural_mutate([FROZEN], (Frozen, lambda node, mutator: mutator.default_mutate(node)))
    return changed[0].name


def registered(register):
    return register("testing.DocPair")(type("Pair", (bowline.Object,), {}))


def visited():
    class Visitor(structural.StructuralVisitor):
        pass

    return Visitor


def changed_amid():
    entries = Dict({n: n for n in range(300)})
    items = iter(entries)
    next(items)
    entries["another"] = NODE
    return len(entries), len(list(items))


def again():
    @bowline.py_class("no_memory.Again")
    class Again(bowline.Object):
        # CPython says AttributeError where there is no memory for a class's dict to grow. Two fields leave it its size.
        n: int = 0
        s: str = "a text of some length"

    return Again(1)


SHARED = List([NODE, NODE, ITEMS, ITEMS, ENTRIES])

CALLS = {
    "bowline": {
        "Array": ARRAY_CALLS,
        "Bytes": lambda: bowline.Bytes(b"bytes of some length"),
        "CAny": lambda: bowline.CAny([1, "a text of some length"]),
        "CContainerBase": read(bowline, "CContainerBase"),
        "DLDeviceType": lambda: bowline.DLDeviceType(1),
        "DefRegionKind": lambda: list(bowline.DefRegionKind),
        "Device": lambda: bowline.Device("cuda", 1),
        "Dict": DICT_CALLS,
        "Drawing": [lambda: DRAWING.svg(), lambda: DRAWING.html(), lambda: DRAWING.text(), lambda: repr(DRAWING)],
        "Error": lambda: bowline.Error("ValueError", "a text of some length", ""),
        "Function": [lambda: CALLBACK(1, "a text of some length", NODE), lambda: repr(CALLBACK), lambda: CALLBACK(*range(300))],
        "InplaceMode": lambda: list(bowline.InplaceMode),
        "KW_ONLY": read(bowline, "KW_ONLY"),
        "LIB": read(bowline, "LIB"),
        "List": LIST_CALLS,
        "Map": MAP_CALLS,
        "Module": lambda: repr(bowline.system_lib()),
        "Object": [lambda: repr(NODE), lambda: NODE == graph(3), lambda: hash(NODE), lambda: NODE.next.items[1], lambda: Node("a")],
        "ObjectConvertible": lambda: bowline.ObjectConvertible(),
        "Shape": [lambda: bowline.Shape([1, 2, 3]), lambda: bowline.Shape(range(2000)), lambda: repr(bowline.Shape(range(600)))],
        "StreamContext": lambda: bowline.StreamContext(CPU, 0),
        "String": lambda: bowline.String(LONG),
        "StructuralKey": lambda: {bowline.StructuralKey(FROZEN): 1}[bowline.StructuralKey(FROZEN)],
        "StructuralMutator": mutated,
        "StructuralVisitor": visited,
        "Tensor": [lambda: INTS.shape, lambda: INTS.strides, lambda: repr(INTS), lambda: INTS.dtype, lambda: INTS.device],
        "VisitInterrupt": [lambda: bowline.VisitInterrupt(1), cancelled],
        "WalkOrder": lambda: list(bowline.WalkOrder),
        "WalkResult": lambda: list(bowline.WalkResult),
        "__version__": read(bowline, "__version__"),
        "__version_tuple__": read(bowline, "__version_tuple__"),
        "convert": [
            lambda: bowline.convert([1, "a text of some length", {"k": [NODE]}]),
            lambda: bowline.convert(LONG),
            lambda: bowline.convert([1 << 70])[0],
            lambda: bowline.convert(-(1 << 200)),
        ],
        "convert_func": lambda: bowline.convert_func(lambda x: x)(NODE),
        "device": lambda: bowline.device("cuda:1"),
        "dtype": lambda: str(bowline.dtype("float32x4")),
        "field": lambda: bowline.field(default=1),
        "from_dlpack": lambda: bowline.from_dlpack(INTS),
        "get_first_structural_mismatch": lambda: bowline.get_first_structural_mismatch(FROZEN, OTHER),
        "get_global_func": lambda: bowline.get_global_func("no_memory.function")("a text of some length"),
        "get_global_func_metadata": lambda: bowline.get_global_func_metadata("testing.schema_id_int"),
        "get_raw_stream": lambda: bowline.get_raw_stream(CPU),
        "init_ffi_api": lambda: bowline.init_ffi_api("testing", "no_memory_calls"),
        "load_module": lambda: refused(OSError, RuntimeError, call=lambda: bowline.load_module("/no/such/library.so")),
        "method": lambda: bowline.method(lambda self: 1),
        "progress": watched,
        "provide_tvm_ffi": bowline.provide_tvm_ffi,
        "py_class": define,
        "register_error": lambda: bowline.register_error("NoMemoryError", KeyError),
        "register_global_func": lambda: bowline.register_global_func("no_memory.other", len, override=True),
        "register_object": lambda: registered(bowline.register_object),
        "remove_global_func": removal,
        "settle": bowline.settle,
        "show": lambda: bowline.show(FROZEN),
        "stats": bowline.stats,
        "structural_equal": lambda: bowline.structural_equal(FROZEN, OTHER),
        "structural_hash": lambda: bowline.structural_hash(FROZEN),
        "structural_map": lambda: bowline.structural_map(NODE, (str, str.upper)),
        "structural_mutate": lambda: bowline.structural_mutate(NODE, (str, lambda text, mutator: text.upper())),
        "structural_visit": lambda: bowline.structural_visit(NODE, (str, lambda text, visitor: None)),
        "structural_walk": [
            lambda: bowline.structural_walk(NODE, [(bowline.Object, lambda node: None)]),
            lambda: bowline.structural_walk(NODE, [(bowline.Object, lambda node: None)], once=True),
        ],
        "system_lib": lambda: bowline.system_lib("no_memory"),
        "trim": bowline.trim,
        "use_raw_stream": lambda: bowline.use_raw_stream(CPU, 0),
        "use_torch_stream": read(bowline, "use_torch_stream"),
    },
    "bowline.access_path": {
        "AccessKind": lambda: list(access_path.AccessKind),
        "AccessPath": [lambda: PATH.attr("a name of some length").array_item(3), lambda: repr(PATH), lambda: PATH.to_steps()],
        "AccessStep": [lambda: access_path.AccessStep(access_path.AccessKind.ATTR, "name"), lambda: repr(STEP)],
    },
    "bowline.container": {"Array": ARRAY_CALLS, "Dict": DICT_CALLS, "List": LIST_CALLS, "Map": MAP_CALLS},
    "bowline.core": {
        "Bytes": lambda: core.Bytes(b"bytes of some length" * 300),
        "CAny": lambda: core.CAny("a text of some length").to_py(),
        "CContainerBase": read(core, "CContainerBase"),
        "CObject": lambda: isinstance(NODE, core.CObject),
        "FFIProperty": lambda: repr(Node.__dict__["name"]),
        "FieldGetter": lambda: INFO.fields[0].getter(NODE),
        "FieldSetter": lambda: INFO.fields[0].setter(NODE, NODE.name),
        "KWARGS": read(core, "KWARGS"),
        "MISSING": lambda: repr(core.MISSING),
        "Object": [lambda: NODE._move() and NODE, lambda: NODE.same_as(NODE), lambda: NODE.__chandle__(), lambda: NODE.__reduce__()],
        "ObjectConvertible": lambda: core.ObjectConvertible(),
        "ObjectMeta": lambda: issubclass(Node, bowline.Object),
        "ObjectRValueRef": lambda: NODE._move(),
        "OpaquePyObject": lambda: core._convert_to_opaque_object(Answer()),
        "PyNativeObject": lambda: core.PyNativeObject(),
        "String": lambda: core.String("a text of some length"),
        "TypeField": lambda: [repr(field) for field in INFO.fields],
        "TypeInfo": lambda: repr(INFO),
        "TypeMethod": lambda: [repr(method) for method in core.type_info(testing.TestIntPair).methods],
        "TypeSchema": [
            lambda: core.TypeSchema.from_annotation(dict[str, Optional[list[int]]]),
            lambda: core.TypeSchema("Array", [core.TypeSchema("int")]).to_json(),
            lambda: core.TypeSchema.from_json_str('{"type": "ffi.Array", "args": [{"type": "int"}]}'),
        ],
        "type_info": lambda: core.type_info(Node),
    },
    "bowline.cpp": {
        "build": read(cpp, "build"),
        "build_inline": read(cpp, "build_inline"),
        "load": read(cpp, "load"),
        "load_inline": read(cpp, "load_inline"),
        "to_cpp_dtype": lambda: cpp.to_cpp_dtype("float32"),
    },
    "bowline.dataclasses": {
        "Enum": enumeration(dataclasses.Enum),
        "EnumAttrMap": [
            lambda: dataclasses.EnumAttrMap(Color, "name of an attribute").get(Color.RED, "a text of some length"),
            lambda: NOTES[Color.RED],
            lambda: NOTES.__setitem__(Color.BLUE, "a text of some length"),
            lambda: Color.BLUE in NOTES,
            lambda: refused(KeyError, call=lambda: NOTES[Color.GREEN]),
        ],
        "EnumState": [lambda: repr(STATE), lambda: STATE.indexes["RED"], lambda: list(STATE.entries)],
        "Field": lambda: dataclasses.fields(Node)[0],
        "IntEnum": enumeration(dataclasses.IntEnum),
        "KW_ONLY": read(dataclasses, "KW_ONLY"),
        "MISSING": read(dataclasses, "MISSING"),
        "Object": lambda: Node("a", None, [1]),
        "StrEnum": enumeration(dataclasses.StrEnum),
        "asdict": lambda: dataclasses.asdict(NODE),
        "astuple": lambda: dataclasses.astuple(NODE),
        "auto": lambda: dataclasses.auto(),
        "c_class": lambda: dataclasses.c_class("testing.TestIntPair"),
        "entry": lambda: dataclasses.entry(),
        "field": lambda: dataclasses.field(default_factory=list),
        "fields": lambda: dataclasses.fields(Node),
        "init_property": lambda: dataclasses.init_property(lambda self: 1),
        "is_dataclass": lambda: dataclasses.is_dataclass(Node),
        "method": lambda: dataclasses.method(lambda self: 1),
        "py_class": define,
        "replace": lambda: dataclasses.replace(NODE, name="another name of some length"),
    },
    "bowline.error": {
        "Error": lambda: error.Error("ValueError", "a text of some length", "").py_error(),
        "register_error": lambda: error.register_error("NoMemoryError", KeyError),
    },
    "bowline.function": {"Function": lambda: isinstance(CALLBACK, function.Function) and CALLBACK(NODE)},
    "bowline.libinfo": {
        "find_cmake_path": found_or_refused(libinfo.find_cmake_path),
        "find_cython_lib": libinfo.find_cython_lib,
        "find_dlpack_include_path": found_or_refused(libinfo.find_dlpack_include_path),
        "find_include_path": found_or_refused(libinfo.find_include_path),
        "find_libtvm_ffi": libinfo.find_libtvm_ffi,
        "find_python_helper_include_path": lambda: refused(RuntimeError, call=libinfo.find_python_helper_include_path),
        "find_source_path": libinfo.find_source_path,
        "find_windows_implib": lambda: refused(RuntimeError, call=libinfo.find_windows_implib),
        "include_paths": found_or_refused(libinfo.include_paths),
        "load_lib_ctypes": lambda: refused(RuntimeError, call=lambda: libinfo.load_lib_ctypes("no", "such", "RTLD_LOCAL")),
        "load_lib_module": lambda: refused(RuntimeError, call=lambda: libinfo.load_lib_module("no", "such")),
    },
    "bowline.module": {
        "Module": lambda: refused(AttributeError, call=lambda: module.system_lib().get_function("no_memory", True)),
        "ModulePropertyMask": lambda: list(module.ModulePropertyMask),
        "load_module": lambda: refused(OSError, RuntimeError, call=lambda: module.load_module("/no/such/library.so")),
        "system_lib": lambda: module.system_lib("a prefix of some length"),
    },
    "bowline.registry": {
        "get_global_func": lambda: registry.get_global_func("no_memory.none", allow_missing=True),
        "get_global_func_metadata": lambda: registry.get_global_func_metadata("testing.schema_id_int"),
        "get_registered_type_keys": registry.get_registered_type_keys,
        "init_ffi_api": lambda: registry.init_ffi_api("testing", "no_memory_calls"),
        "list_global_func_names": registry.list_global_func_names,
        "register_global_func": lambda: registry.register_global_func("no_memory.other", len, override=True),
        "register_object": lambda: registered(registry.register_object),
        "remove_global_func": removal,
    },
    "bowline.serialization": {
        "from_json_graph_str": [
            lambda: serialization.from_json_graph_str(TEXT),
            lambda: refused(ValueError, call=lambda: serialization.from_json_graph_str("[1, 2")),
        ],
        "to_json_graph_str": lambda: serialization.to_json_graph_str(NODE),
    },
    "bowline.stream": {
        "StreamContext": lambda: stream.StreamContext(CPU, 0),
        "get_raw_stream": lambda: stream.get_raw_stream(CPU),
        "use_raw_stream": lambda: stream.use_raw_stream(CPU, 0),
        "use_torch_stream": read(stream, "use_torch_stream"),
    },
    "bowline.structural": {
        "DefRegionKind": lambda: list(structural.DefRegionKind),
        "InplaceMode": lambda: list(structural.InplaceMode),
        "StructuralKey": lambda: hash(structural.StructuralKey(FROZEN)),
        "StructuralMutator": mutated,
        "StructuralVisitor": visited,
        "VisitInterrupt": lambda: structural.VisitInterrupt("a text of some length"),
        "WalkOrder": lambda: list(structural.WalkOrder),
        "WalkResult": lambda: list(structural.WalkResult),
        "get_first_structural_mismatch": lambda: structural.get_first_structural_mismatch(NODE, graph(4)),
        "structural_equal": lambda: structural.structural_equal(NODE, graph(4)),
        "structural_hash": lambda: structural.structural_hash(NODE),
        "structural_map": lambda: structural.structural_map([FROZEN, {"a": 1}], (int, lambda number: number + 1)),
        "structural_mutate": lambda: structural.structural_mutate([FROZEN, {"a": 1}], (int, lambda number, mutator: -number)),
        "structural_visit": lambda: structural.structural_visit(
            NODE, (bowline.Object, lambda node, visitor: structural.VisitInterrupt("done"))
        ),
        "structural_walk": cancelled,
    },
    "bowline.testing": {
        **{name: native(name) for name in testing.__all__ if not isinstance(getattr(testing, name), type)},
        **{name: read(testing, name) for name in testing.__all__ if isinstance(getattr(testing, name), type)},
        "TestIntPair": [lambda: testing.TestIntPair(1, 2), lambda: testing.TestIntPair(1, 2) == PAIR],
    },
    "bowline.utils": {
        "FileLock": lambda: utils.FileLock(os.devnull),
        "make_kwargs_wrapper": wrapped,
        "make_kwargs_wrapper_from_signature": wrapped_by_signature,
        "unpack_dataclass_to_tuple": lambda: utils.unpack_dataclass_to_tuple([1, (2, {"a": 3})]),
    },
}

# What several names lead to, and what is no name of its own.
MORE = {
    "copy.deepcopy": lambda: __import__("copy").deepcopy(NODE),
    "copy.copy": lambda: __import__("copy").copy(NODE),
    "pickle.dumps": lambda: __import__("pickle").dumps(NODE),
    "pprint": lambda: pprint.pformat(PAIR, width=10),
    "a text of a dag": lambda: repr([SHARED, SHARED]) and repr(SHARED),
    "iterators": [
        lambda: next(iter(ENTRIES)),
        lambda: list(ENTRIES.items()),
        lambda: list(MAPPING.values()),
        lambda: iter(ENTRIES).__reduce__(),
    ],
    "a dict that is changed amid an iteration": changed_amid,
    "class again": again,
    "no memory for an argument": [
        lambda: refused(TypeError, call=lambda: bowline._core.type_index(3)),
        lambda: refused(TypeError, call=lambda: bowline._core.type_index()),
        lambda: refused(TypeError, call=lambda: bowline._core.type_index("a", "b")),
        lambda: refused(TypeError, call=lambda: bowline._core.type_index(no_such_keyword="a")),
        lambda: refused(TypeError, call=lambda: core.TypeSchema.from_type_index("a")),
        lambda: refused(TypeError, call=lambda: INFO.fields[0].schema.repr(1, 2)),
        lambda: refused(TypeError, call=lambda: core.CAny(1, 2)),
        lambda: refused(OverflowError, call=lambda: core.TypeSchema.from_type_index(2**70)),
    ],
    "gc.collect": lambda: gc.collect(),
    "wrong field": lambda: refused(TypeError, call=lambda: Node(3)),
    "wrong keyword": lambda: refused(TypeError, call=lambda: Node(nam="a")),
    "missing key": lambda: refused(KeyError, call=lambda: ENTRIES["no such key"]),
    "wrong index": lambda: refused(IndexError, call=lambda: ITEMS[10]),
    "what a callback raises": lambda: refused(KeyError, call=lambda: bowline.convert(lambda: {}["a"])()),
    "too large": lambda: refused(TypeError, call=lambda: testing.add_one(2**70)),
    "beyond 64 bits": [lambda: testing.echo(2**70), lambda: WIDE.convert([1, 2**70])],
    "a move": [
        lambda: testing.echo(Frozen("a name of some length")._move()),
        lambda: bowline.convert(lambda: Frozen("a name of some length")._move())(),
        lambda: testing.echo(KEPT[0]._move()).items,
    ],
    "an address of a handler": lambda: testing.echo(HANDLED),
    "a native error": lambda: refused(ValueError, call=lambda: testing.test_raise_error("ValueError", "a text of some length")),
    "unknown key": lambda: refused(ValueError, call=lambda: bowline._core.type_index("no.such")),
}


class Handled:
    """Instances whose address a handler says."""


HANDLED = Handled()
core._OPAQUE_PTR_HANDLERS[Handled] = lambda value: 2**40
KEPT = [FROZEN]  # It has two holders, so that it stays whole.
WIDE = core.TypeSchema.from_annotation(list[int] | Any)


def refused(*kinds, call):
    """The call ends in an exception of one of these kinds, which is its result. Or it ends in another."""
    try:
        call()
    except kinds:
        return None
    raise AssertionError("not refused")


def spare_codes():
    """Keep references to spare of each code object in another.

    3.12 and 3.13 release a code object once too often where there is no memory for its function (`MAKE_FUNCTION` in Python/bytecodes.c),
    which a class body or a function within a function does not outlive.
    """
    if not (3, 12) <= sys.version_info < (3, 14):
        return
    gc.unfreeze()  # The tests begin with all that pytest made frozen, and so unseen.
    codes = [thing.__code__ for thing in gc.get_objects() if isinstance(thing, types.FunctionType)]
    gc.freeze()
    kept = []
    while codes:
        inner = [const for const in codes.pop().co_consts if isinstance(const, types.CodeType)]
        codes += inner
        kept += inner * 1000
    # For good: not all are there any more.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))


def all_calls():
    """Pairs of a name and a call."""
    for home, names in [*CALLS.items(), ("", MORE)]:
        for name, calls in names.items():
            for at, call in enumerate(calls if isinstance(calls, list) else [calls]):
                yield f"{home}.{name}[{at}]", call
