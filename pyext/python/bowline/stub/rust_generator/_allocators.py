"""Functions that make objects of complete types. A subtype that is defined in Rust needs parts of them.

Upholds: every field from the root on is given, each once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from ..utils import NamedTypeSchema, ObjectInfo
from ._field_types import FieldTypes
from ._layout_text import allow_names, braced, call
from ._resolve import Names
from .consts import RUST_EXACT_PARAMS, RUST_ROOT_TYPE_KEY
from .utils import rust_ident

__all__ = ["Allocators", "by_offset"]


def by_offset(info: ObjectInfo) -> list[NamedTypeSchema]:
    """Return a type's own fields in the order of their places."""
    return sorted(info.fields, key=lambda field: field.offset or 0)


@dataclasses.dataclass
class _Parameter:
    name: str
    type: str

    @property
    def ident(self) -> str:
        return rust_ident(self.name)

    @property
    def is_exact(self) -> bool:
        return self.type in RUST_EXACT_PARAMS


@dataclasses.dataclass
class Allocators:
    """Writes the functions of one type.

    Attributes
    ----------
    lookup : callable
        Returns what is known of a type, from its key.
    """

    names: Names
    fields: FieldTypes
    info: ObjectInfo
    lookup: Callable[[str], ObjectInfo]

    def _laid_out(self, key: str, field: NamedTypeSchema) -> str:
        found = self.fields.laid_out(key, field)
        assert found is not None, f"{key}.{field.name} of a complete type"
        return found

    def _of_parent(self, info: ObjectInfo) -> list[_Parameter]:
        """Return what the parent's function takes; nothing if the parent is the crate's."""
        parent = info.parent_type_key
        if parent is None or self.names.provider(parent) == "crate":
            return []
        return self._of_level(parent, self.lookup(parent))

    def _of_level(self, key: str, info: ObjectInfo) -> list[_Parameter]:
        """Return what a type's function takes. A directive may give a parent's field a narrower type."""
        given = self.names.imports.directives.field_types
        inherited = []
        for parameter in self._of_parent(info):
            narrower = given.get(f"{key}.{parameter.name}")
            type_ = parameter.type if narrower is None else self.names.written(narrower)
            inherited.append(_Parameter(parameter.name, type_))
        return inherited + [_Parameter(field.name, self._laid_out(key, field)) for field in by_offset(info)]

    def _function(self, head: str, takes: list[tuple[str, str]], made: tuple[str, list[str]], inside: list[str]) -> list[str]:
        """Return a function that calls another one and puts what that returns into `Self`."""
        return [
            *(f"    {line}" for line in allow_names(name for name, _ in takes)),
            *call(f"    {head}(", [f"{name}: {type_}" for name, type_ in takes], ") -> Self {"),
            *call(f"        let {made[0]}(", made[1], ");"),
            *call("        Self { ", inside, " }"),
            "    }",
        ]

    def sections(self, leaf: str, base: str, has_parent: bool) -> list[list[str]]:
        """Return both functions. That of the struct takes fields as they are, that of the reference what converts."""
        key = self.info.type_key or ""
        inherited = self._of_parent(self.info) if has_parent else []
        every = self._of_level(key, self.info)
        mine = every[len(inherited) :]
        upward = [
            own.ident if own.type == above.type else f"{own.ident}.into()" for own, above in zip(every, inherited, strict=False)
        ]
        of_struct = self._function(
            "pub(crate) fn new" if self.info.is_final else "pub fn new",
            [(one.ident, one.type) for one in every],
            (f"base = {base}::new", upward),
            ["base", *(one.ident for one in mine)],
        )
        custom = key in self.names.imports.directives.custom_new
        of_reference = self._function(
            f"pub fn {'from_fields' if custom else 'new'}",
            [(one.ident, one.type if one.is_exact else f"impl Into<{one.type}>") for one in every],
            (f"obj = {leaf}Obj::new", [one.ident if one.is_exact else f"{one.ident}.into()" for one in every]),
            ["base: ObjectArc::new(obj)"],
        )
        return [
            [f"impl {leaf}Obj {{", *of_struct, "}"],
            [f"impl {leaf} {{", "    /// Makes an object of all its fields.", *of_reference, "}"],
        ]

    def for_subtypes(self, leaf: str) -> list[list[str]]:
        """Return what types below need. All above have to have it, too: those written by hand may not."""
        above = [key for key in self.info.ancestors if key != RUST_ROOT_TYPE_KEY]
        if self.info.is_final or any(self.names.provider(key) != "generated" for key in above):
            return []
        return [self._shallow_copy(leaf), self._unsafe_init(leaf)]

    def _shallow_copy(self, leaf: str) -> list[str]:
        trait = self.names.imports.record("tvm_ffi::ShallowCopy")
        idents = [rust_ident(field.name) for field in by_offset(self.info)]
        values = [f"base: {trait}::shallow_copy(&self.base)", *(f"{one}: Clone::clone(&self.{one})" for one in idents)]
        body = ["    fn shallow_copy(&self) -> Self {", *call("        Self { ", values, " }"), "    }"]
        return [f"impl {trait} for {leaf}Obj {{", *body, "}"]

    def _unsafe_init(self, leaf: str) -> list[str]:
        """Return what drops those fields that were set of an object that began as zeros."""
        record = self.names.imports.record
        trait, address = record("tvm_ffi::UnsafeInit"), record("std::ptr::addr_of_mut")
        drops = [f"{trait}::drop_defined_fields({address}!((*this).base));"]
        for field in by_offset(self.info):
            drop = self._drop(field)
            if drop is not None:
                drops.append(f"{record(drop)}({address}!((*this).{rust_ident(field.name)}));")
        function = braced("unsafe fn drop_defined_fields(this: *mut Self)", braced("unsafe", drops))
        return braced(f"unsafe impl {trait} for {leaf}Obj", function)

    def _drop(self, field: NamedTypeSchema) -> str | None:
        """Return what drops a field. Zeros are a whole value that is none, but no reference; an integer needs nothing."""
        key = self.info.type_key or ""
        directives = self.names.imports.directives
        target = f"{key}.{field.name}"
        if target in directives.enums:
            return None
        whole = field.origin == "Any" or (field.origin == "Optional" and not self._laid_out(key, field).startswith("Option<"))
        is_value = whole and target not in directives.field_types
        return "std::ptr::drop_in_place" if is_value else "tvm_ffi::reflection::drop_if_defined"
