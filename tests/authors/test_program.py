"""The one program of three authors.

It runs with the package that BOWLINE_AUTHOR names, whatever language its objects are made in.
"""

import gc
import importlib
import os
import re
import sys
import time
import weakref
from pathlib import Path

import bowline
import pytest
from support import FREE_THREADED, run_threads, settle

NAME = os.environ["BOWLINE_AUTHOR"]
ir = importlib.import_module(NAME)
DEEP = 100_000


def sample():
    """(x + 1) + mul(x, y): two variables, of which one occurs twice."""
    x, y = ir.Var("x"), ir.Var("y")
    return ir.Add(ir.Add(x, ir.Int(1)), ir.Call("mul", [x, y]))


def test_it_is_the_package_that_was_asked_for():
    assert ir.Expr.__module__ == NAME
    assert not FREE_THREADED or not sys._is_gil_enabled()


def test_construction():
    x, one = ir.Var("x"), ir.Int(1)
    assert (x.name, one.value) == ("x", 1)
    assert ir.Int(-(2**63)).value == -(2**63)
    assert ir.Var("a name that is longer than seven bytes: ü").name == "a name that is longer than seven bytes: ü"
    call = ir.Call("max", [x, one])
    assert call.op == "max"
    assert [*call.args] == [x, one]
    for made in (x, one, call, ir.Add(x, one)):
        assert isinstance(made, ir.Expr)
        assert isinstance(made, bowline.Object)
    assert not isinstance(ir.Table("t"), ir.Expr)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: ir.Int("1"), "[Ss]tr"),
        (lambda: ir.Var(1), "int"),
        (lambda: ir.Add(ir.Int(1), 2), "int"),
        (lambda: ir.Add(ir.Table("t"), ir.Int(1)), "Table"),
        (lambda: ir.Call("mul", [ir.Int(1), "x"]), "[Ss]tr"),
        (lambda: ir.Call("mul", 1), "int"),
        (lambda: ir.Add(ir.Int(1)), ""),
        (lambda: ir.Int(1, 2), ""),
        (lambda: ir.Expr(), "Expr"),
        (lambda: ir.simplify(None), "None"),
        (lambda: ir.simplify(ir.Table("t")), "Table"),
        (lambda: ir.rewrite(ir.Int(1), 1), "int"),
        (lambda: ir.rewrite(ir.Int(1), lambda node: "x"), "[Ss]tr"),
        (lambda: ir.count("x"), "[Ss]tr"),
        (lambda: ir.variables(1), "int"),
        (lambda: ir.evaluate(ir.Int(1), 1), "int"),
        (lambda: ir.evaluate(ir.Var("x"), {"x": "one"}), "[Ss]tr"),
        (lambda: ir.chain("x"), "[Ss]tr"),
        (lambda: ir.drop_on_thread([1]), "int"),
        (lambda: ir.simplify(), ""),
        (lambda: ir.Table("t").insert("k", 1), "int"),
        (lambda: ir.Table("t").get(1), "int"),
    ],
)
def test_what_is_refused_is_named(make, named):
    with pytest.raises(TypeError) as caught:
        make()
    assert re.search(named, str(caught.value))
    assert str(caught.value)


def test_fields_cannot_be_written():
    node = ir.Add(ir.Int(1), ir.Int(2))
    for target, name in ((node, "a"), (node.b, "value"), (ir.Var("x"), "name"), (ir.Table("t"), "size")):
        with pytest.raises(AttributeError):
            setattr(target, name, getattr(target, name))


def test_one_wrapper_for_each_object():
    x = ir.Var("x")
    node = ir.Add(x, x)
    assert node.a is x and node.a is node.b
    x.note = [1]
    table = ir.Table("t")
    table.insert("x", x)
    outer = ir.Add(node, ir.Int(1))
    addresses = id(x), id(node), id(outer.b)
    del x, node
    gc.collect()
    assert (id(outer.a.a), id(outer.a), id(outer.b)) == addresses
    node = outer.a
    assert node.a.note == [1]
    assert table.get("x") is node.a
    assert ir.variables(node)[0] is node.a
    assert ir.simplify(node).a is node.a
    seen = []
    ir.rewrite(node, seen.append)
    assert seen == [node.a, node.a, node] and seen[2] is node


