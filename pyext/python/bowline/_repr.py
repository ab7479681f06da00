"""Text of native objects.

Imports `bowline.core` only.
Upholds: never raises, and ends for cyclic graphs.
"""

from __future__ import annotations

from typing import Any

from . import _core
from ._content import hook_of
from .core import Object

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def repr_object(obj: Object) -> str:
    """Return the text of a wrapper; falls back to the plain one of its class if a part cannot be shown."""
    if not obj.__chandle__():
        return f"{type(obj).__name__}(chandle=None)"
    try:
        return _text(obj, set())
    except Exception:
        return f"{type(obj).__name__}(chandle={obj.__chandle__():#x})"


def text(value: Any) -> str:
    """Return the text of a value, as it stands in that of an object which holds it."""
    return _text(value, set())


def _text(value: Any, open_: set[int]) -> str:
    if isinstance(value, Object):
        return _text_of_object(value, open_)
    if hasattr(type(value), "__ffi_plain__"):
        # Element types are strings, shapes are tuples: before those.
        return f"Shape({', '.join(map(str, value))})" if isinstance(value, tuple) else str(value)
    if isinstance(value, str):
        return '"' + "".join(_ESCAPES.get(c) or c for c in value) + '"'
    if isinstance(value, bytes):
        return 'b"' + "".join(_byte(b) for b in value) + '"'
    if isinstance(value, float):
        return f"{value:g}"
    return repr(value)


def _byte(byte: int) -> str:
    char = chr(byte)
    return _ESCAPES.get(char) or (char if 32 <= byte < 127 else f"\\x{byte:02x}")


def _text_of_object(obj: Object, open_: set[int]) -> str:
    handle = obj.__chandle__()
    if handle in open_:
        return "..."
    open_.add(handle)
    try:
        if isinstance(obj, _core.CArray):
            return _sequence(obj, open_, "(", ",)" if len(obj) == 1 else ")")
        if isinstance(obj, _core.CList):
            return _sequence(obj, open_, "[", "]")
        if isinstance(obj, _core.CMap | _core.CDict):
            pairs = (f"{_text(key, open_)}: {_text(item, open_)}" for key, item in _core.map_items(obj))
            return "{" + ", ".join(pairs) + "}"
        if isinstance(obj, _core.CTensor):
            return f"{obj.dtype}[{', '.join(map(str, obj.shape))}]@{obj.device}"
        hook = hook_of(obj, "__ffi_repr__")
        if hook is not None:
            return hook(obj, lambda value: _text(value, open_))
        index = _core.index_of_class(type(obj))
        shown = [f for f in _core.fields_of(index) if f.repr]
        key = _core.type_key(index)
        if not shown:
            return key
        parts = (f"{f.name}={_text(_core.field_property(f.owner, f.name).get(obj), open_)}" for f in shown)
        return f"{key}({', '.join(parts)})"
    finally:
        open_.discard(handle)


def _sequence(items: Any, open_: set[int], left: str, right: str) -> str:
    return left + ", ".join(_text(item, open_) for item in items) + right
