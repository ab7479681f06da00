"""Graphs as JSON text."""

import json
import math
from typing import Any

import bowline
import pytest
from bowline import Array, Dict, List, Map, Shape, field, py_class, structural_equal, testing
from bowline.dataclasses import Enum, IntEnum, StrEnum, entry
from bowline.serialization import from_json_graph_str, to_json_graph_str
from support import new_key, run_threads

pytestmark = pytest.mark.keeps_objects(reason="enumerations and hooks stay")


@py_class("serialization.Node")
class Node(bowline.Object):
    a: Any
    b: Any = None


@py_class("serialization.Typed")
class Typed(bowline.Object):
    n: int
    x: float
    flag: bool
    text: str
    next: "Typed | None" = None
    items: list[int] = field(default_factory=list)


class Color(Enum, type_key="serialization.Color"):
    red = entry()


class Level(IntEnum, type_key="serialization.Level"):
    low = 10


class Op(StrEnum, type_key="serialization.Op"):
    add = "+"


def nodes(value):
    graph = json.loads(to_json_graph_str(value))
    assert set(graph) == {"root_index", "nodes"}
    assert graph["root_index"] == len(graph["nodes"]) - 1
    return graph["nodes"]


@pytest.mark.parametrize(
    ("value", "last"),
    [
        (None, {"type": "None"}),
        (1, {"type": "int", "data": 1}),
        (-(2**63), {"type": "int", "data": -(2**63)}),
        (True, {"type": "bool", "data": True}),
        (1.0, {"type": "float", "data": 1.0}),
        (0.1, {"type": "float", "data": 0.1}),
        (1e300, {"type": "float", "data": 1e300}),
        (math.inf, {"type": "float", "data": "inf"}),
        (-math.inf, {"type": "float", "data": "-inf"}),
        ("é\n\"", {"type": "ffi.String", "data": "é\n\""}),
        (b"ab", {"type": "ffi.Bytes", "data": "YWI="}),
        (bowline.dtype("int32"), {"type": "DataType", "data": "int32"}),
        (bowline.device("cuda:1"), {"type": "Device", "data": [2, 1]}),
        (Shape((1, 2)), {"type": "ffi.Shape", "data": [1, 2]}),
        ([1, 1], {"type": "ffi.Array", "data": [0, 0]}),
        (List([1]), {"type": "ffi.List", "data": [0]}),
        ({"k": "k"}, {"type": "ffi.Map", "data": [0, 0]}),
        (Dict({"k": 1}), {"type": "ffi.Dict", "data": [0, 1]}),
        (Node(1, 1), {"type": "serialization.Node", "data": {"a": 0, "b": 0}}),
        (Typed(1, 2, True, "t"), {"type": "serialization.Typed",
                                  "data": {"n": 1, "x": 2.0, "flag": True, "text": 0, "next": 1, "items": 2}}),
        (testing.TestIntPair(3, 4), {"type": "testing.TestIntPair", "data": {"a": 3, "b": 4}}),
        (Color.red, {"type": "serialization.Color", "data": "red"}),
        (Level.low, {"type": "serialization.Level", "data": 10}),
        (Op.add, {"type": "serialization.Op", "data": "+"}),
    ],
    ids=repr,
)
def test_there_and_back(value, last):
    assert nodes(value)[-1] == last
    back = from_json_graph_str(to_json_graph_str(value))
    assert structural_equal(back, value)
    assert to_json_graph_str(back) == to_json_graph_str(value)


def test_nan():
    assert math.isnan(from_json_graph_str(to_json_graph_str(math.nan)))


def test_the_exact_text():
    node = Node(1, [1, 2.5, "x", {"k": "x"}])
    assert to_json_graph_str(node) == (
        '{"root_index":6,"nodes":[{"type":"int","data":1},{"type":"float","data":2.5},{"type":"ffi.String","data":"x"},'
        '{"type":"ffi.String","data":"k"},{"type":"ffi.Map","data":[3,2]},{"type":"ffi.Array","data":[0,1,2,4]},'
        '{"type":"serialization.Node","data":{"a":0,"b":5}}]}'
    )


def test_metadata():
    text = to_json_graph_str(1, {"m": [1, "x"]})
    assert json.loads(text)["metadata"] == {"m": [1, "x"]}
    assert from_json_graph_str(text) == 1


def test_sharing():
    shared = List([1])
    back = from_json_graph_str(to_json_graph_str([shared, shared, List([1])]))
    assert back[0] is back[1]
    assert back[0] is not back[2]
    level = from_json_graph_str(to_json_graph_str([Level.low, Level.low]))
    assert level[0] is level[1] is Level.low
    assert from_json_graph_str(to_json_graph_str(Color.red)) is Color.red


def test_depth_is_no_limit():
    deep = None
    for _ in range(100_000):
        deep = Node(deep)
    assert structural_equal(from_json_graph_str(to_json_graph_str(deep)), deep)
    wide = Array([1])
    for _ in range(60):
        wide = Array([wide, wide])
    assert len(nodes(wide)) == 62
    assert structural_equal(from_json_graph_str(to_json_graph_str(wide)), wide)


