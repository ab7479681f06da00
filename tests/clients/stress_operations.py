"""What a thread of the stress program does to the nodes that all threads share."""

from __future__ import annotations

import copy
import gc
import pickle
import random
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import bowline
import numpy as np
import tvm
import tvm_ffi
from tvm import tirx
from tvm.script import ir as I  # noqa: F401
from tvm.script import tirx as T  # noqa: F401

SOURCE = """
@I.ir_module(s_tir=True)
class M:
    @T.prim_func(s_tir=True)
    def main(A: T.Buffer((32,), "float32"), B: T.Buffer((32,), "float32")):
        for i in range(32):
            with T.sblock("b"):
                vi = T.axis.remap("S", [i])
                B[vi] = A[vi] + T.float32({})
"""
OPERATIONS: dict[str, Callable[["World", random.Random], None]] = {}
WEIGHTS: dict[str, int] = {}
_BINARY = (tirx.Add, tirx.Sub, tirx.Mul, tirx.Min, tirx.Max)


def operation(weight: int) -> Callable[[Callable[["World", random.Random], None]], Any]:
    """Enter a function among the operations."""

    def enter(function: Callable[["World", random.Random], None]) -> Any:
        OPERATIONS[function.__name__], WEIGHTS[function.__name__] = function, weight
        return function

    return enter


def expect(condition: bool, *found: Any) -> None:
    """Raise unless the condition holds. Not `assert`: the check must survive -O."""
    if not condition:
        raise AssertionError(" ".join(map(repr, found)))


class World:
    """What the threads of a round share.

    Attributes
    ----------
    slots : bowline.List
        Expressions that any thread replaces. Each has an attribute `told`: its text, its hash, how many nodes it
        has, and what C++ simplifies it to.
    stable : bowline.Array
        Expressions that stay for the round.
    homes : list of int
        Of each of those, the address of the wrapper of its part `a`, which has an attribute and so is kept.
    """

    def __init__(self, draw: random.Random) -> None:
        self.stop = threading.Event()
        self.variables = [tirx.Var(name, "int32") for name in "xyzw"]
        self.slots = bowline.List([self.told(draw) for _ in range(3)])
        made = [tirx.Add(tirx.Mul(draw.choice(self.variables), self.number(draw)), self.expression(draw, 2)) for _ in range(3)]
        self.homes = []
        for at, one in enumerate(made):
            one.a.mark = at
            self.homes.append(id(one.a))
        self.stable = bowline.Array(made)
        self.module = tvm.script.from_source(SOURCE.format(draw.randrange(1, 9)))

    def number(self, draw: random.Random) -> Any:
        # A new one each time.
        return tirx.IntImm("int32", draw.randrange(1000))

    def expression(self, draw: random.Random, depth: int) -> Any:
        """An expression of a few nodes, which shares its variables with all others."""
        if depth == 0 or draw.random() < 0.1:
            return self.number(draw) if draw.random() < 0.4 else draw.choice(self.variables)
        kind, a = draw.choice(_BINARY), self.expression(draw, depth - 1)
        # No product leaves the range of the type when C++ computes it.
        return kind(a, tirx.IntImm("int32", draw.randrange(9)) if kind is tirx.Mul else self.expression(draw, depth - 1))

    def told(self, draw: random.Random) -> Any:
        """An expression that says what it is."""
        one = draw.choice((tirx.Add, tirx.Sub, tirx.Min))(self.expression(draw, 3), self.expression(draw, 2))
        text, simple = str(one), str(tvm.sym.Analyzer().simplify(one))
        one.told = (text, tvm_ffi.structural_hash(one, map_free_vars=True), size(one), simple)
        return one

    def slot(self, draw: random.Random) -> Any:
        return self.slots[draw.randrange(3)]

    def check_at_rest(self, patience: float) -> None:
        """With one thread left, identity, address and counts are exact."""
        end = time.monotonic() + patience
        for at in range(len(self.stable)):
            # What native threads borrowed comes back by and by.
            while bowline._core.strong_count(self.stable[at]) != 2 and time.monotonic() < end:
                bowline.settle()
                time.sleep(0.01)
            for _ in range(3):
                gc.collect()
                root = self.stable[at]
                expect(id(root.a) == self.homes[at] and root.a.mark == at, at, root)
                expect(root is self.stable[at] and root.a is root.a, at, root)
                # The place and the wrapper own a count each.
                expect(bowline._core.strong_count(root) == 2, at, bowline._core.strong_count(root))
                expect(bowline._core.strong_count(root.a) == 2, at, bowline._core.strong_count(root.a))
                del root

    def clear(self) -> None:
        self.slots.clear()
        del self.variables, self.stable, self.module


