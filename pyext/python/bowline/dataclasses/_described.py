"""The `Field` of each field, also of those that native code declares.

Upholds: a field has one `Field`, once the annotations of its class can be read.
"""

from __future__ import annotations

from typing import Any

from .. import _core
from .._declared import annotations_if_known
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
