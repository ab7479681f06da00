"""Operations as global functions under ``ffi.``, and hooks that native types have."""

import ctypes
import json
import math

import bowline
import pytest
from bowline import Dict, List, get_global_func, structural_hash, testing
from bowline.core import KWARGS, MISSING
from bowline.testing import TestCompare, TestCustomCompare, TestCustomHash, TestEqWithoutHash, TestHash, TestIntPair
from bowline.testing import testing as native
from support import run_threads


def ffi(name, *args):
    return get_global_func(f"ffi.{name}")(*args)


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (None, None, True),
        (1, 1.0, False),
        (True, 1, False),
        (math.nan, math.nan, True),
        (-0.0, 0.0, True),
        ("short", "short", True),
        ("a text of some length", "a text of some length", True),
        ([1, [2]], (1, (2,)), True),
        ({"k": 1}, {"k": 1}, True),
        ({"k": 1}, {"k": 2}, False),
        ("a", b"a", False),
    ],
)
def test_recursive_equality_and_hash(a, b, equal):
    assert ffi("RecursiveEq", a, b) is equal
    if equal:
        assert ffi("RecursiveHash", a) == ffi("RecursiveHash", b)


def test_hooks_and_fields_of_native_types():
    assert ffi("RecursiveEq", TestCompare(1, "a", 2), TestCompare(1, "a", 3))
    assert not ffi("RecursiveEq", TestCompare(1, "a", 2), TestCompare(1, "b", 2))
    assert ffi("RecursiveHash", TestHash(1, "a", 2)) == ffi("RecursiveHash", TestHash(1, "a", 3))
    assert ffi("RecursiveHash", TestCustomHash(1, "a")) == ffi("RecursiveHash", TestCustomHash(1, "b"))
    assert not ffi("RecursiveEq", TestCustomHash(1, "a"), TestCustomHash(1, "b"))
    assert ffi("RecursiveEq", TestCustomCompare(1, "a"), TestCustomCompare(1, "b"))
    assert ffi("RecursiveLt", TestCustomCompare(1, "b"), TestCustomCompare(2, "a"))
    assert not ffi("RecursiveLt", TestCustomCompare(1, "a"), TestCustomCompare(1, "b"))
    assert ffi("RecursiveHash", TestCustomCompare(1, "a")) == ffi("RecursiveHash", TestCustomCompare(1, "b"))
    assert ffi("RecursiveEq", TestEqWithoutHash(1, "a"), TestEqWithoutHash(1, "b"))
    with pytest.raises(ValueError, match="TestEqWithoutHash"):
        ffi("RecursiveHash", TestEqWithoutHash(1, "a"))


@pytest.mark.parametrize(
    ("a", "b", "sign"),
    [
        (None, 1, -1),
        (1, 2, -1),
        (2, 1, 1),
        ([1], [1, 2], -1),
        ([1, 2], [1, 2], 0),
        ("a", "b", -1),
        (b"a", b"b", -1),
        (False, True, -1),
        (TestIntPair(1, 2), TestIntPair(1, 3), -1),
    ],
    ids=repr,
)
def test_order(a, b, sign):
    assert ffi("RecursiveLt", a, b) is (sign < 0)
    assert ffi("RecursiveLe", a, b) is (sign <= 0)
    assert ffi("RecursiveGt", a, b) is (sign > 0)
    assert ffi("RecursiveGe", a, b) is (sign >= 0)


@pytest.mark.parametrize(("a", "b"), [(1, "a"), (math.nan, 1.0), ({1: 2}, {1: 3}), (TestIntPair(1, 2), 1)], ids=repr)
def test_no_order(a, b):
    with pytest.raises(TypeError):
        ffi("RecursiveLt", a, b)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (3.14, "3.14"),
        (1e10, "10000000000.0"),
        ("q\"", '"q\\""'),
        (b"\0a", 'b"\\x00a"'),
        ((42,), "(42,)"),
        (bowline.device("cuda:1"), "cuda:1"),
        (bowline.dtype("int32"), "int32"),
        (bowline.Shape((1, 2)), "Shape(1, 2)"),
        (TestIntPair(1, 2), "testing.TestIntPair(a=1, b=2)"),
        (bowline.convert(len), "ffi.Function"),
    ],
    ids=repr,
)
def test_text(value, text):
    assert ffi("ReprPrint", value) == text