def size(expression: Any) -> int:
    """How many nodes an expression has, by a walk in Python."""
    if isinstance(expression, _BINARY):
        return 1 + size(expression.a) + size(expression.b)
    return 1


@operation(6)
def build(world: World, draw: random.Random) -> None:
    world.slots[draw.randrange(3)] = world.told(draw)


@operation(30)
def read(world: World, draw: random.Random) -> None:
    one = world.slot(draw)
    while isinstance(one, _BINARY):
        expect(one.a is one.a and one.b is one.b and one.same_as(one), one)
        a = one.a
        expect(a.same_as(one.a) and one.a is a and type(one.a) is type(a), one)
        one = one.a if draw.random() < 0.5 else one.b
    expect(isinstance(one, (tirx.Var, tirx.IntImm)), type(one))
    if isinstance(one, tirx.Var):
        expect(any(one is variable for variable in world.variables), one)


@operation(20)
def state(world: World, draw: random.Random) -> None:
    """A node keeps what Python knows of it, and its wrapper its address."""
    one = world.slot(draw)
    expect(size(one) == one.told[2] and str(one) == one.told[0], one, one.told)
    at = draw.randrange(len(world.stable))
    expect(id(world.stable[at].a) == world.homes[at] and world.stable[at].a.mark == at, at)


@operation(10)
def compare(world: World, draw: random.Random) -> None:
    one, other = world.slot(draw), world.slot(draw)
    expect(tvm_ffi.structural_hash(one, map_free_vars=True) == one.told[1], one)
    expect(tvm_ffi.structural_equal(one, one), one)
    if tvm_ffi.structural_equal(one, other):
        expect(one.told == other.told, one, other)
    elif tvm_ffi.get_first_structural_mismatch(one, other) is None:
        raise AssertionError((one, other))
    expect(not tvm_ffi.structural_equal(tirx.Add(one, other), tirx.Add(one, world.number(draw) + 1000)), one, other)


@operation(5)
def pickles(world: World, draw: random.Random) -> None:
    one = world.slot(draw)
    again, part, twice = pickle.loads(pickle.dumps([one, one.a, one]))
    expect(again is twice and part is again.a and again is not one, again)
    expect(str(again) == str(one) and tvm_ffi.structural_equal(again, one, map_free_vars=True), again, one)


@operation(5)
def copies(world: World, draw: random.Random) -> None:
    one = world.slot(draw)
    shallow = copy.copy(one)
    expect(shallow is not one and shallow.a is one.a and shallow.b is one.b, one)
    deep = copy.deepcopy(one)
    expect(deep is not one and str(deep) == str(one), one)


@operation(5)
def json(world: World, draw: random.Random) -> None:
    one = world.slot(draw)
    again = tvm.ir.load_json(tvm.ir.save_json(one))
    expect(tvm_ffi.structural_equal(one, again, map_free_vars=True), one, again)


@operation(10)
def simplify(world: World, draw: random.Random) -> None:
    one, analyzer = world.slot(draw), tvm.sym.Analyzer()
    variable = draw.choice(world.variables)
    expect(analyzer.simplify(variable + one - one) is variable, one)
    expect(str(analyzer.simplify(one)) == one.told[3], one, one.told)


@operation(10)
def walk(world: World, draw: random.Random) -> None:
    one, seen = world.slot(draw), []
    tvm_ffi.structural_walk(one, (tvm.ir.Expr, seen.append))
    expect(len(seen) == one.told[2] and seen[-1] is one, one, len(seen))


@operation(8)
def replace(world: World, draw: random.Random) -> None:
    one, old, new = world.slot(draw), draw.choice(world.variables), tirx.Var("n", "int32")
    made = tvm_ffi.structural_map(one, (tirx.Var, lambda variable: new if variable is old else variable))
    expect((made is one) == (f" {old.name}" not in " " + str(one).replace("(", " ")), one, made)
    back = tvm_ffi.structural_map(made, (tirx.Var, lambda variable: old if variable is new else variable))
    expect(tvm_ffi.structural_equal(back, one), one, back)
    expect(tvm_ffi.structural_map(one, (tirx.Var, lambda variable: variable)) is one, one)


