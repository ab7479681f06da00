"""What is known of functions and types, in the form that generators take. The options of a run are here, too.

Upholds: nothing here depends on the language that is generated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from .._compat import _lookup_type_attr
from ..core import MISSING, TypeField, TypeInfo, TypeSchema
from . import consts

__all__ = ["FuncInfo", "InitConfig", "InitFieldInfo", "NamedTypeSchema", "ObjectInfo", "Options"]


@dataclasses.dataclass
class InitConfig:
    """For which library files are made that are not there yet.

    Attributes
    ----------
    pkg : str
        The distribution that has the library.
    shared_target : str
        The library's name, without ``lib`` and ending.
    prefix : str
        Only what is registered under this prefix counts.
    """

    pkg: str
    shared_target: str
    prefix: str


@dataclasses.dataclass
class Options:
    """What the command line says."""

    imports: list[str] = dataclasses.field(default_factory=list)
    dlls: list[str] = dataclasses.field(default_factory=list)
    init: InitConfig | None = None
    indent: int = 4
    files: list[str] = dataclasses.field(default_factory=list)
    verbose: bool = False
    dry_run: bool = False
    check: bool = False
    target: str = "python"
    coverage_out: str | None = None


class NamedTypeSchema(TypeSchema):
    """A type with the name of what has it. Of a field it also says what native code registered.

    Attributes
    ----------
    name : str
        The field's or function's name.
    size, alignment, offset : int, optional
        Where the field is, counted from the object's header. None of what is no field.
    default : object
        The default value or, with `default_is_factory`, what makes one; `MISSING` without either.
    default_is_factory : bool
        Whether `default` has to be called.
    structural_eq : str, optional
        How structural comparison takes the field.
    frozen : bool
        Whether it can only be read.
    """

    name: str
    size: int | None = None
    alignment: int | None = None
    offset: int | None = None
    default: Any = MISSING
    default_is_factory: bool = False
    structural_eq: str | None = None
    frozen: bool = False

    def __new__(
        cls,
        name: str,
        schema: TypeSchema,
        *,
        size: int | None = None,
        alignment: int | None = None,
        offset: int | None = None,
        default: Any = MISSING,
        default_is_factory: bool = False,
        structural_eq: str | None = None,
        frozen: bool = False,
    ) -> NamedTypeSchema:
        """Give a schema a name."""
        made = super().__new__(cls, *_parts(schema))
        made.name = name
        made.size, made.alignment, made.offset = size, alignment, offset
        made.default, made.default_is_factory = default, default_is_factory
        made.structural_eq, made.frozen = structural_eq, frozen
        return made

    @staticmethod
    def from_type_field(field: TypeField) -> NamedTypeSchema:
        """Return what is known of a field."""
        is_factory = field.c_default_factory is not MISSING
        return NamedTypeSchema(
            field.name,
            _schema_in(field.metadata),
            size=field.size,
            alignment=field.alignment,
            offset=field.offset,
            default=field.c_default_factory if is_factory else field.c_default,
            default_is_factory=is_factory,
            structural_eq=field.c_structural_eq,
            frozen=field.frozen,
        )

    def _facts(self) -> tuple[Any, ...]:
        place = (self.size, self.alignment, self.offset)
        return (self.name, *place, self.default, self.default_is_factory, self.structural_eq, self.frozen)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NamedTypeSchema):
            return NotImplemented
        return super().__eq__(other) and self._facts() == other._facts()

    __hash__ = TypeSchema.__hash__

    def __reduce__(self) -> tuple[Any, ...]:
        # Plain, then as it is: an object type goes by its key.
        return (_named, (self.name, TypeSchema(*_parts(self)), self.__dict__))


def _parts(schema: TypeSchema) -> tuple[Any, ...]:
    """Return what makes the same schema."""
    return (schema.origin, schema.args, schema.origin_type_index, schema.fallback, schema.named_args, schema.type_key)


def _named(name: str, schema: TypeSchema, facts: dict[str, Any]) -> NamedTypeSchema:
    return NamedTypeSchema(name, schema, **{key: value for key, value in facts.items() if key != "name"})


def _schema_in(metadata: dict[str, Any], otherwise: str = "Any") -> TypeSchema:
    """Return the type that metadata says. It is JSON text or what that is parsed to. Libraries in C may say none."""
    told = metadata.get("type_schema", {"type": otherwise})
    return TypeSchema.from_json_obj(told) if isinstance(told, dict) else TypeSchema.from_json_str(told)


@dataclasses.dataclass
class FuncInfo:
    """A function or method; of a member the first parameter is the object."""

    schema: NamedTypeSchema
    is_member: bool

    @staticmethod
    def from_schema(name: str, schema: TypeSchema, *, is_member: bool = False) -> FuncInfo:
        """Return what is known of a function by its name and type."""
        return FuncInfo(NamedTypeSchema(name, schema), is_member)


@dataclasses.dataclass
class InitFieldInfo:
    """A field that the constructor takes."""

    name: str
    schema: NamedTypeSchema
    kw_only: bool
    has_default: bool


@dataclasses.dataclass
class ObjectInfo:
    """A type with the fields and methods that it declares itself.

    Attributes
    ----------
    fields : list of NamedTypeSchema
        Its own fields.
    methods : list of FuncInfo
        Its own methods.
    type_key, parent_type_key : str, optional
        Its name and that of its parent.
    init_fields : list of InitFieldInfo
        What the constructor takes, inherited ones first; none without a constructor.
    has_init : bool
        Whether it has a constructor.
    ancestors : list of str
        The names of all types above it, the root first.
    total_size : int, optional
        Bytes of an object, if the type says so itself.
    is_final : bool, optional
        Whether no type may be below it.
    """

    fields: list[NamedTypeSchema]
    methods: list[FuncInfo]
    type_key: str | None = None
    parent_type_key: str | None = None
    init_fields: list[InitFieldInfo] = dataclasses.field(default_factory=list)
    has_init: bool = False
    ancestors: list[str] = dataclasses.field(default_factory=list)
    total_size: int | None = None
    is_final: bool | None = None

    def has_overloaded_methods(self) -> bool:
        """Return whether two of its methods share a name."""
        names = [(method.schema.name, method.is_member) for method in self.methods]
        return len(set(names)) < len(names)

    @staticmethod
    def from_type_info(type_info: TypeInfo) -> ObjectInfo:
        """Return what is known of a registered type."""
        above = list(_above(type_info))[::-1]
        has_init = any(method.name == "__ffi_init__" for method in type_info.methods)
        has_init = has_init or _lookup_type_attr(type_info.type_index, "__ffi_init__") is not None
        taken = [field for info in (*above, type_info) for field in info.fields or () if field.c_init]
        return ObjectInfo(
            fields=[NamedTypeSchema.from_type_field(field) for field in type_info.fields or ()],
            methods=[
                FuncInfo.from_schema(
                    consts.FN_NAME_MAP.get(method.name, method.name),
                    _schema_in(method.metadata, "ffi.Function"),
                    is_member=not method.is_static,
                )
                for method in type_info.methods
            ],
            type_key=type_info.type_key,
            parent_type_key=above[-1].type_key if above else None,
            init_fields=[
                InitFieldInfo(field.name, NamedTypeSchema.from_type_field(field), field.c_kw_only, field.c_has_default)
                for field in (taken if has_init else ())
            ],
            has_init=has_init,
            ancestors=[info.type_key for info in above],
            total_size=type_info.total_size if type_info._has_type_metadata else None,
            is_final=_lookup_type_attr(type_info.type_index, "__ffi_type_final__"),
        )


def _above(info: TypeInfo) -> Iterator[TypeInfo]:
    """Yield the parent of a type, its parent and so on."""
    parent = info.parent_type_info
    while parent is not None:
        yield parent
        parent = parent.parent_type_info
