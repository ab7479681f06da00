"""The classes of the intermediate representation, of whichever system is timed."""

from system import Base, node


@node("Expr")
class Expr(Base):
    pass


@node("Var")
class Var(Expr):
    name: str
    index: int


@node("Int")
class Int(Expr):
    value: int


@node("Add")
class Add(Expr):
    a: Expr
    b: Expr
    line: int


@node("Mul")
class Mul(Expr):
    a: Expr
    b: Expr
    line: int


@node("Call")
class Call(Expr):
    name: str
    args: tuple[Expr, ...]


@node("Block")
class Block(Expr):
    name: str
    items: list[Expr]


@node("Shared", structural_eq="dag")
class Shared(Base):
    """A node of which sharing is a part of the content. It has a node or two, or none."""

    items: tuple[Base, ...]
    line: int