def test_the_others():
    pair = TestIntPair(1, 2)
    assert ffi("Array", 1, pair)[1] is pair
    assert list(ffi("List", 1, 2)) == [1, 2]
    assert ffi("Map", "a", 1)["a"] == 1
    assert ffi("Dict", "a", 1)["a"] == 1
    assert ffi("StructuralEqual", [1], [1], False, False)
    assert ffi("StructuralHash", [1]) % 2**64 == structural_hash([1])
    assert ffi("GetFirstStructuralMismatch", [1], [1]) is None
    assert ffi("FromJSONGraphString", ffi("ToJSONGraphString", [1])) == [1]
    for metadata in ({"a": [1, None]}, "text", 1, True):
        assert json.loads(ffi("ToJSONGraphString", [1], metadata))["metadata"] == metadata
    assert ffi("ToJSONGraph", [1], "text")["metadata"] == "text"
    assert "metadata" not in ffi("ToJSONGraph", [1], None)
    assert ffi("DeepCopy", pair) is not pair
    assert "testing.TestIntPair" in ffi("GetRegisteredTypeKeys")
    assert ffi("GetGlobalFuncMetadata", "testing.add_one").startswith('{"type_schema"')
    with pytest.raises(ValueError, match=r"ffi\.NoSuchFunction"):
        get_global_func("ffi.NoSuchFunction")
    assert get_global_func("ffi.NoSuchFunction", allow_missing=True) is None


def test_one_function_for_all_threads():
    found = []
    run_threads(*[lambda: found.append(get_global_func("ffi.ReprPrint"))] * 8)
    assert all(function is found[0] for function in found)
    assert testing.echo(found[0]) is found[0]


NAMES = """
String Bytes Shape Array ArrayGetItem ArraySize ArrayContains
List ListGetItem ListSetItem ListSize ListContains ListAppend ListInsert ListPop ListErase ListEraseRange ListReplaceSlice
ListReverse ListClear ListReserve
Map MapSize MapGetItem MapCount MapForwardIterFunctor MapGetItemOrMissing
Dict DictSize DictGetItem DictSetItem DictCount DictErase DictClear DictForwardIterFunctor DictGetItemOrMissing
FunctionRemoveGlobal FunctionListGlobalNamesFunctor GetGlobalFuncMetadata FunctionFromExternC GetRegisteredTypeKeys
GetInvalidObject GetKwargsObject MakeObjectFromPackedArgs _RegisterFFIInit _PyClassRegisterTypeAttrColumns
ContainerFindFirstNonCPUDevice
DeepCopy ReprPrint RecursiveHash RecursiveEq RecursiveLt RecursiveLe RecursiveGt RecursiveGe
StructuralEqual StructuralHash GetFirstStructuralMismatch StructuralKey StructuralKeyEqual StructuralWalk
StructuralVisit StructuralVisitorVisit StructuralVisitorDefaultVisit StructuralVisitorDefRegionKind
StructuralVisitorWithDefRegionKind VisitInterrupt
StructuralMap StructuralMutate StructuralMutatorMutate StructuralMutatorDefaultMutate StructuralMutatorVarRemapGet
StructuralMutatorVarRemapSet StructuralMutatorDefRegionKind StructuralMutatorWithDefRegionKind
VisitErrorContext.FindAccessPaths
ToJSONGraph ToJSONGraphString FromJSONGraph FromJSONGraphString json.Parse json.Stringify
SystemLib ModuleLoadFromFile ModuleGetFunction ModuleImplementsFunction ModuleGetFunctionMetadata ModuleGetFunctionDoc
ModuleGlobalsAdd ModuleGlobalsRemove ModuleImportModule ModuleClearImports ModuleGetKind ModuleGetPropertyMask
ModuleGetWriteFormats ModuleInspectSource ModuleWriteToFile
""".split()


