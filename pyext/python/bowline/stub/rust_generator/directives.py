"""Directives for Rust: what a schema does not say of fields and types.

Three name a field, as ``KEY.FIELD``: `field` gives its type, `nullable` lets it be none, `enum` makes a type of an integer.
Three name a type: `opaque` leaves its fields out, `upcast` lets it become another, `custom-new` leaves the name `new` free.
Upholds: what is noted has the form that its directive takes.
"""

from __future__ import annotations

import dataclasses
import re

__all__ = ["Directives", "EnumSpec"]

_ENUM = re.compile(r"(\S+)\s*->\s*([A-Za-z_]\w*)\(([iu](?:8|16|32|64))\)\s*(?:\{([^{}]*)\})?")
_MEMBER = re.compile(r"([A-Za-z_]\w*)\s*=\s*(-?\d+)")
# What each takes.
_FORMS = {
    "field": "<type_key>.<field> -> <RustType>",
    "nullable": "<type_key>.<field>",
    "enum": "<type_key>.<field> -> Name(i32) { A=0, B=1 }",
    "opaque": "<type_key>",
    "upcast": "<type_key> -> <RustType>",
    "custom-new": "<type_key>",
}


@dataclasses.dataclass(frozen=True)
class EnumSpec:
    """A type that an integer field has: its name, the integer and names of values."""

    name: str
    repr: str
    members: tuple[tuple[str, int], ...]


@dataclasses.dataclass
class Directives:
    """What the directives of a file say."""

    field_types: dict[str, str] = dataclasses.field(default_factory=dict)
    nullable: set[str] = dataclasses.field(default_factory=set)
    enums: dict[str, EnumSpec] = dataclasses.field(default_factory=dict)
    opaque: set[str] = dataclasses.field(default_factory=set)
    upcasts: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    custom_new: set[str] = dataclasses.field(default_factory=set)

    def add(self, name: str, payload: str, lineno: int) -> None:
        """Note a directive.

        Raises
        ------
        ValueError
            If there is none of this name, or it takes something else.
        """
        if name not in _FORMS:
            raise ValueError(f"Unknown directive `{name}` at line {lineno}")
        left, arrow, right = (part.strip() for part in payload.partition("->"))
        wrong = ValueError(f"Invalid `{name}` directive at line {lineno}. Expected `{_FORMS[name]}`")
        of_field = name in ("field", "nullable", "enum")
        if ("->" in _FORMS[name]) != bool(arrow and right) or not left or " " in left:
            raise wrong
        if of_field and "." not in left.strip("."):
            raise wrong
        if name == "field":
            self.field_types[left] = right
        elif name == "nullable":
            self.nullable.add(left)
        elif name == "enum":
            spec = _enum(payload.strip())
            if spec is None:
                raise wrong
            self.enums[left] = spec
        elif name == "opaque":
            self.opaque.add(left)
        elif name == "upcast":
            self.upcasts.setdefault(left, []).append(right)
        else:
            self.custom_new.add(left)


def _enum(payload: str) -> EnumSpec | None:
    whole = _ENUM.fullmatch(payload)
    if whole is None:
        return None
    members = [_MEMBER.fullmatch(item.strip()) for item in (whole[4] or "").split(",") if item.strip()]
    values = tuple((member[1], int(member[2])) for member in members if member is not None)
    return EnumSpec(whole[2], whole[3], values) if len(values) == len(members) else None
