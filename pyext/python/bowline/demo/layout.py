"""The classes of the demo, which worker processes import, and what a worker looks at."""

from __future__ import annotations

from typing import Any

import bowline


@bowline.py_class("demo.Expr", frozen=True, structural_eq="tree")
class Expr(bowline.Object):
    """What has a value."""


@bowline.py_class("demo.Var", frozen=True, structural_eq="var")
class Var(Expr):
    """A variable: two of the same name are two."""

    name: str


@bowline.py_class("demo.Add", frozen=True, structural_eq="tree")
class Add(Expr):
    """A sum."""

    a: Expr
    b: Expr


@bowline.py_class("demo.Layout", frozen=True, structural_eq="tree")
class Layout(bowline.Object):
    """Where the element with given axes is."""

    axes: tuple[Var, ...]
    offset: Add


@bowline.py_class("demo.Cell")
class Cell(bowline.Object):
    """A place whose content changes while threads read it."""

    value: Expr | None = None


def make() -> Layout:
    """Return the layout ``(i, j) -> i + j``."""
    i, j = Var("i"), Var("j")
    return Layout(axes=(i, j), offset=Add(a=i, b=j))


def sharing(pair: tuple[Any, Any]) -> dict[str, bool]:
    """Return which axes are the variables of the offset: by identity, and by native handle."""
    axes, offset = pair
    return {
        "by `is`": axes[0] is offset.a and axes[1] is offset.b,
        "by handle": axes[0].__chandle__() == offset.a.__chandle__() and axes[1].__chandle__() == offset.b.__chandle__(),
        "by name": [axis.name for axis in axes] == ["i", "j"] == [offset.a.name, offset.b.name],
    }


def rewrite(expr: Any, memo: dict[int, Any], hits: list[int], kept: list[Any] | None = None) -> Any:
    """Return a copy of `expr` with other names, each node copied once.

    `hits` gets an entry per revisit; `kept` gets the wrappers, where ids would not last without that.
    """
    if kept is not None:
        kept.append(expr)
    if id(expr) in memo:
        hits.append(id(expr))
        return memo[id(expr)]
    if hasattr(expr, "a"):
        result: Expr = Add(rewrite(expr.a, memo, hits, kept), rewrite(expr.b, memo, hits, kept))
    else:
        result = Var(expr.name + "'")
    memo[id(expr)] = result
    return result
