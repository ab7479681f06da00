"""A function of apache-tvm in a process of its own, by bowline or by apache-tvm-ffi.

It answers on stdout what it is told on stdin, one JSON array a line.

worker.py bowline|tvm_ffi TVM      TVM is the folder of apache-tvm; [row, seconds] -> [nanoseconds, what both must agree on]
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import time

# From here on the process has had a second thread, as those of users have.
_first = threading.Thread(target=lambda: None)
_first.start()
_first.join()

if sys.argv[1] == "bowline":
    import bowline

    bowline.provide_tvm_ffi()
sys.path.insert(0, sys.argv[2])

import tvm  # noqa: E402
import tvm_ffi  # noqa: E402
from tvm import tirx  # noqa: E402
from tvm.script import ir as I  # noqa: E402, F401
from tvm.script import tirx as T  # noqa: E402, F401

TERMS = 200
SOURCE = f"""
@I.ir_module(s_tir=True)
class M:
    @T.prim_func(s_tir=True)
    def main(A: T.Buffer((128,), "int32"), B: T.Buffer((128,), "int32")):
        for i in range(128):
            with T.sblock("b"):
                vi = T.axis.remap("S", [i])
                B[vi] = {" + ".join(f"A[vi] * {n + 2}" for n in range(TERMS))}
"""
module = tvm.script.from_source(SOURCE)
function, twin = module["main"], tvm.script.from_source(SOURCE)["main"]


def store(stmt):
    """The one store of the function."""
    while not isinstance(stmt, tirx.BufferStore):
        stmt = stmt.block if hasattr(stmt, "block") else stmt.body
    return stmt


top = store(function.body).value
leaf = top
while isinstance(leaf, (tirx.Add, tirx.Mul)):
    leaf = leaf.a
Load = type(leaf)


def walk(node):
    """Count the nodes of an expression, by its fields."""
    if isinstance(node, (tirx.Add, tirx.Mul)):
        return 1 + walk(node.a) + walk(node.b)
    if isinstance(node, Load):
        return 1 + sum(walk(index) for index in node.indices)
    return 1


def sum_of(node):
    """Add up the integers of an expression."""
    if isinstance(node, (tirx.Add, tirx.Mul)):
        return sum_of(node.a) + sum_of(node.b)
    return node.value if isinstance(node, tirx.IntImm) else 0


def rewrite(node):
    """Make the expression anew where an integer in it is to be another."""
    if isinstance(node, (tirx.Add, tirx.Mul)):
        a, b = rewrite(node.a), rewrite(node.b)
        return node if a is node.a and b is node.b else type(node)(a, b)
    return tirx.IntImm("int32", node.value + 1) if isinstance(node, tirx.IntImm) else node


def visit():
    count = 0

    def note(_):
        nonlocal count
        count += 1

    tvm_ffi.structural_walk(top, (tirx.IntImm, note))
    return count


@tirx.transform.prim_func_pass(opt_level=0)
def replace_value(given, mod, context):
    """Give the function another value to store."""

    def statement(stmt):
        if isinstance(stmt, tirx.For):
            return tirx.For(stmt.loop_var, stmt.min, stmt.extent, stmt.kind, statement(stmt.body))
        return stmt

    return given.with_body(statement(given.body))


ROWS = {
    "read a field": lambda: (top.b, 1)[1],
    "read ten fields": lambda: (top.a.a.a.a.a.b, top.b.b, top.b.a, 1)[3],
    "walk the function in Python": lambda: walk(store(function.body).value),
    "add up its integers": lambda: sum_of(top),
    "rewrite it in Python": lambda: sum_of(rewrite(top)),
    "walk it in native code, with a callback": visit,
    "a pass with a callback": lambda: len(replace_value(module).functions),
    "structural equality": lambda: tvm_ffi.structural_equal(function, twin),
    "structural hash": lambda: tvm_ffi.structural_hash(function) != 0,
    "as text": lambda: len(function.script()),
}


def measure(name: str, seconds: float):
    call = ROWS[name]
    agreed, loops = call(), 1
    while True:
        gc.collect()
        begun = time.process_time()
        for _ in range(loops):
            call()
        taken = time.process_time() - begun
        if taken >= seconds:
            return taken / loops * 1e9, agreed
        loops = max(loops * 2, int(loops * seconds / max(taken, 1e-6)))


gil = getattr(sys, "_is_gil_enabled", lambda: True)()
print(json.dumps([gil, top.a is top.a, list(ROWS)]), flush=True)
for line in sys.stdin:
    print(json.dumps(measure(*json.loads(line))), flush=True)