def test_the_names_are_listed():
    listed = bowline.registry.list_global_func_names()
    assert [name for name in NAMES if f"ffi.{name}" not in listed] == []


# A function, its arguments, and what it returns or raises.
CASES = [
    ("String", ["a"], "a"),
    ("String", [1], TypeError),
    ("Bytes", [b"a"], b"a"),
    ("Shape", [1, 2], (1, 2)),
    ("ArraySize", [[1, 2]], 2),
    ("ArrayGetItem", [[1, 2], 1], 2),
    ("ArrayGetItem", [[1, 2], 2], IndexError),
    ("ArrayGetItem", [[1, 2], -1], IndexError),
    ("ArrayContains", [[1, (2,)], (2,)], True),
    ("ArrayContains", [[1, 2], 3], False),
    ("ListSize", [List([1])], 1),
    ("ListSize", [Dict({})], TypeError),
    ("ListGetItem", [List([1]), 0], 1),
    ("ListGetItem", [List([1]), 1], IndexError),
    ("ListContains", [List([1.0]), 1], False),
    ("ListPop", [List([1, 2])], 2),
    ("ListPop", [List([1, 2]), 0], 1),
    ("ListPop", [List([])], IndexError),
    ("ListPop", [List([1]), 1], IndexError),
    ("MapSize", [{1: 2}], 1),
    ("MapGetItem", [{1: 2}, 1], 2),
    ("MapGetItem", [{1: 2}, 2], KeyError),
    ("MapCount", [{1: 2}, 1], 1),
    ("MapCount", [{1: 2}, 2], 0),
    ("MapGetItemOrMissing", [{1: 2}, 1], 2),
    ("MapGetItemOrMissing", [{1: 2}, 2], MISSING),
    ("MapGetItemOrMissing", [1, 2], TypeError),
    ("Map", ["a"], TypeError),
    ("DictSize", [Dict({1: 2})], 1),
    ("DictGetItem", [Dict({1: 2}), 1], 2),
    ("DictGetItem", [Dict({1: 2}), 2], KeyError),
    ("DictCount", [Dict({1: 2}), 1], 1),
    ("DictGetItemOrMissing", [Dict({1: 2}), 2], MISSING),
    ("DictErase", [Dict({1: 2}), 2], KeyError),
    ("GetInvalidObject", [], MISSING),
    ("GetKwargsObject", [], KWARGS),
    ("_RegisterFFIInit", [10**6], TypeError),
    ("_PyClassRegisterTypeAttrColumns", [10**6, 24], TypeError),
    ("ContainerFindFirstNonCPUDevice", [[1, {2: [3]}]], bowline.device("cpu", 0)),
    ("VisitErrorContext.FindAccessPaths", [[1], 2], TypeError),
    ("ModuleGetFunction", [1, "a", False], TypeError),
    ("ModuleLoadFromFile", ["/no/such/file.so"], RuntimeError),
    ("GetGlobalFuncMetadata", ["no such function"], ValueError),
    ("FunctionRemoveGlobal", ["no such function"], False),
    ("FunctionFromExternC", [None, None], TypeError),
    ("FunctionFromExternC", [None, ctypes.c_void_p(0), None], ValueError),
    ("MakeObjectFromPackedArgs", [10**6], TypeError),
    ("MakeObjectFromPackedArgs", ["a"], TypeError),
    ("StructuralEqual", [[1], [1]], True),
    ("StructuralEqual", [[1]], TypeError),
    ("json.Parse", ['{"a": [1, 2.5, null, true, "x"]}'], {"a": [1, 2.5, None, True, "x"]}),
    ("json.Parse", ["{"], ValueError),
    ("json.Stringify", [{"a": [1, 2.5, None, True, "x"]}], '{"a":[1,2.5,null,true,"x"]}'),
    ("json.Stringify", [{"a": ["  x"]}, 3], '{\n   "a": [\n      "  x"\n   ]\n}'),
    ("json.Stringify", [{1: 2}], TypeError),
    ("json.Stringify", [1, -1], ValueError),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), CASES, ids=lambda part: part if isinstance(part, str) else "")
