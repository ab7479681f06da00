"""What a class says of one field.

Upholds: a `Field` that exists is consistent in itself; whether it fits its class is `_plan`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY as KW_ONLY  # noqa: PLC0414, handed on
from typing import TYPE_CHECKING, Any

from ..core import MISSING

_STRUCTURAL = {
    None: None,
    "ignore": "ignore",
    "def": "def-recursive",
    "def-recursive": "def-recursive",
    "def-non-recursive": "def-non-recursive",
    # The same by the names of later versions of tvm-ffi.
    "def-pattern": "def-recursive",
    "def-simple": "def-non-recursive",
}


class Field:
    """A field's options; made by `field`.

    Attributes
    ----------
    name : str
        Set when the class is made.
    type : Any
        The annotation, resolved; None for a native field that its class does not annotate, or not so that it can be.
    schema : TypeSchema
        What the annotation means.
    default, default_factory, init, repr, hash, compare, kw_only, frozen, structural_eq, doc, converter
        As given to `field`.
    extra_kwargs : dict
        Options that are unknown here, until a hook takes them out.
    """

    __slots__ = (
        "compare",
        "converter",
        "default",
        "default_factory",
        "doc",
        "extra_kwargs",
        "frozen",
        "hash",
        "init",
        "kw_only",
        "metadata",
        "name",
        "repr",
        "schema",
        "structural_eq",
        "type",
    )

    def __init__(
        self,
        name: str | None = None,
        _ty_schema: Any = None,
        *,
        default: Any = MISSING,
        default_factory: Any = MISSING,
        frozen: bool = False,
        init: bool = True,
        repr: bool = True,
        hash: bool | None = True,
        compare: bool = False,
        kw_only: bool | None = None,
        metadata: Mapping[str, Any] | None = None,
        structural_eq: str | None = None,
        doc: str | None = None,
        converter: Callable[[Any], Any] | None = None,
        **extra_kwargs: Any,
    ) -> None:
        if default is not MISSING and default_factory is not MISSING:
            raise ValueError("cannot specify both default and default_factory")
        if default_factory is not MISSING and not callable(default_factory):
            raise TypeError(f"default_factory must be a callable, got {default_factory!r}")
        if structural_eq not in _STRUCTURAL:
            raise ValueError(f"structural_eq of a field must be one of {list(_STRUCTURAL)}, got {structural_eq!r}")
        self.name: str | Any = name  # None until its class is known
        self.type: Any = None
        self.schema = _ty_schema
        # Of the class's author; nothing here looks at it.
        self.metadata: dict[str, Any] = dict(metadata or {})
        self.extra_kwargs: dict[str, Any] = extra_kwargs
        self.default = default
        self.default_factory = default_factory
        self.frozen = frozen
        self.init = init
        self.repr = repr
        self.hash = hash
        self.compare = compare
        self.kw_only = kw_only
        self.structural_eq = _STRUCTURAL[structural_eq]
        self.doc = doc
        self.converter = converter

    @property
    def _ty_schema(self) -> Any:
        return self.schema

    @_ty_schema.setter
    def _ty_schema(self, schema: Any) -> None:
        self.schema = schema

    def __reduce__(self) -> tuple[Any, ...]:
        options = {name: getattr(self, name) for name in self.__slots__ if name != "schema"}
        # What its type means is said anew. There the classes that it names may be others.
        return (_restored, (options, self.schema if self.type is None else None))

    @property
    def is_required(self) -> bool:
        """Whether construction needs a value for it."""
        return self.init and self.default is MISSING and self.default_factory is MISSING

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name, None)!r}" for name in ("name", "type", "default"))
        return f"Field({shown})"


def _restored(options: dict[str, Any], schema: Any) -> Field:
    from ._annotation import schema_of

    made = Field.__new__(Field)
    for name, value in options.items():
        setattr(made, name, value)
    made.metadata = dict(made.metadata)
    made.extra_kwargs = dict(made.extra_kwargs)
    if made.type is not None:
        try:
            schema = schema_of(made.type)
        except TypeError:
            # Of a class that is registered once its fields are there.
            schema = None
    made.schema = schema
    return made


def field(
    *,
    default: Any = MISSING,
    default_factory: Any = MISSING,
    frozen: bool = False,
    init: bool = True,
    repr: bool = True,
    hash: bool | None = None,
    compare: bool = True,
    kw_only: bool | None = None,
    metadata: Mapping[str, Any] | None = None,
    structural_eq: str | None = None,
    doc: str | None = None,
    converter: Callable[[Any], Any] | None = None,
    **extra_kwargs: Any,
) -> Any:
    """Say more of a field than its annotation does.

    Parameters
    ----------
    default : optional
        Its value if the constructor gets none.
    default_factory : callable, optional
        Called for each such construction; excludes `default`.
    frozen : bool
        Whether it cannot be set after construction.
    init : bool
        Whether the constructor takes it.
    repr, hash, compare : bool
        Whether text, content hash, content comparison look at it; `hash` follows `compare` if left out.
    kw_only : bool, optional
        Whether the constructor takes it by keyword only; the class decides if left out.
    structural_eq : {None, "ignore", "def", "def-recursive", "def-non-recursive", "def-pattern", "def-simple"}
        Its part in structural equality.
    doc : str, optional
        The property's docstring.
    converter : callable, optional
        For type checkers only.
    metadata : mapping, optional
        What the class's author says of it; nothing here looks at it.
    **extra_kwargs
        For hooks of a base class, functions whose attribute ``__ffi_on_fields_resolved__`` is True. They are called with the
        type's view and the class's own fields, and take options out of `Field.extra_kwargs`. What is left there is a
        `TypeError` when the class is made.

    Examples
    --------
    >>> import bowline
    >>> @bowline.py_class("doc.field.Point")
    ... class Point(bowline.Object):
    ...     x: int
    ...     tags: list[str] = bowline.field(default_factory=list, kw_only=True)
    >>> Point(3)
    doc.field.Point(x=3, tags=[])
    """
    return Field(
        default=default,
        default_factory=default_factory,
        frozen=frozen,
        init=init,
        repr=repr,
        hash=hash,
        compare=compare,
        kw_only=kw_only,
        structural_eq=structural_eq,
        doc=doc,
        converter=converter,
        metadata=metadata,
        **extra_kwargs,
    )


if not TYPE_CHECKING:  # Checkers would take any name for one that it knows.

    def __getattr__(name: str) -> Any:
        # Of a higher file, for those who look for it here.
        if name != "init_property":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        return importlib.import_module("._init_property", __package__).init_property