def test_cycles():
    items = List([1])
    items.append(items)
    with pytest.raises(ValueError, match="Cycle"):
        to_json_graph_str(items)
    items.clear()
    mapping = Dict({})
    mapping["k"] = [mapping]
    with pytest.raises(ValueError, match="Cycle"):
        to_json_graph_str(mapping)
    mapping.clear()
    node = Node(None)
    node.a = node
    with pytest.raises(ValueError, match="Cycle"):
        to_json_graph_str(node)
    node.a = None


@pytest.mark.parametrize(
    "value", [len, object(), testing.TestNonCopyable(1), ValueError("x")], ids=["function", "opaque", "native", "error"]
)
def test_what_cannot_be_written(value):
    for root in (value, [value]):
        with pytest.raises(TypeError, match="ToJSONGraph"):
            to_json_graph_str(root)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "{}",
        '{"root_index":0}',
        '{"root_index":5,"nodes":[]}',
        '{"root_index":-1,"nodes":[]}',
        '{"root_index":0,"nodes":[{}]}',
        '{"root_index":0,"nodes":[3]}',
        '{"root_index":0,"nodes":[{"type":"no.such.type"}]}',
        '{"root_index":0,"nodes":[{"type":"int"}]}',
        '{"root_index":0,"nodes":[{"type":"int","data":"1"}]}',
        '{"root_index":0,"nodes":[{"type":"int","data":1.5}]}',
        '{"root_index":0,"nodes":[{"type":"int","data":9223372036854775808}]}',
        '{"root_index":0,"nodes":[{"type":"ffi.Bytes","data":"%"}]}',
        '{"root_index":0,"nodes":[{"type":"DataType","data":"nope"}]}',
        '{"root_index":0,"nodes":[{"type":"Device","data":[1]}]}',
        '{"root_index":0,"nodes":[{"type":"ffi.Shape","data":["x"]}]}',
        '{"root_index":0,"nodes":[{"type":"ffi.Array","data":[1]}]}',
        '{"root_index":0,"nodes":[{"type":"ffi.Array","data":[0]}]}',
        '{"root_index":0,"nodes":[{"type":"ffi.Array","data":{}}]}',
        '{"root_index":0,"nodes":[{"type":"ffi.Array","data":["x"]}]}',
        '{"root_index":1,"nodes":[{"type":"int","data":1},{"type":"ffi.Map","data":[0]}]}',
        '{"root_index":0,"nodes":[{"type":"serialization.Color","data":"blue"}]}',
        '{"root_index":0,"nodes":[{"type":"serialization.Node","data":{"a":0,"c":0}}]}',
        '{"root_index":0,"nodes":[{"type":"serialization.Typed","data":{"n":"x","x":1,"flag":true,"text":0}}]}',
    ],
)
def test_malformed_text(text):
    with pytest.raises(ValueError):
        from_json_graph_str(text)


def test_fields_that_do_not_suit():
    int_as_text = (
        '{"root_index":1,"nodes":[{"type":"int","data":1},{"type":"serialization.Typed","data":'
        '{"n":1,"x":1.0,"flag":true,"text":0}}]}'
    )
    with pytest.raises(TypeError, match="text"):
        from_json_graph_str(int_as_text)
    with pytest.raises(TypeError, match="`a` not set in type `serialization.Node`"):
        from_json_graph_str('{"root_index":0,"nodes":[{"type":"serialization.Node","data":{}}]}')
    with pytest.raises(TypeError, match="NonCopyable"):
        from_json_graph_str('{"root_index":0,"nodes":[{"type":"testing.TestNonCopyable","data":{"value":1}}]}')
    with pytest.raises(TypeError, match="bytes"):
        from_json_graph_str(b"{}")


def test_defaults():
    text = (
        '{"root_index":1,"nodes":[{"type":"ffi.String","data":"t"},{"type":"serialization.Typed","data":'
        '{"n":1,"x":1.0,"flag":true,"text":0}}]}'
    )
    made = from_json_graph_str(text)
    assert (made.n, made.text, made.next, list(made.items)) == (1, "t", None, [])
    assert from_json_graph_str(text).items is not made.items


def test_hooks():
    @py_class(new_key())
    class Hooked(bowline.Object):
        x: int

        def __data_to_json__(self):
            return {"a": [self.x, None, "text", 1.5, True]}

        @staticmethod
        def __data_from_json__(data):
            return Hooked(data["a"][0] + 1)

    text = to_json_graph_str([Hooked(4)])
    assert json.loads(text)["nodes"][0]["data"] == {"a": [4, None, "text", 1.5, True]}
    assert from_json_graph_str(text)[0].x == 5

    @py_class(new_key())
    class Failing(bowline.Object):
        x: int

        def __data_to_json__(self):
            raise KeyError("no text")

    with pytest.raises(KeyError, match="no text"):
        to_json_graph_str(Failing(1))


def test_threads():
    shared = List([Node(i) for i in range(10)])

    def write():
        for i in range(100):
            shared[i % 10] = Node(i)

    def read():
        for _ in range(50):
            assert len(from_json_graph_str(to_json_graph_str(shared))) == 10

    run_threads(*[read] * 6, *[write] * 2)


def test_a_map_keeps_its_order():
    keys = ["z", "a", "m", 1, 0]
    assert list(from_json_graph_str(to_json_graph_str(Map(dict.fromkeys(keys, 1))))) == keys