def test_a_function(name, arguments, expected):
    arguments = [bowline.convert(argument) for argument in arguments]
    if isinstance(expected, type):
        with pytest.raises(expected):
            ffi(name, *arguments)
    elif isinstance(expected, dict):
        assert {key: list(value) for key, value in ffi(name, *arguments).items()} == expected
    else:
        found = ffi(name, *arguments)
        assert found == expected
        assert type(found) is type(expected) or isinstance(found, tuple)


def test_functions_that_change_a_list():
    items = List([1, 2, 3])
    ffi("ListAppend", items, 4)
    ffi("ListInsert", items, 0, 0)
    ffi("ListInsert", items, 5, 5)
    ffi("ListSetItem", items, 1, "one")
    assert list(items) == [0, "one", 2, 3, 4, 5]
    ffi("ListErase", items, 0)
    ffi("ListEraseRange", items, 2, 4)
    assert list(items) == ["one", 2, 5]
    ffi("ListReplaceSlice", items, 0, 1, [7, 8])
    ffi("ListReverse", items)
    assert list(items) == [5, 2, 8, 7]
    for name, arguments in {
        "ListInsert": [9, 1],
        "ListSetItem": [4, 1],
        "ListErase": [4],
        "ListEraseRange": [3, 5],
        "ListReplaceSlice": [3, 2, []],
    }.items():
        with pytest.raises(IndexError):
            ffi(name, items, *arguments)
    ffi("ListReserve", items, 100)
    with pytest.raises(ValueError, match="-1"):
        ffi("ListReserve", items, -1)
    ffi("ListClear", items)
    assert list(items) == []


def test_functions_that_change_a_dict():
    items = Dict({})
    ffi("DictSetItem", items, "a", 1)
    ffi("DictSetItem", items, "b", 2)
    ffi("DictErase", items, "a")
    assert dict(items.items()) == {"b": 2}
    ffi("DictClear", items)
    assert len(items) == 0


@pytest.mark.parametrize("kind", [bowline.Map, Dict])
def test_functions_that_go_through_entries(kind):
    functor = ffi(f"{kind.__name__}ForwardIterFunctor", kind({"a": 1, "b": 2}))
    assert [functor(0), functor(1), functor(2), functor(0), functor(1), functor(2)] == ["a", 1, True, "b", 2, False]
    with pytest.raises(IndexError):
        functor(0)


def test_names_one_by_one():
    functor = ffi("FunctionListGlobalNamesFunctor")
    names = [functor(i) for i in range(functor(-1))]
    assert names == sorted(bowline.registry.list_global_func_names())
    with pytest.raises(IndexError):
        functor(functor(-1))


def test_an_object_from_packed_arguments():
    index = native._TestCxxAutoInit.__tvm_ffi_type_info__.type_index
    made = ffi("MakeObjectFromPackedArgs", index, "a", 1, "c", 3)
    assert (made.a, made.b, made.c, made.d) == (1, 42, 3, 99)
    with pytest.raises(TypeError, match="Required field `a`"):
        ffi("MakeObjectFromPackedArgs", index, "c", 3)
    with pytest.raises(TypeError, match="no field `x`"):
        ffi("MakeObjectFromPackedArgs", index, "x", 3)
    with pytest.raises(TypeError, match="by turns"):
        ffi("MakeObjectFromPackedArgs", index, "a")


def test_graphs_as_values():
    graph = ffi("ToJSONGraph", [1, 1])
    assert graph["root_index"] == 1
    assert ffi("FromJSONGraph", graph) == [1, 1]


def test_a_walk():
    found = []
    anything, integer, text = -1, 1, 65
    note = [(anything, lambda value, kind: found.append((value, kind)))]
    assert ffi("StructuralWalk", [1, [2]], [], note, 1) is None
    assert found == [(1, 0), (2, 0), ([2], 0), ([1, [2]], 0)]
    # Of several callbacks the first that suits is called. Those without a region come before those with one.
    found.clear()
    rows = [(text, lambda value: found.append(value)), (integer, lambda value: found.append(-value))]
    assert ffi("StructuralWalk", ["a", 1, "a text that is long", 2.5, [True]], rows, note, 0) is None
    assert found[1:4] == ["a", -1, "a text that is long"] and found[4:] == [(2.5, 0), ([True], 0), (True, 0)]
    stop = ffi("VisitInterrupt", "enough")
    ended = ffi("StructuralWalk", [1, 2], [(integer, lambda value: stop if value == 1 else None)], [], 0)
    assert ended.value == "enough"
    for wrong in ([1], [(1,)], [(1, 2)], 7):
        with pytest.raises(TypeError):
            ffi("StructuralWalk", [1], wrong, [], 0)


