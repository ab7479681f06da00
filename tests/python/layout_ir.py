"""The classes of the layout example, in a module that worker processes can import."""

from __future__ import annotations

import bowline


@bowline.py_class("layout.Expr", frozen=True, structural_eq="tree")
class Expr(bowline.Object):
    pass


@bowline.py_class("layout.Var", frozen=True, structural_eq="var")
class Var(Expr):
    name: str


@bowline.py_class("layout.Add", frozen=True, structural_eq="tree")
class Add(Expr):
    a: Expr
    b: Expr


@bowline.py_class("layout.Layout", frozen=True, structural_eq="tree")
class Layout(bowline.Object):
    axes: tuple[Var, ...]
    offset: Expr


def make():
    i, j = Var("i"), Var("j")
    return Layout(axes=(i, j), offset=Add(a=i, b=j))


def sharing(pair):
    """What a worker finds of (axes, offset). That is identity by `is` and by native handle, and the names."""
    axes, offset = pair
    return (
        axes[0] is offset.a,
        axes[1] is offset.b,
        axes[0].__chandle__() == offset.a.__chandle__(),
        axes[1].__chandle__() == offset.b.__chandle__(),
        offset.a is not offset.b,
        [axis.name for axis in axes],
    )


SHARED = (True, True, True, True, True, ["i", "j"])
