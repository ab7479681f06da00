"""tilelang's libraries, which were built against tvm-ffi before 0.1.13. They load, and an expression is made and shown."""

import ctypes
import sys
from pathlib import Path

import bowline
from loading import get, load

# By its soname, the compiler finds what is loaded.
ctypes.CDLL(str(next(Path(sys.argv[2]).rglob("libz3.so*"))))
load("tilelang/lib/libtvm_runtime.so", "tilelang/lib/libtvm_compiler.so", "tilelang/lib/libtilelang.so", functions=2000)
five = get("ir.IntImm")(bowline.dtype("int32"), 5, None)
print(repr(get("tirx.Add")(five, five, None)))
