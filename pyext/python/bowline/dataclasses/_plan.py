"""A class on its way to registration, and the fields that it declares.

Upholds: the fields of a class are its own and those of bases that are not registered; none hides a field of the parent.
"""

from __future__ import annotations

import dataclasses as _stdlib
from keyword import iskeyword
from typing import Any

from .. import _core, _declared
from ..core import MISSING, Object
from . import _annotation
from ._extension import Mark, mark_types
from ._field import KW_ONLY, Field, field
from ._init_property import InitProperty, is_computed


class Plan:
    """A class on its way to registration."""

    __slots__ = (
        "anywhere",
        "cls",
        "expected",
        "failed",
        "former",
        "index",
        "key",
        "marks",
        "missing",
        "need",
        "options",
        "parent",
        "scope",
        "succeeds",
        "where",
    )

    def __init__(self, cls: type, key: str, options: dict[str, Any], scope: dict[str, Any], where: str) -> None:
        self.cls = cls
        self.where = where
        # The class that had its name before, and the type that had its key.
        self.former: type | None = None
        self.succeeds: int | None = None
        self.key = key
        self.options = options
        self.scope = scope
        self.parent: type = Object
        self.index = -1
        # Those among the annotations, in their order.
        self.marks: list[Mark] = []
        # The type that must still have the key, or None. MISSING if any of the same code may.
        self.expected: Any = MISSING
        self.missing: NameError | None = None
        # Whether the last try ended in an error. The class's `__init__` raises it from then on.
        self.failed = False
        # What has to come before another try. It is a name, or the parent; None if it is not known.
        self.need: str | type | None = None
        # Whether names may be those of other modules. An import for type checkers only leaves none in the class's own.
        self.anywhere = False


def fields_of(plan: Plan) -> list[Field]:
    """Read the annotations of the class, after those of bases that are not registered."""
    fields: dict[str, Field] = {}
    keyword_only = plan.options["kw_only"]
    inherited = {f.name for f in _core.fields_of(_declared.type_index_of(plan.parent))}
    known_marks, plan.marks = mark_types(plan.cls), []
    for source in _sources(plan):
        annotations = _declared.own_annotations(source, plan.scope, plan.anywhere)
        for name, value in source.__dict__.items():
            if isinstance(value, Field) and name not in annotations:
                raise TypeError(f"field '{name}' of {plan.cls.__qualname__} has no type annotation")
        for name, annotation in annotations.items():
            if _annotation.is_class_var(annotation):
                continue
            if annotation is KW_ONLY:
                keyword_only = True
                continue
            if any(annotation is mark for mark in known_marks):
                plan.marks.append((annotation, source, name, len(inherited) + len(fields)))
                continue
            found = _read_default(source, name)
            found.name = name
            found.type = annotation
            try:
                found.schema = _annotation.schema_of(annotation, plan.cls)
            except TypeError as error:
                raise TypeError(f"field '{name}' of {plan.cls.__qualname__}: {error}") from None
            if found.kw_only is None:
                found.kw_only = keyword_only
            if found.hash is None:
                found.hash = found.compare
            found.frozen = found.frozen or plan.options["frozen"]
            fields[name] = found
        for name, computed in list(source.__dict__.items()):
            if isinstance(computed, InitProperty) and not is_computed(plan.parent, name):
                fields[name] = computed.as_field(name, plan.cls, source, plan.scope, plan.anywhere)
                fields[name].frozen = plan.options["frozen"]
    for name in fields:
        if name in inherited:
            raise TypeError(
                f"field '{name}' of {plan.cls.__qualname__} is already a field of its parent, whose type and default stay. For "
                "another default define an __init__ that passes it on; for another type declare the field in subclasses only"
            )
        if name.startswith("__"):
            raise TypeError(f"field '{name}' of {plan.cls.__qualname__}: a field's name must not begin with two underscores")
        if not name.isidentifier() or iskeyword(name):
            raise TypeError(f"field '{name}' of {plan.cls.__qualname__}: a field's name must be an identifier, and no keyword")
    return list(fields.values())


def _sources(plan: Plan) -> list[type]:
    inherited = set(plan.parent.__mro__)
    return [c for c in reversed(plan.cls.__mro__) if c not in inherited and not _annotation.is_foreign(c)]


def _read_default(source: type, name: str) -> Field:
    value = source.__dict__.get(name, MISSING)
    if isinstance(value, Field):
        # A mixin's options may serve several classes.
        return _copy(value)
    if isinstance(value, _stdlib.Field):
        raise TypeError(
            f"field '{name}' of {source.__qualname__}: its default is a field of the standard library's dataclasses; "
            "use the function `field` of bowline"
        )
    # With `__slots__` the class shows a member descriptor here, not a default.
    if value is not MISSING and type(value).__name__ in ("member_descriptor", "FieldProperty"):
        value = MISSING
    if isinstance(value, list | dict | set):
        raise ValueError(f"mutable default {type(value)} for field {name} is not allowed: use default_factory")
    return field(default=value)


def _copy(options: Field) -> Field:
    copied = Field.__new__(Field)
    for slot in Field.__slots__:
        setattr(copied, slot, getattr(options, slot))
    copied.metadata = dict(options.metadata)
    copied.extra_kwargs = dict(options.extra_kwargs)
    return copied
