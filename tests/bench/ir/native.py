"""What the workload needs of bowline or of apache-tvm-ffi. One source serves both, since their names are the same."""

from __future__ import annotations

import importlib

import system

_package = importlib.import_module(system.NAME)
_dataclasses = importlib.import_module(f"{system.NAME}.dataclasses")
_serialization = importlib.import_module(f"{system.NAME}.serialization")

# Its library has the functions. apache-tvm-ffi has them by itself, and its module of that name needs pytest.
if system.NAME == "bowline":
    importlib.import_module("bowline.testing")

Base = _package.Object
Array, List, Map, Dict = _package.Array, _package.List, _package.Map, _package.Dict
structural_equal, structural_hash = _package.structural_equal, _package.structural_hash
to_json, from_json = _serialization.to_json_graph_str, _serialization.from_json_graph_str
function = _package.convert
echo = _package.get_global_func("testing.echo")
nop = _package.get_global_func("testing.nop")


def node(key, structural_eq="tree"):
    """Return the decorator of a class of nodes."""
    return _dataclasses.py_class(f"bench.ir.{key}", frozen=not system.MUTABLE, structural_eq=structural_eq)
