"""Registration of a class step by step.

The steps are the type, its fields, what the class shows of them. Libraries do so that make classes.

Upholds: a type gets its fields once; what a class defines itself stays.
"""

from __future__ import annotations

from .. import _core
from .._constructor import parameters
from ..core import Object
from ._comparison import add_comparisons
from ._construction import add_init
from ._definition import Definition, define
from ._extension import refuse_options
from ._field import Field

# By the numbers that native code has for them.
_STRUCTURAL_KINDS = (None, "tree", "var", "dag", "const-tree", "singleton")


def register_fields(index: int, cls: type, fields: list[Field], structure_kind: int | str | None) -> None:
    """Give a type its fields, and the class that wraps its objects.

    Raises
    ------
    TypeError
        If a field has no name or does not say what it holds.
    """
    for f in fields:
        if f.name is None or f.schema is None:
            raise TypeError(f"a field needs a name and a schema to be registered, got {f!r}")
        refuse_options(cls, [f])
        if f.hash is None:
            f.hash = f.compare
    kind = _STRUCTURAL_KINDS[structure_kind] if isinstance(structure_kind, int) else structure_kind
    definition = Definition(cls, _core.type_key(index), fields, [], [], kind)
    define(index, cls, definition)
    cls.__bowline_fields__ = {f.name: f for f in fields}  # type: ignore[attr-defined]


def install_dunders(
    cls: type,
    *,
    init: bool,
    repr: bool,
    eq: bool,
    order: bool,
    unsafe_hash: bool,
    match_args: bool = True,
    py_class_mode: bool = False,
) -> None:
    """Give a registered class the methods that a dataclass has. Those it defines itself stay.

    Parameters
    ----------
    cls : type
        The class.
    init, repr, eq, order, unsafe_hash, match_args : bool
        As for `py_class`.
    py_class_mode : bool
        Whether an ``__init__`` that the class defines is to find its object made.
    """
    if py_class_mode or "__init__" not in cls.__dict__:
        add_init(cls, init)
    add_comparisons(cls, {"eq": eq, "order": order, "unsafe_hash": unsafe_hash, "frozen": False})
    if repr and "__repr__" not in cls.__dict__ and cls.__repr__ is not Object.__repr__:
        cls.__repr__ = Object.__repr__  # type: ignore[method-assign]
    if match_args and "__match_args__" not in cls.__dict__:
        taken = parameters(_core.index_of_class(cls))[0]
        cls.__match_args__ = tuple(f.name for f in taken)  # type: ignore[attr-defined]
