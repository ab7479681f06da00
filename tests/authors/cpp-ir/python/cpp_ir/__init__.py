"""Expressions of a small language, which are native objects of a library in C++."""

from __future__ import annotations

from pathlib import Path

import bowline
from bowline.dataclasses import c_class

_library = bowline.load_module(next(Path(__file__).parent.glob("libcpp_ir.*")))


@c_class("cpp_ir.Expr")
class Expr(bowline.Object):
    """Any expression."""


@c_class("cpp_ir.Var")
class Var(Expr):
    """A variable, which can be given attributes."""

    __slots__ = ("__dict__", "__weakref__")
    name: str


@c_class("cpp_ir.Int")
class Int(Expr):
    """An integer."""

    value: int


@c_class("cpp_ir.Add")
class Add(Expr):
    """A sum."""

    a: Expr
    b: Expr


@c_class("cpp_ir.Call")
class Call(Expr):
    """The result of an operator."""

    op: str
    args: bowline.Array[Expr]


@c_class("cpp_ir.Table")
class Table(bowline.Object):
    """Expressions by name."""

    name: str
    size: int


@bowline.register_error("cpp_ir.UnboundVariable")
class UnboundVariable(LookupError):
    """An expression has a variable that the environment has no value for."""


simplify = bowline.get_global_func("cpp_ir.simplify")
rewrite = bowline.get_global_func("cpp_ir.rewrite")
count = bowline.get_global_func("cpp_ir.count")
variables = bowline.get_global_func("cpp_ir.variables")
evaluate = bowline.get_global_func("cpp_ir.evaluate")
drop_on_thread = bowline.get_global_func("cpp_ir.drop_on_thread")
chain = bowline.get_global_func("cpp_ir.chain")
