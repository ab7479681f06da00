"""What a class gets once its fields are known: native type, properties, constructor, comparisons.

Upholds: what a class defines itself stays.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from .. import _core, _declared
from .._constructor import parameters
from .._place import note_forward
from ..core import MISSING, FieldInfo, Object
from ._comparison import add_comparisons
from ._construction import add_init
from ._definition import Definition, define
from ._extension import run_hooks
from ._field import Field
from ._init_property import InitProperty
from ._method import methods_and_hooks
from ._plan import Plan


class _Factory:
    """Stands for what a factory makes."""

    def __repr__(self) -> str:
        return "<factory>"


_FACTORY = _Factory()


def finish(plan: Plan, fields: list[Field]) -> None:
    """Define the native type and equip the class."""
    cls = plan.cls
    if plan.options["forget"]:
        _core.let_forget(cls)
    run_hooks(plan, fields)
    definition = Definition(cls, plan.key, fields, *methods_and_hooks(cls, plan.scope), plan.options["structural_eq"])
    define(plan.index, cls, definition)
    try:
        equip(plan, fields)
        cls.__bowline_definition__ = definition  # type: ignore[attr-defined]
    except BaseException:
        _core.unregister_class(plan.index)
        raise
    _declared.DECLARED.pop(cls, None)
    note_forward(plan.succeeds, plan.index, [f.schema for f in fields])
    # Last: a former class has the key until here.
    _core.take_key(plan.index)


def doc_of(cls: type, fields: Iterable[Field | FieldInfo]) -> str:
    """Return how a class is called, and what its own fields say. A dataclass says the former alike."""
    signature: inspect.Signature | None = getattr(cls.__init__, "__signature__", None)  # type: ignore[misc]
    if signature is None:
        call = "(...)"
    else:
        parameters = [
            p.replace(default=_FACTORY) if p.default is MISSING else p for p in list(signature.parameters.values())[1:]
        ]
        call = str(inspect.Signature(parameters))
    said = [f"\n{f.name} : {f.doc}" for f in fields if f.doc]
    return "\n".join([f"{cls.__name__}{call}", *said])


def equip(plan: Plan, fields: list[Field]) -> None:
    """Give a class that is registered what it does not define itself."""
    cls = plan.cls
    for name, computed in list(cls.__dict__.items()):
        if isinstance(computed, InitProperty):
            computed.keep(cls)
            # The property of the field takes its place; a parent's, where it computes that anew.
            delattr(cls, name)
    for f in fields:
        setattr(cls, f.name, _core.field_property(plan.index, f.name))
    cls.__bowline_fields__ = {f.name: f for f in fields}  # type: ignore[attr-defined]
    add_init(cls, plan.options["init"])
    add_comparisons(cls, plan.options)
    if plan.options["repr"] and "__repr__" not in cls.__dict__ and cls.__repr__ is not Object.__repr__:
        cls.__repr__ = Object.__repr__  # type: ignore[method-assign]
    if cls.__doc__ is None:
        cls.__doc__ = doc_of(cls, fields)
    if plan.options["match_args"] and "__match_args__" not in cls.__dict__:
        cls.__match_args__ = tuple(f.name for f in parameters(plan.index)[0])  # type: ignore[attr-defined]
