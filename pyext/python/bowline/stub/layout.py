"""Whether a type's fields account for all bytes of its objects. Then another language can declare them.

A type is complete if its own fields, each where its alignment puts it after the one before, fill what its size has beyond
its parent's. Else it is opaque: its fields can be read, but not laid out. Upholds: what is said complete has no other bytes.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Literal, TypeAlias

from .utils import NamedTypeSchema, ObjectInfo

__all__ = [
    "OBJECT_HEADER_ALIGNMENT",
    "ByteRange",
    "FieldBytes",
    "Verdict",
    "align_up",
    "classify",
    "coverage_report",
    "write_coverage_report",
]

# The header has a count of 64 bits.
OBJECT_HEADER_ALIGNMENT = 8

#: Why a type is opaque. In the order below: it does not say enough; its parent is; fields lie on each other or beyond the end;
#: bytes are left over; the language has no type for a field; a directive says so; the language's runtime has the type itself.
OpaqueReason: TypeAlias = Literal[
    "layout-unknown",
    "parent-opaque",
    "field-overlap",
    "uncovered-bytes",
    "unrenderable-field",
    "by-directive",
    "no-mirror",
]
_Outcome: TypeAlias = "tuple[OpaqueReason, str] | None"


def align_up(value: int, alignment: int) -> int:
    """Return the next multiple of an alignment."""
    return -(-value // alignment) * alignment


@dataclasses.dataclass(frozen=True)
class ByteRange:
    """Bytes of an object, from `start` to before `end`."""

    start: int
    end: int

    def __str__(self) -> str:
        return f"[{self.start}, {self.end})"

    def to_json_obj(self) -> list[int]:
        """Return both ends."""
        return [self.start, self.end]


@dataclasses.dataclass(frozen=True)
class FieldBytes:
    """Where a field is."""

    name: str
    offset: int
    size: int
    alignment: int

    @property
    def end(self) -> int:
        """The first byte after it."""
        return self.offset + self.size

    def to_json_obj(self) -> dict[str, Any]:
        """Return all as a dict."""
        return dataclasses.asdict(self)


@dataclasses.dataclass
class Verdict:
    """What `classify` found of a type, and why.

    Attributes
    ----------
    verdict : str
        ``"complete"`` or ``"opaque"``.
    reason : str, optional
        Why it is opaque.
    detail : str
        The same in words, with the bytes.
    own_bytes : ByteRange, optional
        What the type's own fields are to fill.
    fields : list of FieldBytes
        They, by offset.
    uncovered, padding : list of ByteRange
        Gaps that nothing accounts for, and those that alignment makes.
    """

    type_key: str
    verdict: Literal["complete", "opaque"]
    reason: OpaqueReason | None
    detail: str
    parent_type_key: str | None
    ancestors: list[str]
    total_size: int | None
    is_final: bool | None
    alignment: int | None = None
    own_bytes: ByteRange | None = None
    fields: list[FieldBytes] = dataclasses.field(default_factory=list)
    uncovered: list[ByteRange] = dataclasses.field(default_factory=list)
    padding: list[ByteRange] = dataclasses.field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether another language can declare the type's objects."""
        return self.verdict == "complete"

    def to_json_obj(self) -> dict[str, Any]:
        """Return what the report says of the type."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "detail": self.detail,
            "parent": self.parent_type_key,
            "ancestors": list(self.ancestors),
            "total_size": self.total_size,
            "is_final": self.is_final,
            "own_bytes": self.own_bytes and self.own_bytes.to_json_obj(),
            "fields": [field.to_json_obj() for field in self.fields],
            "uncovered": [gap.to_json_obj() for gap in self.uncovered],
            "padding": [gap.to_json_obj() for gap in self.padding],
        }


def classify(
    infos: Mapping[str, ObjectInfo],
    *,
    forced_opaque: AbstractSet[str] = frozenset(),
    unmirrored: AbstractSet[str] = frozenset(),
    field_renderable: Callable[[NamedTypeSchema], bool] | None = None,
) -> dict[str, Verdict]:
    """Return what is found of each type, by its key.

    Parameters
    ----------
    infos : mapping
        The types and all that are above them, by key.
    forced_opaque : set of str
        Types that are opaque even if their fields account for all bytes.
    unmirrored : set of str
        Types that the language's runtime has itself.
    field_renderable : callable, optional
        Whether the language has a type for a field; for all fields if there is none.

    Raises
    ------
    KeyError
        If a type's parent is not among them.
    """
    verdicts: dict[str, Verdict] = {}
    for type_key in infos:
        # Up to the first that is known, then down again.
        missing: list[str] = []
        above: str | None = type_key
        while above is not None and above not in verdicts:
            if above not in infos:
                raise KeyError(f"{above!r}, which is above {type_key!r}, is not among the types to classify")
            missing.append(above)
            above = infos[above].parent_type_key
        for key in reversed(missing):
            parent = infos[key].parent_type_key
            verdict = _empty_verdict(infos[key])
            outcome = _layout_of(infos[key], None if parent is None else verdicts[parent], verdict, key in unmirrored)
            outcome = outcome or _rules_of_language(infos[key], forced_opaque, field_renderable)
            if outcome is None:
                verdict.verdict, verdict.detail = "complete", _why_complete(verdict)
            else:
                verdict.reason, verdict.detail = outcome
            verdicts[key] = verdict
    return verdicts


def _empty_verdict(info: ObjectInfo) -> Verdict:
    if info.type_key is None:
        raise ValueError("a type without a key cannot be classified")
    given = (info.parent_type_key, list(info.ancestors), info.total_size, info.is_final)
    return Verdict(info.type_key, "opaque", None, "", *given)


def _why_complete(verdict: Verdict) -> str:
    if verdict.parent_type_key is None:
        return f"object header [0, {verdict.total_size}), which is that of the C ABI"
    gaps = ", ".join(map(str, verdict.padding))
    return f"the fields fill {verdict.own_bytes}" + (f", with padding {gaps}" if gaps else "")


def _layout_of(info: ObjectInfo, parent: Verdict | None, verdict: Verdict, unmirrored: bool) -> _Outcome:
    """Say why the layout cannot be had. Put what is known of it into the verdict."""
    if unmirrored:
        return "no-mirror", "the language's runtime has this type itself"
    if info.total_size is None:
        return "layout-unknown", "the type does not say how large its objects are (total_size)"
    fields = []
    for field in info.fields:
        if field.size is None or field.alignment is None or field.offset is None:
            return "layout-unknown", f"field {field.name!r} does not say where it is"
        fields.append(FieldBytes(field.name, field.offset, field.size, field.alignment))
    verdict.fields = sorted(fields, key=lambda field: field.offset)
    if parent is None:
        verdict.alignment = OBJECT_HEADER_ALIGNMENT
        verdict.own_bytes = ByteRange(info.total_size, info.total_size)
        return None
    if not parent.is_complete:
        return "parent-opaque", f"its parent {parent.type_key!r} is opaque ({parent.reason})"
    # A complete one has both.
    start, alignment = parent.total_size or 0, parent.alignment or OBJECT_HEADER_ALIGNMENT
    verdict.own_bytes = ByteRange(start, info.total_size)
    verdict.alignment = max([alignment, *(field.alignment for field in fields)])
    return _fill(verdict, start, info.total_size, verdict.alignment)


def _fill(verdict: Verdict, start: int, end: int, alignment: int) -> _Outcome:
    """Go over the fields by offset and sort each gap. Say what is wrong first of all."""
    wrong = ""
    at = start
    for field in verdict.fields:
        if field.offset < at:
            wrong = wrong or f"field {field.name!r} at [{field.offset}, {field.end}) starts before byte {at}"
            at = max(at, field.end)
            continue
        _note_gap(verdict, at, align_up(at, field.alignment), field.offset)
        at = field.end
    if at > end:
        wrong = wrong or f"the fields extend to byte {at}, past total_size {end}"
    else:
        _note_gap(verdict, at, align_up(at, alignment), end)
    if wrong:
        return "field-overlap", wrong
    if verdict.uncovered:
        gaps = ", ".join(map(str, verdict.uncovered))
        return "uncovered-bytes", f"no field accounts for bytes {gaps} of {verdict.own_bytes}"
    return None


def _note_gap(verdict: Verdict, start: int, aligned: int, end: int) -> None:
    """Note a gap: padding if alignment alone makes it."""
    if aligned != end:
        verdict.uncovered.append(ByteRange(start, end))
    elif start != end:
        verdict.padding.append(ByteRange(start, end))


def _rules_of_language(
    info: ObjectInfo, forced_opaque: AbstractSet[str], field_renderable: Callable[[NamedTypeSchema], bool] | None
) -> _Outcome:
    for field in info.fields if field_renderable is not None else ():
        if field_renderable is not None and not field_renderable(field):
            return "unrenderable-field", f"field {field.name!r} ({field.repr()}) has no type in the language"
    if info.type_key in forced_opaque:
        return "by-directive", "a directive says so, although the fields account for all bytes"
    return None


def coverage_report(verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
    """Return what was found of all types, sorted by key, as JSON has it."""
    return {key: verdicts[key].to_json_obj() for key in sorted(verdicts)}


def write_coverage_report(path: Path, verdicts: Mapping[str, Verdict]) -> None:
    """Write what was found of all types as JSON."""
    path.write_text(json.dumps(coverage_report(verdicts), indent=2) + "\n", encoding="utf-8")
