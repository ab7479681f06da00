"""Equality, hash and walks by structure.

Upholds: the work is done natively; depth is no limit, other threads run meanwhile, and a signal ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from . import _core
from ._callbacks import DefRegionKind, entries
from ._rewrite import InplaceMode, StructuralMutator, structural_map, structural_mutate
from ._visiting import structural_visit
from .access_path import AccessPath
from .core import Object
from .registry import register_object

__all__ = [
    "DefRegionKind",
    "InplaceMode",
    "StructuralKey",
    "StructuralMutator",
    "StructuralVisitor",
    "VisitInterrupt",
    "WalkOrder",
    "WalkResult",
    "get_first_structural_mismatch",
    "structural_equal",
    "structural_hash",
    "structural_map",
    "structural_mutate",
    "structural_visit",
    "structural_walk",
]


def structural_equal(lhs: Any, rhs: Any, map_free_vars: bool = False, skip_tensor_content: bool = False) -> bool:
    """Return whether two values have the same structure.

    Parameters
    ----------
    lhs, rhs : Any
        The values.
    map_free_vars : bool
        Let variables that nothing defines stand for each other.
    skip_tensor_content : bool
        Let tensors of the same shape and element type be equal.

    Raises
    ------
    TypeError
        For objects whose class does not say how they are compared (``structural_eq=None``).

    Examples
    --------
    >>> import bowline
    >>> from bowline import field, structural_equal
    >>> @bowline.py_class("doc.structural.Var", structural_eq="var")
    ... class Var(bowline.Object):
    ...     name: str = field(structural_eq="ignore")
    >>> @bowline.py_class("doc.structural.Function")
    ... class Function(bowline.Object):
    ...     parameter: Var = field(structural_eq="def")
    ...     body: Var
    >>> x, y = Var("x"), Var("y")
    >>> structural_equal(Function(x, x), Function(y, y)), structural_equal(x, y)
    (True, False)
    """
    return _core.structural_equal(lhs, rhs, map_free_vars, skip_tensor_content)


def structural_hash(value: Any, map_free_vars: bool = False, skip_tensor_content: bool = False) -> int:
    """Return a hash of 64 bits that values of the same structure share. It is the same for the life of the process.

    Parameters
    ----------
    value : Any
        The value.
    map_free_vars, skip_tensor_content : bool
        As for `structural_equal`.

    Raises
    ------
    TypeError
        As `structural_equal` does.
    """
    return _core.structural_hash(value, map_free_vars, skip_tensor_content)


def get_first_structural_mismatch(
    lhs: Any, rhs: Any, map_free_vars: bool = False, skip_tensor_content: bool = False
) -> tuple[AccessPath, AccessPath] | None:
    """Return the paths to where two values differ first. None if they have the same structure.

    Parameters
    ----------
    lhs, rhs, map_free_vars, skip_tensor_content
        As for `structural_equal`.

    Examples
    --------
    >>> from bowline.structural import get_first_structural_mismatch
    >>> get_first_structural_mismatch([1, 2], [1, 2, 3])
    (<root>[<missing:2>], <root>[2])
    """
    return _core.structural_mismatch(lhs, rhs, map_free_vars, skip_tensor_content)


@register_object("ffi.StructuralKey", init=False)
class StructuralKey(Object):
    """A value that is a key by its structure, in dicts, `Map` and `Dict`.

    Parameters
    ----------
    key : Any
        The value. It must not change as long as the key is used.

    Examples
    --------
    >>> from bowline.structural import StructuralKey
    >>> {StructuralKey([1, 2]): "found"}[StructuralKey([1, 2])]
    'found'
    """

    if TYPE_CHECKING:
        key: Any
        hash_i64: int

    def __init__(self, key: Any) -> None:
        self.__move_handle_from__(_core.structural_key(key))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StructuralKey):
            return NotImplemented
        return _core.structural_key_equal(self, other)

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        # As `structural_hash` has it, unsigned.
        return self.hash_i64 & (2**64 - 1)

    def __reduce__(self) -> tuple[Any, ...]:
        # Its hash is made anew: types have other indices in another process.
        return type(self), (self.key,)


@register_object("ffi.VisitInterrupt")
class VisitInterrupt(Object):
    """What a callback returns to end a walk; the walk returns it.

    Parameters
    ----------
    value : Any
        What it says.
    """

    if TYPE_CHECKING:
        value: Any

    def __init__(self, value: Any = None) -> None:
        self.__ffi_init__(value)


@register_object("ffi.StructuralVisitor", init=False)
class StructuralVisitor(Object):
    """What a class's ``__s_visit__(self, visitor)`` and callbacks of `structural_visit` get. By it they say what is visited.

    A walk visits them once the hook has ended, in the order in which it said them; `structural_visit`, and visits by native
    code, at once. To end the walk the hook returns a `VisitInterrupt`.

    Examples
    --------
    >>> import bowline
    >>> @bowline.py_class("doc.structural.Pair")
    ... class Pair(bowline.Object):
    ...     a: int
    ...     b: int
    ...     def __s_visit__(self, visitor):
    ...         visitor.visit(self.b)
    >>> found = []
    >>> bowline.structural_walk([Pair(1, 2)], (int, found.append))
    >>> found
    [2]
    """

    def visit(self, *values: Any) -> VisitInterrupt | None:
        """Visit values; return what ended the visit, or None. A walk visits them once the hook has ended."""
        for value in values:
            ended = self._visit(value)  # type: ignore[attr-defined]
            if ended is not None:
                return ended
        return None

    def default_visit(self, value: Any) -> VisitInterrupt | None:
        """Visit a value as its type says, part by part or by its hook. The callback that suits it is not called."""
        return self._default_visit(value)  # type: ignore[attr-defined]

    def def_region_kind(self) -> DefRegionKind:
        """Return whether variables in the parts that are said now are defined there."""
        return DefRegionKind(self._def_region_kind())  # type: ignore[attr-defined]

    def with_def_region_kind(self, kind: DefRegionKind, callback: Callable[[], Any]) -> Any:
        """Call `callback`, in which parts are of another kind. Returns what it returns."""
        return self._with_def_region_kind(int(kind), callback)  # type: ignore[attr-defined]


class WalkOrder(IntEnum):
    """When a value is visited: before or after its parts."""

    PREORDER = 0
    POSTORDER = 1


class WalkResult(IntEnum):
    """How a walk goes on: to the value's parts, or past them."""

    ADVANCE = 0
    SKIP = 1


