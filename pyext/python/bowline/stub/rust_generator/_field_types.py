"""Types of fields. A struct lays them out in one way, and the C ABI reads them in another.

Upholds: a type that a struct has for a field is as wide as the field.
"""

from __future__ import annotations

import dataclasses

from ..utils import NamedTypeSchema
from . import consts
from ._resolve import Names
from .utils import RustImports, render_rust_type

__all__ = ["FieldTypes"]


@dataclasses.dataclass
class FieldTypes:
    """Types of fields in one file."""

    names: Names

    def laid_out(self, owner: str, field: NamedTypeSchema, imports: RustImports | None = None) -> str | None:
        """Return the type that a struct has for a field of `owner`. None if there is none.

        Parameters
        ----------
        imports : RustImports, optional
            Where imports are noted; with the file's if there are none.

        Raises
        ------
        ValueError
            If a directive gives a type that is not as wide as the field.
        """
        imports = self.names.imports if imports is None else imports
        directives = self.names.imports.directives
        target = f"{owner}.{field.name}"
        enum = directives.enums.get(target)
        if enum is not None:
            _expect_width(target, field, enum.repr)
            return enum.name
        given = directives.field_types.get(target)
        found: str | None
        if given is not None:
            _expect_width(target, field, given)
            found = imports.record(given) if "::" in given else given
        elif field.origin == "Optional":
            found = self._optional(field, imports)
        else:
            found = consts.RUST_SCALAR_BY_SIZE.get((field.origin, field.size or 0)) or self._value(field, imports)
        if found is None or target not in directives.nullable or found.startswith("Option<"):
            return found
        if field.size not in (None, consts.RUST_POINTER_SIZE):
            raise ValueError(f"`nullable` directive on `{target}`: {field.size} bytes are no reference to an object")
        return f"Option<{found}>"

    def _value(self, schema: NamedTypeSchema, imports: RustImports) -> str | None:
        return render_rust_type(schema, lambda origin, key: self.names.of_value(origin, key, imports))

    def _optional(self, field: NamedTypeSchema, imports: RustImports) -> str | None:
        (payload,) = field.args or ()
        if payload.origin == "Any":
            return None
        inner = render_rust_type(payload, lambda origin, key: self.names.of_value(origin, key, imports))
        if inner is None:
            return None
        whole = payload.origin == "Optional" or payload.origin in consts.RUST_ANY_BACKED_OPTIONAL_PAYLOADS
        size = consts.RUST_OPTIONAL_FIELD_SIZE if whole else consts.RUST_OBJECT_OPTIONAL_FIELD_SIZE
        if field.size not in (None, size):
            return None
        return f"{imports.record(consts.RUST_OPTIONAL_PATH)}<{inner}>" if whole else f"Option<{inner}>"

    def read(self, owner: str, field: NamedTypeSchema) -> str | None:
        """Return the type as which a field is read; None if only as any value."""
        directives = self.names.imports.directives
        target = f"{owner}.{field.name}"
        given = directives.field_types.get(target)
        if given is not None:
            found: str | None = self.names.written(given)
        else:
            found = None if field.origin == "Any" else self._value(field, self.names.imports)
        if found is None or target not in directives.nullable or found.startswith("Option<"):
            return found
        return f"Option<{found}>"


def _expect_width(target: str, field: NamedTypeSchema, scalar: str) -> None:
    width = consts.RUST_SCALAR_WIDTHS.get(scalar)
    if width is not None and field.size is not None and field.size != width:
        raise ValueError(f"Directive on `{target}` maps a {field.size}-byte field to `{scalar}` ({width} bytes)")
