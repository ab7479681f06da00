"""The `Field` of each field, also of those that native code declares.

Upholds: a field has one `Field`, once the annotations of its class can be read.
"""

from __future__ import annotations

from typing import Any

from .. import _core
from .._declared import annotations_if_known
from .._type_info import TypeInfo
from ._field import Field

# Of classes whose fields native code declares.
_DESCRIBED: dict[type, dict[str, Field]] = {}


def field_of(info: Any) -> Field:
    """Return the `Field` of a `TypeField`: the same each time."""
    owner = _core.class_of(info.owner)
    if owner is None:
        return _described(info, None)
    known = owner.__dict__.get("__bowline_fields__") or _DESCRIBED.get(owner)
    if known is None:
        types = annotations_if_known(owner)
        own = [other for other in _core.fields_of(info.owner) if other.owner == info.owner]
        known = {other.name: _described(other, (types or {}).get(other.name)) for other in own}
        if types is not None:
            known = _DESCRIBED.setdefault(owner, known)
    return known[info.name]


def set_field(info: Any, described: Field) -> None:
    """Let another `Field` be that of a `TypeField`. What native code knows of the field stays.

    Raises
    ------
    TypeError
        If it is no `Field`, or the field's type has no class.
    """
    if not isinstance(described, Field):
        raise TypeError(f"dataclass_field must be a Field, got {type(described).__name__}")
    owner = _core.class_of(info.owner)
    if owner is None:
        raise TypeError(f"the type of the field '{info.name}' has no class")
    known = owner.__dict__.get("__bowline_fields__")
    if known is None:
        own = [other for other in _core.fields_of(info.owner) if other.owner == info.owner]
        known = _DESCRIBED.setdefault(owner, {other.name: field_of(other) for other in own})
    known[info.name] = described


def attach(cls: type, type_info: TypeInfo, *, frozen: bool = False) -> None:
    """Make the `Field` of each field that a native type itself declares anew.

    Parameters
    ----------
    cls : type
        Whose annotations say what the fields hold. Where they cannot be evaluated, `Field.type` is None.
    type_info : TypeInfo
        The type. It has a class.
    frozen : bool
        Whether all of the fields are frozen for Python code.

    Raises
    ------
    TypeError
        If Python code defined the type, whose fields are those of its class's body; if the type has no class.
    """
    owner = type_info.type_cls
    if owner is None or "__bowline_fields__" in owner.__dict__:
        raise TypeError(f"the fields of '{type_info.type_key}' are not described by the annotations of another class")
    types = annotations_if_known(cls) or {}
    made = {info.name: _described(info, types.get(info.name)) for info in type_info.fields}
    for described in made.values():
        described.frozen = described.frozen or frozen
    _DESCRIBED[owner] = made


def _described(info: Any, annotation: Any) -> Field:
    described = Field(
        default=info.default,
        default_factory=info.default_factory,
        frozen=info.frozen,
        init=info.init,
        repr=info.repr,
        hash=info.hash,
        compare=info.compare,
        kw_only=info.kw_only,
        structural_eq=info.structural,
        doc=info.doc,
    )
    described.name = info.name
    described.type = annotation
    described.schema = info.schema
    return described