_ORDERS = {"pre": "pre", "post": "post", WalkOrder.PREORDER: "pre", WalkOrder.POSTORDER: "post"}


def structural_walk(
    root: Any,
    callbacks: tuple[Any, ...] | Sequence[Any] | Callable[..., Any] = (),
    with_def_region_kind: tuple[Any, ...] | Sequence[Any] | Callable[..., Any] = (),
    order: str | WalkOrder = "post",
    *,
    once: bool = False,
) -> VisitInterrupt | None:
    """Visit a value and all its parts. These are items, values of mappings, and fields that structure counts, but not None.

    A key of a mapping says where a value stands, as the name of a field does, and is not visited.

    Parameters
    ----------
    root : Any
        The value.
    callbacks : callable, tuple or sequence
        What is called with a value: a callable for all, ``(type, callable)``, ``((type, ...), callable)``, or a sequence
        of such tuples, of which the first that suits is called. Returns None or a `WalkResult`, or a `VisitInterrupt` to
        end the walk.
    with_def_region_kind : callable, tuple or sequence
        As `callbacks`, called with the value and its `DefRegionKind`.
    order : {"post", "pre"} or WalkOrder
        Whether a value is visited after or before its parts.
    once : bool
        Visit an object the first time only, however often it comes. Without it a graph is walked as the tree that it
        stands for, which may be exponentially larger. What is no object, such as a number, is visited each time.

    Returns
    -------
    VisitInterrupt or None
        What ended the walk early.

    Raises
    ------
    ValueError
        For an unknown order.
    TypeError
        For callbacks that are none, or return something else.

    Examples
    --------
    >>> import bowline
    >>> from bowline.structural import structural_walk
    >>> found = []
    >>> structural_walk([1, ["a", 2]], (int, found.append))
    >>> found
    [1, 2]
    >>> shared = bowline.Array([1])
    >>> found.clear()
    >>> structural_walk([shared, shared], (int, found.append), once=True)
    >>> found
    [1]
    """
    known = _ORDERS.get(order)
    if known is None:
        raise ValueError(f"Unknown structural walk order: expected 'pre', 'post' or a WalkOrder, got {order!r}")
    rows = [(types, call, False) for types, call in entries(callbacks, "structural_walk")]
    rows += [(types, _with_kind(call), True) for types, call in entries(with_def_region_kind, "structural_walk")]
    return _core.structural_walk(root, rows, known, once)


def _with_kind(call: Callable[[Any, DefRegionKind], Any]) -> Callable[[Any, int], Any]:
    return lambda value, kind: call(value, DefRegionKind(kind))
