"""The system that this process times. What the workload needs of it has the same names for each.

BENCH_IR_SYSTEM names it: `bowline`, `bowline mutable`, `tvm_ffi` or `plain`. A system has a base class `Base`, a decorator
`node(key, structural_eq)`, `structural_equal`, `structural_hash`, `to_json`, `from_json`, the containers `Array`, `List`, `Map` and `Dict`,
`function(f)` that makes a native function of a Python one, and the native functions `echo` (its argument) and `nop` (nothing).
"""

from __future__ import annotations

import importlib
import os

NAME, _, _kind = os.environ["BENCH_IR_SYSTEM"].partition(" ")
MUTABLE = _kind == "mutable"
_found = importlib.import_module("plain" if NAME == "plain" else "native")

Base, node = _found.Base, _found.node
structural_equal, structural_hash = _found.structural_equal, _found.structural_hash
to_json, from_json = _found.to_json, _found.from_json
Array, List, Map, Dict = _found.Array, _found.List, _found.Map, _found.Dict
function, echo, nop = _found.function, _found.echo, _found.nop
