"""The one program of three authors: what their packages of native types do, whichever language these are written in.

BOWLINE_AUTHOR names the package (`rust_ir`, `cpp_ir`, `c_ir`), which is on the path.
"""

import gc
import importlib
import os
import pickle
import sys
import sysconfig
import threading
import time

import bowline
import pytest

PACKAGE = os.environ["BOWLINE_AUTHOR"]
ir = importlib.import_module(PACKAGE)


def settle():
    gc.collect()
    bowline.settle()
    bowline.trim()


def objects():
    settle()
    return bowline.stats()["objects_alive"]


def sample():
    x, y = ir.Var("x"), ir.Var("y")
    return x, y, ir.Add(ir.Add(x, ir.Int(1)), ir.Call("mul", [x, y]))


def test_the_gil_stays_off():
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        assert not sys._is_gil_enabled()


def test_construction_and_fields():
    x, y, e = sample()
    assert (x.name, e.a.b.value, e.b.op) == ("x", 1, "mul")
    assert e.a.a is x and list(e.b.args) == [x, y]
    assert e.a is e.a and e.b.args is e.b.args
    for node in [x, y, e, e.a, e.a.b, e.b]:
        assert isinstance(node, ir.Expr)
    assert type(e.a) is ir.Add and type(e.b) is ir.Call


def test_identity_outlives_the_wrapper():
    _, _, e = sample()
    address = id(e.a)
    gc.collect()
    assert id(e.a) == address
    # Of the classes, `Call` has a dict.
    e.b.note = ["kept"]
    address = id(e.b)
    gc.collect()
    assert e.b.note == ["kept"] and id(e.b) == address


def test_wrong_arguments_are_named():
    with pytest.raises(TypeError, match="name"):
        ir.Var(1)
    with pytest.raises(TypeError, match="Expr"):
        ir.Add(1, ir.Var("x"))
    with pytest.raises(TypeError, match="Expr"):
        ir.simplify("x")
    with pytest.raises(TypeError, match="Expr"):
        ir.Call("op", [1])


def test_simplify():
    x, y, e = sample()
    assert ir.simplify(e) is e
    assert ir.simplify(ir.Add(x, ir.Int(0))) is x and ir.simplify(ir.Add(ir.Int(0), x)) is x
    folded = ir.simplify(ir.Add(ir.Int(3), ir.Int(4)))
    assert type(folded) is ir.Int and folded.value == 7
    half = ir.simplify(ir.Add(x, ir.Add(ir.Int(3), ir.Int(4))))
    assert half.a is x and half.b.value == 7


def test_rewrite():
    x, _, e = sample()
    met = []
    same = ir.rewrite(e, met.append)
    assert same is e and met[-1] is e and met[0] is x
    doubled = ir.rewrite(e, lambda node: ir.Int(node.value * 2) if isinstance(node, ir.Int) else None)
    assert doubled.a.b.value == 2 and doubled.b is e.b and doubled.a.a is x


def test_exceptions_of_a_callback():
    class Stop(Exception):
        pass

    def stop(node):
        raise Stop(node)

    x = ir.Var("x")
    with pytest.raises(Stop) as raised:
        ir.rewrite(ir.Add(x, x), stop)
    assert raised.value.args[0] is x
    with pytest.raises(TypeError):
        ir.rewrite(x, lambda node: "no expression")


def test_visitors():
    x, y, e = sample()
    assert ir.count(e) == 7
    found = ir.variables(e)
    assert [v for v in found] == [x, y] and found[0] is x


def test_evaluate():
    _, _, e = sample()
    assert ir.evaluate(ir.Add(e.a, ir.Var("y")), {"x": 2, "y": 5}) == 8
    with pytest.raises(ir.UnboundVariable, match="y") as raised:
        ir.evaluate(ir.Add(e.a, ir.Var("y")), {"x": 2})
    assert isinstance(raised.value, LookupError)
    with pytest.raises(TypeError):
        ir.evaluate(e, {"x": "two"})


def test_table():
    x, _, e = sample()
    table = ir.Table("names")
    assert (table.name, table.size) == ("names", 0)
    table.insert("b", x)
    table.insert("a", e)
    table.insert("b", e)
    assert table.size == 2 and list(table.keys()) == ["b", "a"]
    assert table.get("a") is e and table.get("b") is e and table.get("c") is None
    with pytest.raises(AttributeError):
        table.size = 7
    with pytest.raises(TypeError):
        table.insert("c", 1)


def test_drop_on_a_native_thread():
    before = objects()
    for _ in range(20):
        ir.drop_on_thread([ir.Add(ir.Var("x"), ir.Int(n)) for n in range(50)])
    x = ir.Var("x")
    address = id(x)
    ir.drop_on_thread([x, ir.Add(x, x)])
    assert id(x) == address and x.name == "x"
    del x
    assert objects() == before


def test_a_long_chain():
    before = objects()
    chain = ir.chain(20_000)
    assert ir.count(chain) >= 40_000
    del chain
    assert objects() == before


def test_text():
    assert "x" in repr(ir.Var("x")) and repr(ir.Int(7)) != repr(ir.Int(8))


def test_four_threads():
    before = objects()
    end = time.monotonic() + 1
    errors = []
    x, unused, shared = sample()
    table = ir.Table("shared")

    def work(number):
        try:
            rounds = 0
            while time.monotonic() < end:
                rounds += 1
                _, y, e = sample()
                assert e.a is e.a and shared.a.a is x and shared.b is shared.b
                assert ir.simplify(e) is e and ir.count(shared) == 7
                assert ir.rewrite(e, lambda node: None) is e
                assert ir.evaluate(ir.Add(y, ir.Int(number)), {"y": rounds}) == rounds + number
                table.insert(str(rounds % 7), e)
                assert table.get(str(rounds % 7)) is not None
                assert [v.name for v in ir.variables(table.get("1") or shared)] == ["x", "y"]
                with pytest.raises(ir.UnboundVariable):
                    ir.evaluate(y, {})
                ir.drop_on_thread([e, y])
            assert rounds > 3
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert not errors, errors
    assert table.size == len(table.keys()) <= 7
    del table, shared, x, unused, threads
    assert objects() == before


@pytest.mark.skipif(PACKAGE != "rust_ir", reason="objects can be made again from their fields, and compared by these, in rust_ir")
def test_pickles_and_structure():
    x, _, e = sample()
    again = pickle.loads(pickle.dumps(e))
    assert again.a.a is again.b.args[0] and again.a.a is not x
    assert bowline.structural_equal(e, e) and bowline.structural_equal(ir.Int(1), ir.Int(1))
    assert not bowline.structural_equal(ir.Int(1), ir.Int(2))
    with pytest.raises(TypeError):
        pickle.dumps(ir.Table("t"))
