"""The Rust of one registered type. It is its struct, its reference type, and what reads fields or makes objects.

Upholds: a struct has fields only if they account for all bytes of an object; else they are read by the C ABI.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from ..layout import Verdict, classify
from ..utils import NamedTypeSchema, ObjectInfo
from ._allocators import Allocators, by_offset
from ._field_types import FieldTypes
from ._layout_text import allow_names, braced
from ._resolve import Names
from .consts import RUST_ROOT_TYPE_KEY
from .directives import EnumSpec
from .utils import RustImports, rust_ident

__all__ = ["Binding"]


def _deref(source: str, target: str) -> list[str]:
    function = braced(f"fn deref(&self) -> &{target}", ["&self.base"])
    return braced(f"impl Deref for {source}", [f"type Target = {target};", *function])


@dataclasses.dataclass
class Binding:
    """Writes one type.

    Attributes
    ----------
    info : ObjectInfo
        The type.
    names : Names
        What other types are called in the file.
    lookup : callable
        Returns what is known of a type, from its key.
    """

    info: ObjectInfo
    names: Names
    lookup: Callable[[str], ObjectInfo]

    def __post_init__(self) -> None:
        assert self.info.type_key is not None
        self.key = self.info.type_key
        self.leaf = self.key.rpartition(".")[2]
        self.fields = FieldTypes(self.names)

    def _verdict(self) -> Verdict:
        """Return whether the fields account for all bytes. The file's directives say what their types are."""
        infos = {key: self.lookup(key) for key in self.info.ancestors}
        infos[self.key] = self.info
        owners = {id(field): key for key, info in infos.items() for field in info.fields}
        # What is asked here is not imported yet.
        scratch = RustImports()
        crate = {key for key in self.info.ancestors if self.names.provider(key) == "crate"}
        verdicts = classify(
            infos,
            forced_opaque=self.names.imports.directives.opaque,
            unmirrored=crate - {RUST_ROOT_TYPE_KEY},
            field_renderable=lambda field: self.fields.laid_out(owners[id(field)], field, scratch) is not None,
        )
        return verdicts[self.key]

    def lines(self) -> list[str]:
        """Return all lines."""
        imports = self.names.imports
        imports.reserved.update((self.leaf, f"{self.leaf}Obj"))
        verdict = self._verdict()
        for path in ("std::ops::Deref", "tvm_ffi::ObjectArc"):
            imports.record(path)
        base, has_parent = self.names.base(self.info)
        is_read = bool(self.info.fields) and not verdict.is_complete
        for path in ("tvm_ffi::ObjectCore", "tvm_ffi::FieldGetter", "tvm_ffi::Result") if is_read else ():
            imports.record(path)
        specs = [imports.directives.enums.get(f"{self.key}.{field.name}") for field in self.info.fields]
        sections = [self._enum(spec) for spec in specs if spec is not None]
        sections += [self._struct(verdict, base), self._reference(), _deref(self.leaf, f"{self.leaf}Obj")]
        if has_parent:
            sections.append(_deref(f"{self.leaf}Obj", base))
        if is_read:
            sections.append(self._accessors())
        elif verdict.is_complete:
            allocators = Allocators(self.names, self.fields, self.info, self.lookup)
            sections += allocators.sections(self.leaf, base, has_parent)
            sections += allocators.for_subtypes(self.leaf)
        upcasts = self._upcasts()
        sections += [upcasts] if upcasts else []
        return [line for section in sections for line in ("", *section)][1:]

    def _struct(self, verdict: Verdict, base: str) -> list[str]:
        name = f"{self.leaf}Obj"
        fields = by_offset(self.info) if verdict.is_complete else []
        members = [f"base: {base},"]
        members += [f"pub {rust_ident(field.name)}: {self.fields.laid_out(self.key, field)}," for field in fields]
        final = ["#[type_final]"] if self.info.is_final else []
        struct = [
            "#[repr(C)]",
            "#[derive(tvm_ffi::derive::Object)]",
            f'#[type_key = "{self.key}"]',
            *final,
            *braced(f"pub struct {name}", members),
        ]
        if not verdict.is_complete:
            return [f"/// Opaque: {verdict.detail}. Fields are read by the C ABI.", *struct]
        return [
            f"/// Complete: {verdict.detail}.",
            *allow_names(rust_ident(field.name) for field in self.info.fields),
            *struct,
            "",
            "const _: () = {",
            f"    assert!(::core::mem::size_of::<{name}>() == {verdict.total_size});",
            f"    assert!(::core::mem::align_of::<{name}>() == {verdict.alignment});",
            "};",
        ]

    def _reference(self) -> list[str]:
        struct = braced(f"pub struct {self.leaf}", [f"base: ObjectArc<{self.leaf}Obj>,"])
        return ["#[repr(C)]", "#[derive(tvm_ffi::derive::ObjectRef, Clone)]", *struct]

    def _accessors(self) -> list[str]:
        lines = [line for field in self.info.fields for line in ("", *self._accessor(field))][1:]
        return braced(f"impl {self.leaf}Obj", lines)

    def _accessor(self, field: NamedTypeSchema) -> list[str]:
        name = rust_ident(field.name)
        getter = f'FieldGetter::new(Self::type_index(), "{field.name}")?'
        enum = self.names.imports.directives.enums.get(f"{self.key}.{field.name}")
        if enum is not None:
            type_ = enum.name
            body = [f"let raw: i64 = {getter}.get(self)?;", f"{enum.name}::try_from(raw)"]
        else:
            found = self.fields.read(self.key, field)
            type_ = self.names.imports.record("tvm_ffi::Any") if found is None else found
            body = [f"{getter}.{'get_any' if found is None else 'get'}(self)"]
        return [*allow_names([name]), *braced(f"pub fn {name}(&self) -> Result<{type_}>", body)]

    def _upcasts(self) -> list[str]:
        above = [self.names.ancestor(key) for key in self.info.ancestors]
        views = self.names.imports.directives.upcasts.get(self.key, [])
        targets = [*(name for name in above if name is not None), *map(self.names.written, views)]
        pairs = ", ".join(f"{self.leaf} => {target}" for target in targets)
        return [f"tvm_ffi::impl_object_upcast!({pairs});"] if targets else []

    def _enum(self, spec: EnumSpec) -> list[str]:
        """Return a type that is an integer and may have values without names."""
        record = self.names.imports.record
        error, value_error, result = map(record, ("tvm_ffi::Error", "tvm_ffi::VALUE_ERROR", "tvm_ffi::Result"))
        members = [f"pub const {name}: Self = Self({value});" for name, value in spec.members]
        text = f'&format!("{spec.name} value {{value}} does not fit {spec.repr}")'
        failed = f'{error}::new({value_error}, {text}, "")'
        convert = [f"{spec.repr}::try_from(value).map(Self).map_err(|_| {{", f"    {failed}", "})"]
        return [
            "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]",
            "#[repr(transparent)]",
            f"pub struct {spec.name}({spec.repr});",
            "",
            "#[allow(non_upper_case_globals)]",
            *braced(
                f"impl {spec.name}",
                [
                    *members,
                    *braced(f"pub const fn from_raw(value: {spec.repr}) -> Self", ["Self(value)"]),
                    *braced(f"pub const fn as_raw(self) -> {spec.repr}", ["self.0"]),
                ],
            ),
            "",
            *braced(
                f"impl TryFrom<i64> for {spec.name}",
                [f"type Error = {error};", *braced(f"fn try_from(value: i64) -> {result}<Self>", convert)],
            ),
        ]