class Stop(Exception):
    """Raised in callbacks."""


@operation(5)
def fail(world: World, draw: random.Random) -> None:
    """What a callback raises comes through C++ as it is."""
    raised = Stop("here")

    def stop(_: Any) -> Any:
        raise raised

    @tirx.transform.prim_func_pass(opt_level=0)
    def broken(function: Any, module: Any, context: Any) -> Any:
        raise raised

    for call in (lambda: tvm_ffi.structural_walk(world.slot(draw), (tirx.Var, stop), order="pre"), lambda: broken(world.module)):
        try:
            call()
        except Stop as found:
            expect(found is raised, found)
        else:
            # An expression may have no variable.
            expect(call.__code__.co_names[0] != "broken", "a pass went on")
    raised.__traceback__ = None


@operation(4)
def run_pass(world: World, draw: random.Random) -> None:
    """A pass in Python over a module in C++."""
    value, seen = world.slot(draw), []

    @tirx.transform.prim_func_pass(opt_level=0)
    def note(function: Any, module: Any, context: Any) -> Any:
        seen.append(function)
        return function.with_attr("note", value) if value.told[2] % 2 else function

    result = note(world.module)
    expect(len(seen) == 1 and tvm_ffi.structural_equal(seen[0], world.module["main"]), seen)
    if value.told[2] % 2:
        expect(result["main"].attrs["note"] is value and result["main"].body.same_as(world.module["main"].body), value)
    else:
        expect(tvm_ffi.structural_equal(result, world.module), result)
    expect("note" not in world.module["main"].attrs, "the pass changed its input")


@operation(1)
def script(world: World, draw: random.Random) -> None:
    again = tvm.script.from_source(world.module.script())
    expect(tvm_ffi.structural_equal(again, world.module), again)
    schedule = tvm.s_tir.Schedule(again)
    (loop,) = schedule.get_loops(schedule.get_sblock("b"))
    schedule.split(loop, factors=[None, 8])
    expect("T.grid(4, 8)" in schedule.mod.script(), schedule.mod)


@operation(1)
def kernel(world: World, draw: random.Random) -> None:
    if draw.random() < 0.9:
        return  # a compilation takes as long as a thousand reads
    add = draw.randrange(1, 9)
    library = tvm.compile(tvm.script.from_source(SOURCE.format(add)), target="llvm")
    given, result = np.arange(32, dtype="float32"), tvm.runtime.tensor(np.zeros(32, dtype="float32"))
    library["main"](tvm.runtime.tensor(given), result)
    np.testing.assert_array_equal(result.numpy(), given + add)


@operation(8)
def contain(world: World, draw: random.Random) -> None:
    one, other = world.slot(draw), world.slot(draw)
    held = tvm_ffi.Array([one, other, one])
    expect(held[0] is one and held[2] is held[0] and held[1] is other, held)
    table = tvm_ffi.Map({"one": one, "other": other})
    expect(table["one"] is one and dict(table.items())["other"] is other, table)
    keys = tvm_ffi.Map({variable: at for at, variable in enumerate(world.variables)})
    expect([keys[variable] for variable in world.variables] == [0, 1, 2, 3], keys)


@operation(8)
def weak(world: World, draw: random.Random) -> None:
    one = world.slot(draw)
    seen = weakref.ref(one)
    expect(seen() is one, one)
    one = tirx.Add(world.number(draw), world.number(draw))
    ended: list[int] = []
    seen = weakref.ref(one, lambda _: ended.append(1))
    del one
    # Nothing else has it; other threads' looks at reference counts may put its end off.
    end = time.monotonic() + 60
    while not ended and time.monotonic() < end:
        bowline.settle()
    expect(bool(ended) and seen() is None, seen)


@operation(6)
def lend(world: World, draw: random.Random) -> None:
    """Native threads hold nodes for a while, and may have the last count."""
    bowline._core.testing_lend(world.slot(draw), draw.choice((0, 1e-5, 1e-4, 2e-3)))
    bowline._core.testing_lend(draw.choice(list(world.stable)), draw.choice((0, 1e-5, 1e-3)))
    bowline._core.testing_release_on_thread(world.told(draw))


@operation(3)
def collect(world: World, draw: random.Random) -> None:
    draw.choice((gc.collect, bowline.settle, bowline.trim, bowline.stats))()
