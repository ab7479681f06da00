"""`py_class`: from a Python class with annotations to a registered native type.

Upholds: options are checked before anything is registered.
"""

from __future__ import annotations

import sys
import typing
from collections.abc import Callable
from typing import Any, Literal, TypeVar, overload

from .._place import line_of
from ..core import MISSING as MISSING  # noqa: PLC0414, handed on
from ._field import KW_ONLY as KW_ONLY  # noqa: PLC0414
from ._field import Field, field
from ._method import _collect_py_methods as _collect_py_methods  # noqa: PLC0414
from ._method import method as method  # noqa: PLC0414
from ._plan import Plan
from ._registration import register

_T = TypeVar("_T")
_STRUCTURAL = (None, "tree", "var", "dag", "const-tree", "singleton")
_Structural = Literal["tree", "var", "dag", "const-tree", "singleton"]


@overload
@typing.dataclass_transform(eq_default=False, field_specifiers=(field, Field))
def py_class(key_or_cls: type[_T], /) -> type[_T]: ...
@overload
@typing.dataclass_transform(eq_default=False, field_specifiers=(field, Field))
def py_class(
    key_or_cls: str | None = None,
    *,
    type_key: str | None = None,
    frozen: bool = False,
    init: bool = True,
    repr: bool = True,
    eq: bool = False,
    order: bool = False,
    unsafe_hash: bool = False,
    match_args: bool = True,
    kw_only: bool = False,
    structural_eq: _Structural | None = "tree",
    slots: bool = True,
    forget: bool = False,
) -> Callable[[type[_T]], type[_T]]: ...
@typing.dataclass_transform(eq_default=False, field_specifiers=(field, Field), converter=None)  # type: ignore[literal-required]
def py_class(
    key_or_cls: str | type | None = None,
    *,
    type_key: str | None = None,
    frozen: bool = False,
    init: bool = True,
    repr: bool = True,
    eq: bool = False,
    order: bool = False,
    unsafe_hash: bool = False,
    match_args: bool = True,
    kw_only: bool = False,
    structural_eq: str | None = "tree",
    slots: bool = True,
    forget: bool = False,
) -> Any:
    """Register a class whose annotated fields live in native objects.

    Parameters
    ----------
    key_or_cls : str or type, optional
        The type key, or the class if used as a bare decorator.
    type_key : str, optional
        The type key; ``module.qualname`` if neither is given.
    frozen : bool
        Fields cannot be set after construction.
    init, repr : bool
        Make ``__init__`` and ``__repr__``, unless the class defines them.
    eq, order, unsafe_hash : bool
        Compare, order and hash by content. With `eq` and `frozen`, or `unsafe_hash`, instances hash by content; with
        `eq` alone they are unhashable. Without them instances compare by identity.
    match_args : bool
        Set ``__match_args__``.
    kw_only : bool
        The constructor takes fields by keyword only.
    structural_eq : {"tree", "var", "dag", "const-tree", "singleton", None}
        How structural equality treats instances.
    slots : bool
        Ignored: instances never have a ``__dict__`` unless the class asks for one.
    forget : bool
        What Python knows of an object beside its fields (attributes in a ``__dict__``, slots, weak references) goes when the
        last reference to its wrapper does, and ``__del__`` runs each time. Without it such state stays as long as the object.
        Holds for classes that derive from this one, too. The address stays in either case.

    Raises
    ------
    TypeError
        If the class does not derive from a registered class, or a field cannot be.
    ValueError
        If the key is that of a class that is defined elsewhere.

    Notes
    -----
    A class that the same code registered before (a cell of a notebook, a module that is loaded anew) gives way. The key
    finds the new one from then on, while instances of the former keep their class and their fields.

    Examples
    --------
    >>> import bowline
    >>> @bowline.py_class("doc.py_class.Var", frozen=True)
    ... class Var(bowline.Object):
    ...     name: str
    >>> @bowline.py_class("doc.py_class.Add", frozen=True)
    ... class Add(bowline.Object):
    ...     a: Var
    ...     b: Var
    >>> x = Var("x")
    >>> double = Add(x, x)
    >>> double.a is double.b is x
    True
    >>> double
    doc.py_class.Add(a=doc.py_class.Var(name="x"), b=doc.py_class.Var(name="x"))
    """
    if key_or_cls is not None and not isinstance(key_or_cls, str | type):
        raise TypeError(f"expected a type key or a class, got {key_or_cls!r}")
    if structural_eq not in _STRUCTURAL:
        raise ValueError(f"structural_eq must be one of {list(_STRUCTURAL)}, got {structural_eq!r}")
    if order and not eq:
        raise ValueError("order=True requires eq=True")
    options = {
        "frozen": frozen,
        "init": init,
        "repr": repr,
        "eq": eq,
        "order": order,
        "unsafe_hash": unsafe_hash,
        "match_args": match_args,
        "kw_only": kw_only,
        "structural_eq": structural_eq,
        "forget": forget,
    }
    key = key_or_cls if isinstance(key_or_cls, str) else type_key
    frame = sys._getframe(1)
    scope = {} if frame.f_locals is frame.f_globals else dict(frame.f_locals)
    where = line_of(frame)
    del frame

    def decorate(cls: type) -> type:
        register(Plan(cls, key or f"{cls.__module__}.{cls.__qualname__}", options, scope, where))
        return cls

    return decorate(key_or_cls) if isinstance(key_or_cls, type) else decorate


def register_py_class(cls: type, key: str, scope: dict[str, Any], where: str, expected: int | None, **options: Any) -> None:
    """Register a class as `py_class` does with its defaults for all options but these.

    Raises
    ------
    OvertakenError
        If the type that has the key is not the `expected` one.
    """
    defaults: dict[str, Any] = {"frozen": False, "init": True, "repr": True, "eq": False, "order": False, "unsafe_hash": False}
    defaults |= {"match_args": True, "kw_only": False, "structural_eq": "tree", "forget": False}
    plan = Plan(cls, key, defaults | options, scope, where)
    plan.expected = expected
    register(plan)