def test_weak_references_see_the_end_of_the_object():
    node = ir.Add(ir.Var("x"), ir.Int(2))
    ended = weakref.ref(node.a)
    node.a.note = 1
    settle()
    assert ended() is node.a
    del node
    settle()
    assert ended() is None


def test_simplify():
    x, zero = ir.Var("x"), ir.Int(0)
    assert ir.simplify(ir.Add(ir.Int(1), ir.Add(ir.Int(2), ir.Int(3)))).value == 6
    assert ir.simplify(ir.Add(x, zero)) is x
    assert ir.simplify(ir.Add(zero, ir.Add(x, zero))) is x
    same = sample()
    assert ir.simplify(same) is same
    call = ir.Call("mul", [ir.Add(ir.Int(2), ir.Int(3)), x])
    folded = ir.simplify(call)
    assert folded is not call and folded.op == "mul" and folded.args[0].value == 5 and folded.args[1] is x
    with pytest.raises(OverflowError, match="9223372036854775807"):
        ir.simplify(ir.Add(ir.Int(2**63 - 1), ir.Int(1)))


def test_rewrite():
    expr = sample()
    two = ir.Int(2)
    changed = ir.rewrite(expr, lambda node: two if isinstance(node, ir.Var) and node.name == "x" else None)
    assert changed.a.a is two and changed.b.args[0] is two
    assert changed.a.b is expr.a.b and changed.b.args[1] is expr.b.args[1]
    assert ir.rewrite(expr, lambda node: None) is expr
    assert ir.rewrite(expr, lambda node: two) is two


def test_an_exception_of_a_callback_comes_out_as_it_was_raised():
    class Odd(Exception):
        pass

    raised = Odd("of the callback")

    def fail(node):
        if isinstance(node, ir.Int):
            raise raised

    with pytest.raises(Odd) as caught:
        ir.rewrite(sample(), fail)
    assert caught.value is raised
    with pytest.raises(KeyboardInterrupt):
        ir.rewrite(sample(), lambda node: (_ for _ in ()).throw(KeyboardInterrupt))


def test_a_callback_may_call_back():
    expr = sample()

    def simplified(node):
        assert ir.rewrite(node, lambda inner: None) is node
        return ir.simplify(node)

    assert ir.rewrite(expr, simplified) is expr


def test_count_and_variables():
    expr = sample()
    assert ir.count(expr) == 7
    assert [var.name for var in ir.variables(expr)] == ["x", "y"]
    assert isinstance(ir.variables(expr), bowline.Array)
    assert len(ir.variables(ir.Add(ir.Var("x"), ir.Var("x")))) == 2
    assert len(ir.variables(ir.Int(1))) == 0


def test_evaluate():
    assert ir.evaluate(sample(), {"x": 3, "y": 5}) == 19
    assert ir.evaluate(ir.Call("max", [ir.Int(1), ir.Int(7), ir.Int(3)]), {}) == 7
    with pytest.raises(ir.UnboundVariable, match="y") as caught:
        ir.evaluate(sample(), {"x": 3})
    assert isinstance(caught.value, LookupError)
    for expr in (ir.Call("mul", 3 * [ir.Int(2**40)]), ir.Add(ir.Int(-(2**63)), ir.Int(-1))):
        with pytest.raises(OverflowError):
            ir.evaluate(expr, {})
    with pytest.raises(ValueError, match="sqrt"):
        ir.evaluate(ir.Call("sqrt", [ir.Int(1)]), {})


def test_the_table():
    table = ir.Table("globals")
    assert (table.name, table.size, [*table.keys()]) == ("globals", 0, [])
    one, two = ir.Int(1), ir.Int(2)
    for number in range(100):
        table.insert(f"key {number}", one)
    table.insert("key 0", two)
    assert table.size == 100
    assert [*table.keys()] == [f"key {number}" for number in range(100)]
    assert table.get("key 0") is two and table.get("key 99") is one
    assert table.get("no such key") is None


def test_a_table_that_code_comes_back_to():
    """The end of an object may run code that uses the table again. The table had let go of the object."""
    table = ir.Table("t")
    node = ir.Var("x")
    seen = []
    weakref.finalize(node, lambda: seen.append(table.size))
    table.insert("k", node)
    del node
    settle()
    table.insert("k", ir.Int(1))
    settle()
    assert seen == [1]


