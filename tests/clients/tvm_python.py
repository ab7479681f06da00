"""apache-tvm's own Python package, unchanged: it says `import tvm_ffi`, which is bowline. Its nodes are tied."""

import copy
import gc
import pickle
import sys
import threading

import bowline
import numpy as np

sys.path.insert(0, sys.argv[1])
bowline.provide_tvm_ffi()

import tvm  # noqa: E402
import tvm_ffi  # noqa: E402
from tvm import relax, te, tirx  # noqa: E402
from tvm.script import ir as I  # noqa: E402, F401
from tvm.script import tirx as T  # noqa: E402, F401

SOURCE = '''
@I.ir_module(s_tir=True)
class M:
    @T.prim_func(s_tir=True)
    def main(A: T.Buffer((128,), "float32"), B: T.Buffer((128,), "float32")):
        for i in range(128):
            with T.sblock("b"):
                vi = T.axis.remap("S", [i])
                B[vi] = A[vi] + T.float32(1)
'''


def nodes():
    x, y = tirx.Var("x", "int32"), tirx.Var("y", "int32")
    total = x + y * 2
    assert type(total) is tirx.Add
    assert total.a is x
    assert total.b.a is y
    address = id(total.b)
    gc.collect()
    assert id(total.b) == address
    assert bowline.stats()["side_slots"] > 0
    assert str(tvm.sym.Analyzer().simplify(x + x - x)) == "x"
    assert tvm_ffi.structural_hash(x + 1, map_free_vars=True) == tvm_ffi.structural_hash(y + 1, map_free_vars=True)
    assert not tvm_ffi.structural_equal(x + 1, x + 2)
    again = tvm.ir.load_json(tvm.ir.save_json(total))
    assert tvm_ffi.structural_equal(total, again, map_free_vars=True)
    twice = pickle.loads(pickle.dumps([x + x, x]))
    assert twice[0].a is twice[0].b is twice[1]
    assert str(copy.deepcopy(total)) == str(total)


def modules():
    module = tvm.script.from_source(SOURCE)
    assert tvm_ffi.structural_equal(module, tvm.script.from_source(module.script()))
    assert copy.copy(module)["main"].same_as(module["main"])
    seen = []

    @tirx.transform.prim_func_pass(opt_level=0)
    def note(function, mod, _):
        seen.append(function)
        return function

    assert tvm_ffi.structural_equal(note(module), module)
    assert len(seen) == 1
    schedule = tvm.s_tir.Schedule(module)
    (loop,) = schedule.get_loops(schedule.get_sblock("b"))
    schedule.split(loop, factors=[None, 8])
    assert "T.grid(16, 8)" in schedule.mod.script()
    a = te.placeholder((128,), name="A", dtype="float32")
    b = te.compute((128,), lambda i: a[i] + 1.0, name="B")
    assert "sblock" in te.create_prim_func([a, b]).script()
    return module


def kernel(module):
    library = tvm.compile(module, target="llvm")
    given, result = np.arange(128, dtype="float32"), tvm.runtime.tensor(np.zeros(128, dtype="float32"))
    library["main"](tvm.runtime.tensor(given), result)
    np.testing.assert_array_equal(result.numpy(), given + 1)


def graph():
    # On one thread: a BlockBuilder is in a list of its class's.
    builder = relax.BlockBuilder()
    v = relax.Var("v", relax.TensorType((2, 3), "float32"))
    with builder.function("f", [v]):
        with builder.dataflow():
            out = builder.emit_output(relax.op.add(v, v))
        builder.emit_func_output(out)
    assert "R.add(v, v)" in builder.get().script()


def deep():
    x, y = tirx.Var("x", "int32"), tirx.Var("y", "int32")
    for _ in range(100):
        expression = x
        for k in range(20):
            expression = expression + tirx.const(k, "int32") * y
        assert expression.a is expression.a
        tvm_ffi.structural_hash(expression, map_free_vars=True)
        tvm.sym.Analyzer().simplify(expression)


errors = []


def all_of_it():
    try:
        for _ in range(3):
            nodes()
            kernel(modules())
        deep()
    except BaseException as error:
        errors.append(error)
        raise


graph()
all_of_it()
threads = [threading.Thread(target=all_of_it) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not errors
free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
print(f"tvm {tvm.__version__} on bowline: nodes, scripts, passes, kernels, on one thread and on four, the GIL {'off' if free_threaded else 'on'}")
