"""apache-tvm-ffi: at 0.1.13 it ties wrappers, in later releases it does not."""

import tvm_ffi
from tvm_ffi.dataclasses import py_class


@py_class("bench.Leaf")
class Leaf(tvm_ffi.Object):
    n: int


@py_class("bench.Node")
class Node(tvm_ffi.Object):
    x: Leaf
    y: Leaf
    n: int

    def m(self):
        return None


@py_class("bench.Root")
class Root(tvm_ffi.Object):
    a: Node


array = tvm_ffi.Array
echo = tvm_ffi.get_global_func("testing.echo")
nop = tvm_ffi.get_global_func("testing.nop")
apply = tvm_ffi.get_global_func("testing.apply")
