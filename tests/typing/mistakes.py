"""Mistakes that mypy and pyright must find. Each line with the mark has one, and no other line has."""

import bowline
from bowline import Array, Dict, List, Map, _core
from bowline.dataclasses import Enum, asdict, c_class, entry, init_property, py_class, replace


@py_class("typing.Point", frozen=True)
class Point(bowline.Object):
    x: int
    name: str = ""

    @init_property
    def double(self) -> int:
        return 2 * self.x


@py_class
class Line(bowline.Object):
    ends: Array[Point]


@c_class("testing.TestIntPair")
class Pair(bowline.Object):
    a: int
    b: int


class Unit(Enum, type_key="typing.Unit"):
    bits: int
    byte = entry(bits=8)


point = Point(1)
Point()  # mistake
Point("1")  # mistake
Point(1, nam="p")  # mistake
point.x = 2  # mistake
point.y  # mistake
print(point < point)  # mistake
Pair(1)  # mistake
Line([point])  # mistake
half: str = point.double  # mistake
other: Line = replace(point, x=2)  # mistake
asdict(point).append(1)  # mistake
py_class("typing.Odd", structural_eq="trees")  # mistake
py_class("typing.Odd", frozn=True)  # mistake
c_class("typing.Odd", kw_only=True)  # mistake
first: str = Array([1])[0]  # mistake
Array([1])[0] = 2  # mistake
Array([1]).append(2)  # mistake
numbers: List[int] = List(["a"])  # mistake
List([1]).append("a")  # mistake
missing: int = Map({"a": 1}).get("b")  # mistake
Map({"a": 1})["b"] = 2  # mistake
counts: Dict[str, int] = Dict({1: 2})  # mistake
Unit.bite  # mistake
Unit.byte.bits = "8"  # mistake
bowline.Arry  # mistake
bowline.int33  # mistake
bowline.core.Objekt  # mistake
bowline.dataclasses.py_klass  # mistake
bowline.get_global_func("f", allow_missing=True)(1)  # mistake
bowline.get_global_func(5)  # mistake
bowline.register_error(int)  # mistake

index: str = _core.type_index("ffi.Object")  # mistake
_core.type_index(5)  # mistake
_core.no_such_function()  # mistake
_core.content_equal([1])  # mistake
_core.TypeSchema(5)  # mistake
_core.stats().append(1)  # mistake


class Mine(_core.CAny): ...  # mistake
