"""The parts that the text of an object shows. `pprint`, rich and IPython lay them out themselves.

Upholds: what is shown is what `repr` shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import _core
from ._parts import MAPPINGS, SEQUENCES, has_fields

#: The text of any value.
text: Any = _core.get_global_func("ffi.ReprPrint")


def shown_fields(value: Any) -> list[tuple[str, Any]] | None:
    """Return the fields that the text of an object shows. None if it has none, or a text of its own."""
    index = _core.index_of_class(type(value))
    if not has_fields(type(value)) or index is None or _core.lookup_type_attr(index, "__ffi_repr__") is not None:
        return None
    infos = [info for info in _core.fields_of(index) if info.repr]
    return [(info.name, _core.field_property(info.owner, info.name).get(value)) for info in infos] or None


def rich_parts(value: Any) -> Iterator[Any] | None:
    """Return the parts of a live object for ``__rich_repr__``. None if its `repr` is used instead."""
    if isinstance(value, SEQUENCES):
        return iter([list(value)])
    if isinstance(value, MAPPINGS):
        return iter([dict(_core.map_items(value))])
    fields = shown_fields(value)
    return None if fields is None else iter(fields)


def show_cut(value: Any, printer: Any) -> None:
    """Show a container to IPython's printer, which says how many items are shown at most."""
    most = printer.max_seq_length
    if not value.__chandle__() or not most or len(value) <= most:
        printer.text(repr(value))
        return
    if isinstance(value, SEQUENCES):
        left, right = "()" if isinstance(value, _core.CArray) else "[]"
        shown = [("", item) for item in value[:most]]
    else:
        left, right = "{}"
        shown = [(f"{text(key)}: ", item) for key, item in _core.map_items(value)[:most]]
    with printer.group(1, left, right):
        for before, item in shown:
            printer.text(before)
            printer.pretty(item) if isinstance(item, _core.CObject) else printer.text(text(item))
            printer.text(",")
            printer.breakable()
        printer.text(f"... {len(value) - most} more")