def test_visits_and_mutations():
    anything, integer = -1, 1
    found = []
    assert ffi("StructuralVisit", [1, [2]], [(integer, lambda value, visitor: found.append(value))]) is None
    assert found == [1, 2]
    assert ffi("StructuralMap", [1, ["a", 2]], [(integer, lambda value: value + 1)], [], 1) == [2, ["a", 3]]
    regions = [(integer, lambda value, kind: (value, kind))]
    assert ffi("StructuralMap", [1], [], regions, 1) == [(1, 0)]
    rows = [(integer, lambda value, mutator: -value, False), (anything, lambda value, mutator, mode: mode, True)]
    assert ffi("StructuralMutate", 5, rows) == -5 and ffi("StructuralMutate", "a", rows) == 0

    def by_name(value, mutator):
        assert ffi("StructuralMutatorDefRegionKind", mutator) == 0
        assert ffi("StructuralMutatorWithDefRegionKind", mutator, 2, mutator.def_region_kind) == 2
        assert ffi("StructuralMutatorVarRemapGet", mutator, value) is None
        ffi("StructuralMutatorVarRemapSet", mutator, value, "stands for it")
        assert ffi("StructuralMutatorVarRemapGet", mutator, value) == "stands for it"
        default = ffi("StructuralMutatorDefaultMutate", mutator, value)
        return [ffi("StructuralMutatorMutate", mutator, 7), default.a]

    pair = TestIntPair(1, 2)
    index = bowline.core._object_type_key_to_index(type(pair).__tvm_ffi_type_info__.type_key)
    rows = [(index, by_name, False), (integer, lambda value, mutator: value * 10, False)]
    assert ffi("StructuralMutate", [pair], rows) == [[70, 10]]

    def visited(value, visitor):
        assert ffi("StructuralVisitorDefaultVisit", visitor, value) is None
        return ffi("StructuralVisitorVisit", visitor, [7])

    found.clear()
    assert ffi("StructuralVisit", pair, [(index, visited), (integer, lambda value, visitor: found.append(value))]) is None
    assert found == [1, 2, 7]


def test_ways_to_where_an_error_came_up():
    inner = TestIntPair(1, 2)
    root = List([1, {"key": inner}, inner])
    context = ffi("MakeObjectFromPackedArgs", bowline.core._object_type_key_to_index("ffi.VisitErrorContext"),
                  "reverse_visit_pattern", List([inner, root]), "prev_error_context", None)
    assert [repr(path) for path in ffi("VisitErrorContext.FindAccessPaths", root, context)] == [
        '<root>[1]["key"]',
        "<root>[2]",
    ]
    assert len(ffi("VisitErrorContext.FindAccessPaths", root, context, True)) == 2
    assert len(ffi("VisitErrorContext.FindAccessPaths", inner, context)) == 0


@pytest.mark.keeps_objects  # the functions of a library stay
def test_modules_by_name():
    module = ffi("SystemLib", "testing.")
    assert module is bowline.system_lib("testing.")
    assert ffi("ModuleGetFunction", module, "add_one", False)(1) == 2
    assert ffi("ModuleGetFunction", module, "add_two", False) is None
    assert ffi("ModuleImplementsFunction", module, "add_one", True) is True
    assert ffi("ModuleGetKind", module) == module.kind
    assert ffi("ModuleGetPropertyMask", module) == 2
    assert list(ffi("ModuleGetWriteFormats", module)) == []
    assert ffi("ModuleInspectSource", module, "") == ""
    with pytest.raises(RuntimeError, match="does not support write_to_file"):
        ffi("ModuleWriteToFile", module, "file", "")
