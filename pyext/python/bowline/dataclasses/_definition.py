"""What a `py_class` was registered with, for pickles that hold the class itself.

A pickler does that to classes that cannot be imported where they are wanted, such as those of a notebook: it makes a class of
the same bases, and sets the attributes of the original. One of them is the definition, by which that class is registered.
Upholds: in a process that has the class nothing is registered again.
"""

from __future__ import annotations

from typing import Any

from .. import _core, _declared
from .._place import new_type, roll_back
from . import _annotation


class Definition:
    """How a class was registered. It is restored before the parts that need a registered class."""

    __slots__ = ("cls", "fields", "hooks", "key", "methods", "structural_eq")

    def __init__(self, cls: type, key: str, fields: list[Any], methods: Any, hooks: Any, structural_eq: str | None) -> None:
        self.cls = cls
        self.key = key
        self.fields = fields
        self.methods = methods
        self.hooks = hooks
        self.structural_eq = structural_eq

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restore, (self.cls, self.key, self.fields, self.methods, self.hooks, self.structural_eq))


def _restore(cls: type, *definition: Any) -> Definition:
    restored = Definition(cls, *definition)
    if _core.exact_index(cls) is None:
        _register(restored)
    return cls.__dict__.get("__bowline_definition__", restored)


def _register(definition: Definition) -> None:
    cls = definition.cls
    parent = _declared.nearest(cls)
    index = new_type(cls, definition.key, _declared.type_index_of(parent), "unpickled")
    former = _declared.declare(cls, index)
    try:
        for f in definition.fields:
            f.schema = _annotation.schema_of(f.type, cls)
        define(index, cls, definition)
    except BaseException:
        _declared.withdraw(cls, former)
        roll_back(index)
        raise
    _declared.DECLARED.pop(cls, None)
    _core.take_key(index)


def define(index: int, cls: type, definition: Definition) -> None:
    """Give a type its fields, methods and hooks, and its class."""
    specs = [
        _core.FieldSpec(
            f.name,
            f.schema,
            doc=f.doc,
            frozen=f.frozen,
            init=f.init,
            repr=f.repr,
            hash=bool(f.hash),
            compare=f.compare,
            kw_only=bool(f.kw_only),
            structural=f.structural_eq,
            default=f.default,
            default_factory=f.default_factory,
        )
        for f in definition.fields
    ]
    _core.define(index, specs, cls.__doc__, definition.structural_eq, definition.methods)
    for name, hook in definition.hooks:
        _core.register_type_attr(index, name, hook)
    _core.register_class(cls, index)