def test_text_and_structure():
    expr = sample()
    assert "x" in repr(expr) and "mul" in repr(expr)
    again = sample()
    assert bowline.structural_equal(expr.a.b, again.a.b)
    assert bowline.structural_equal(expr, again, map_free_vars=True)
    assert not bowline.structural_equal(expr, ir.Add(expr.a, ir.Int(1)), map_free_vars=True)
    assert bowline.structural_hash(ir.Int(3)) == bowline.structural_hash(ir.Int(3))


def test_deep_expressions():
    deep = ir.chain(DEEP)
    assert ir.count(deep) == 2 * DEEP + 1
    assert ir.evaluate(deep, {"x": 1}) == 1 + DEEP * (DEEP - 1) // 2
    assert ir.simplify(deep) is not deep
    met = []
    assert ir.rewrite(deep, met.append) is deep
    assert len(met) == 2 * DEEP + 1
    met[0].note = "kept"
    del deep, met
    settle()


def drop_on_thread():
    nodes = [sample() for _ in range(100)]
    ended = [weakref.ref(node.a.a) for node in nodes]
    for node in nodes[::2]:
        node.a.a.note = 1
    held = nodes[0].a.a
    array = bowline.Array(nodes)
    del nodes, node
    ir.drop_on_thread(array._move())
    settle()
    assert (held.name, held.note) == ("x", 1)
    assert [var() for var in ended] == [held] + 99 * [None]
    del held
    settle()
    assert ended[0]() is None


def test_dropped_by_a_native_thread():
    drop_on_thread()
    before = counts()
    drop_on_thread()
    assert counts() == before


def counts():
    """Objects of ours, wrappers, and slots of objects that others made."""
    settle()
    stats = bowline.stats()
    return [stats[name] for name in ("objects_alive", "wrappers_live", "wrappers_inactive", "side_slots")]


def resident():
    """Bytes of memory that the process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.mark.skipif("ASAN_OPTIONS" in os.environ, reason="the address sanitizer keeps freed memory")
def test_memory_of_what_python_never_sees():
    def make():
        for _ in range(10):
            assert ir.count(ir.simplify(ir.chain(5_000))) > 5_000

    make()
    before = resident()
    for _ in range(5):
        make()
    assert resident() - before < 10_000_000  # of 50 chains of some 0.5 MB


def test_four_threads():
    shared, table = sample(), ir.Table("shared")
    shared.a.a.note = "kept"
    rounds = []

    def work():
        mine, count, end = ir.Table("mine"), 0, time.monotonic() + 1
        while time.monotonic() < end:
            count += 1
            expr = ir.Add(shared, sample())
            assert expr.a is shared and expr.a.a.a.note == "kept"
            assert ir.simplify(expr) is expr
            assert ir.evaluate(expr, {"x": 1, "y": 2}) == 8
            assert ir.rewrite(expr, lambda node: shared if node is expr else None) is shared
            assert ir.variables(shared)[0] is shared.a.a
            for place in (mine, table):
                place.insert(f"{count % 7}", expr)
                assert place.get(f"{count % 7}").a is shared
                assert place.size == len(place.keys()) or place is table
            with pytest.raises(ir.UnboundVariable):
                ir.evaluate(shared, {})
            array = bowline.Array([sample(), shared])
            ir.drop_on_thread(array._move())
        rounds.append(count)

    run_threads(work, work, work, work)
    assert min(rounds) > 0
    assert table.size == 7


def test_nothing_is_left():
    def all_of_it():
        test_one_wrapper_for_each_object()
        test_simplify()
        test_rewrite()
        test_an_exception_of_a_callback_comes_out_as_it_was_raised()
        test_count_and_variables()
        test_evaluate()
        test_the_table()
        test_text_and_structure()
        for make in (lambda: ir.Add(ir.Int(1), 2), lambda: ir.Call("mul", [ir.Int(1), "x"]), lambda: ir.Int(1, 2)):
            with pytest.raises(TypeError):
                make()

    all_of_it()
    before = counts()
    for _ in range(5):
        all_of_it()
    assert counts() == before
