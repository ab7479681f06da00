"""What typed code says with the package. mypy and pyright pass it, and infer what it asserts."""

import copy
from typing import Any, assert_type

import bowline
from bowline import Array, Dict, Error, Function, List, Map, field
from bowline.dataclasses import KW_ONLY, Enum, IntEnum, asdict, astuple, auto, c_class, entry, init_property, py_class, replace


@py_class("typing.Call", frozen=True, eq=True, order=True)
class Call(bowline.Object):
    callee: str
    weight: int = 1
    args: list[str] = field(default_factory=list)
    _: KW_ONLY
    pure: bool = False

    @init_property
    def arity(self) -> int:
        return len(self.args)

    @bowline.method
    def shown(self, open: str) -> str:
        return f"{self.callee}{open}"


@py_class
class Block(bowline.Object):
    """Without a key."""

    first: Call
    calls: Array[Call]
    named: Dict[str, Call]


@bowline.py_class(type_key="typing.Loop", kw_only=True)
class Loop(Block):
    times: float = 0.0


@c_class("testing.TestIntPair")
class Pair(bowline.Object):
    a: int
    b: int


@bowline.register_object("testing.TestObjectBase")
class Base(bowline.Object):
    """Known by its key only."""


@bowline.register_error
class ShapeError(ValueError):
    """A kind of error."""


class Unit(Enum, type_key="typing.Unit"):
    bits: int
    byte = entry(bits=8)
    word = entry(bits=64)


class Level(IntEnum, type_key="typing.Level"):
    low = 10
    bare = auto()


# Classes stay what they are, and constructors take the fields.
assert_type(Block, type[Block])
assert_type(Pair(1, b=2).a, int)
assert_type(Base(), Base)
assert_type(ShapeError("shape"), ShapeError)
call = Call("f", 2, ["x"], pure=True)
assert_type(call.arity, int)
assert_type(call.shown("("), str)
assert_type(call < call, bool)
block = Block(call, Array([call]), Dict({"f": call}))
assert_type(Loop(call, block.calls, block.named, times=2.0), Loop)
match call:
    case Call(callee, weight):
        assert_type(callee, str)
        assert_type(weight, int)

# Copies are of the same class.
assert_type(replace(call, weight=3), Call)
assert_type(copy.copy(call), Call)
assert_type(copy.deepcopy(block), Block)
assert_type(asdict(call), dict[str, Any])
assert_type(astuple(call), tuple[Any, ...])
assert_type(asdict(call, dict_factory=list), list[tuple[str, Any]])

# Containers have items of a type.
assert_type(block.calls[0], Call)
assert_type(block.calls[0:1], list[Call])
assert_type([item.callee for item in block.calls], list[str])
assert_type(block.named["f"], Call)
assert_type(block.named.get("g"), Call | None)
assert_type(block.named.get("g", 0), Call | int)
assert_type(block.named.pop("f"), Call)
assert_type(list(block.named.items()), list[tuple[str, Call]])
numbers = List([1, 2])
numbers.append(3)
numbers += [4]
numbers[0:1] = (5, 6)
assert_type(numbers + ["a"], List[int | str])
assert_type(numbers.pop(), int)
heights: Map[str, int] = Map({"a": 1})
assert_type(sorted(heights), list[str])
counts: Dict[str, int] = Dict()
counts.update({"a": 1}, b=2)
assert_type(counts.setdefault("a", 3), int)


def names(calls: Array[bowline.Object]) -> int:
    return len(calls)


names(block.calls)  # of a narrower type, as an Array does not change

# Enumerations are classes whose variants are their instances.
unit: Unit = Unit.byte
assert_type(unit.bits, int)
assert_type(Unit.byte.bits, int)
assert_type(Unit("byte"), Unit)
assert_type(Unit.get(0), Unit)
assert_type([unit.bits for unit in Unit], list[int])
assert_type(Level.bare.value, int)
ten: int = Level.low.value


# Functions, and names that are loaded on first use.
@bowline.register_global_func("typing.double")
def double(x: int) -> int:
    return 2 * x


assert_type(double, Function)
assert_type(bowline.get_global_func("typing.double"), Function)
assert_type(bowline.get_global_func("typing.double", allow_missing=True), Function | None)
assert_type(bowline.int32, bowline.dtype)
assert_type(bowline.core.Function, type[Function])
assert_type(Error("ValueError", "text").kind, str)
