"""What libraries that build on `py_class` add to it.

These are marks among the annotations, options of fields, hooks that read both.

A base class has the hooks: functions with the attribute `__ffi_on_fields_resolved__`. They get the type's view and the class's
own `Field` objects, which they may change, before the native type has its fields.
Upholds: hooks run in the order of the bases, the furthest first; an option that none takes is a `TypeError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _core, _type_info
from .._suggest import hint
from ._field import Field, field

if TYPE_CHECKING:
    from ._plan import Plan

# A mark, the class whose annotation it is, and the annotation's name. The number is how many fields stand before it.
Mark = tuple[type, type, str, int]


def mark_types(cls: type) -> tuple[type, ...]:
    """Return the classes that are marks and no types of fields. A class's annotations name them.

    Raises
    ------
    TypeError
        If the class says something else.
    """
    said = getattr(cls, "__ffi_field_markers__", ())
    if not isinstance(said, tuple | list) or not all(isinstance(one, type) for one in said):
        raise TypeError(f"__ffi_field_markers__ of {cls.__qualname__} must be a tuple or list of classes, got {said!r}")
    return tuple(said)


def run_hooks(plan: Plan, fields: list[Field]) -> None:
    """Run the hooks of a class whose fields are known. Then refuse options that are left.

    Raises
    ------
    TypeError
        If a field has an option that is unknown.
    BaseException
        What a hook raises.
    """
    cls, index = plan.cls, plan.index
    parent = _core.parent_index(index)
    before = () if parent is None else _type_info.DECORATOR_ARGS.get(parent, {}).get("field_markers", ())
    _type_info.DECORATOR_ARGS[index] = plan.options | {"field_markers": (*before, *plan.marks)}
    hooks = [
        value
        for base in reversed(cls.__mro__)
        for value in base.__dict__.values()
        if callable(value) and getattr(value, "__ffi_on_fields_resolved__", False) is True
    ]
    if hooks:
        _type_info.PENDING[index] = cls, None
        try:
            for hook in hooks:
                hook(_type_info.TypeInfo(index), fields)
        finally:
            del _type_info.PENDING[index]
    refuse_options(cls, fields)


def refuse_options(cls: type, fields: list[Field]) -> None:
    """Refuse options of fields that none took.

    Raises
    ------
    TypeError
        If there are any.
    """
    for f in fields:
        if f.extra_kwargs:
            names = sorted(f.extra_kwargs)
            meant = hint(names[0], field.__kwdefaults__ or ())
            raise TypeError(f"{cls.__qualname__}.{f.name}: unrecognized field options: {', '.join(names)}{meant}")
