"""Texts of several lines, for `pprint`.

Upholds: what is shown is what `repr` shows; a graph is shown once, with `repr`'s references where a part comes again.
"""

from __future__ import annotations

import pprint
import re
from collections.abc import Iterable
from typing import Any

from . import _core
from ._parts import MAPPINGS, SEQUENCES
from ._repr_parts import shown_fields
from ._repr_parts import text as _text
from .core import Object

# What a text has where it shows, or refers to, an object that comes again.
_MARK = re.compile(r"#\d+\b")


class _Outline:
    """How an object is shown: the texts around its parts, and the parts. Each has a text before it."""

    __slots__ = ("left", "mark_comes_last", "parts", "right")

    def __init__(self, left: str, parts: Iterable[tuple[str, Any]], right: str, mark_comes_last: bool) -> None:
        self.left = left
        self.parts = list(parts)
        self.right = right
        self.mark_comes_last = mark_comes_last

    def marked(self, mark: str) -> tuple[str, str]:
        """Return what is left and right of the parts of an object with a mark."""
        if self.mark_comes_last:
            return self.left, self.right + mark
        return f"{self.left[:-1]}{mark}(", self.right


def _outline(value: Any) -> _Outline | None:
    """Return how an object is shown. None if it has no parts, or a text of its own."""
    if isinstance(value, SEQUENCES):
        left, right = "()" if isinstance(value, _core.CArray) else "[]"
        return _Outline(left, (("", item) for item in value), right, True)
    if isinstance(value, MAPPINGS):
        return _Outline("{", ((f"{_text(key)}: ", item) for key, item in _core.map_items(value)), "}", True)
    fields = shown_fields(value)
    if fields is None:
        return None
    key = _core.type_key(_core.index_of_class(type(value)))
    return _Outline(f"{key}(", ((f"{name}=", part) for name, part in fields), ")", False)


class _Marks:
    """What one call of `pprint` knows of objects that come again."""

    __slots__ = ("given", "inside", "shared")

    def __init__(self) -> None:
        self.shared: set[int] = set()
        # By handle, of those that were shown.
        self.given: dict[int, str] = {}
        # How many objects are being shown.
        self.inside = 0

    def of(self, value: Any) -> str:
        """Return the mark of an object that is shown now."""
        handle = value.__chandle__()
        if handle not in self.shared:
            return ""
        return self.given.setdefault(handle, f"#{len(self.given) + 1}")


# What `pprint` calls for an object whose text is too long for a line.
def _show(printer: Any, value: Any, stream: Any, indent: int, allowance: int, context: Any, level: int) -> None:
    outline = _outline(value) if value.__chandle__() else None
    if outline is None:
        stream.write(repr(value))
        return
    # Others' entries are by ids, which are numbers.
    marks = context.setdefault("bowline", _Marks())
    if not marks.inside:
        marks.shared.update(_core.object_shared(value))
    if value.__chandle__() in marks.given:
        stream.write("...".join(outline.marked(marks.of(value))))
        return
    left, right = outline.marked(marks.of(value))
    if printer._depth and level > printer._depth:
        stream.write(f"{left}...{right}")
        return
    step = printer._indent_per_level if printer._indent_per_level > 1 else 4
    margin = "\n" + " " * (indent + step)
    marks.inside += 1
    try:
        stream.write(left)
        for before, part in outline.parts:
            stream.write(margin + before)
            _show_part(printer, part, stream, indent + step, len(before), context, level)
            stream.write(",")
        stream.write("\n" + " " * indent + right)
    finally:
        marks.inside -= 1


def _is_surely_longer(value: Any, room: int) -> bool:
    """Return whether a text has more characters than there is room for, without making it.

    It looks at as many parts as there is room for. So a chain takes as long as it has objects, where the text of each of them
    would take as long as all that it holds. False says nothing.
    """
    seen: set[int] = set()
    work = [value]
    while work and room >= 0:
        part = work.pop()
        if isinstance(part, str | bytes):
            room -= len(part) + 2
        elif not isinstance(part, Object) or type(part).__repr__ is not Object.__repr__ or id(part) in seen:
            room -= 1
        elif isinstance(part, (*SEQUENCES, *MAPPINGS)) and 3 * len(part) > room + 2:
            return True  # at least a character and what is between two, each
        else:
            seen.add(id(part))
            outline = _outline(part) if part.__chandle__() else None
            if outline is None:
                room -= 1
            else:
                room -= len(outline.left) + len(outline.right) + sum(2 + len(said) for said, _ in outline.parts)
                room += 2 * bool(outline.parts)
                work += [inner for _, inner in outline.parts]
    return room < 0


def _cut(value: Any, levels: int) -> str:
    """Return the text of a value in one line. Dots stand for what lies more than `levels` deep."""
    is_laid_out = isinstance(value, Object) and type(value).__repr__ is Object.__repr__
    outline = _outline(value) if is_laid_out and value.__chandle__() else None
    if outline is None:
        return repr(value) if isinstance(value, Object) else _text(value)
    if levels <= 0 and outline.parts:
        return f"{outline.left}...{outline.right}"
    parts = ", ".join(said + _cut(part, levels - 1) for said, part in outline.parts)
    is_one = len(outline.parts) == 1 and isinstance(value, _core.CArray)
    return f"{outline.left}{parts}{',' if is_one else ''}{outline.right}"


def _show_part(printer: Any, part: Any, stream: Any, indent: int, before: int, context: Any, level: int) -> None:
    """Show a part behind `before` characters of its line, with a comma to come."""
    if isinstance(part, Object) and id(part) in context:
        stream.write("...")
        return
    marks = context["bowline"]
    room = printer._width - indent - before - 1
    is_laid_out = isinstance(part, Object) and type(part).__repr__ is Object.__repr__
    if is_laid_out and (part.__chandle__() in marks.shared or _is_surely_longer(part, room)):
        text = None
    else:
        text = repr(part) if isinstance(part, Object) else _text(part)
        if is_laid_out and _MARK.search(text):
            text = None
        elif printer._depth:
            text = _cut(part, printer._depth - level)
    if text is not None and len(text) <= room:
        stream.write(text)
    elif is_laid_out:
        context[id(part)] = 1
        _show(printer, part, stream, indent, 1, context, level + 1)
        del context[id(part)]
    elif isinstance(part, str) and len(lines := part.splitlines(keepends=True)) > 1:
        margin = "\n" + " " * (indent + before + 1)
        stream.write(f"({margin.join(_text(line) for line in lines)})")
    elif isinstance(part, Object | str | bytes):
        stream.write(text)
    else:
        printer._format(part, stream, indent + before, 1, context, level)


# `pprint` has no public way in. All that it knows of other classes is in this table, by their `__repr__`.
getattr(pprint.PrettyPrinter, "_dispatch", {})[Object.__repr__] = _show
