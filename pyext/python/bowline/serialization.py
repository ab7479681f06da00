"""Graphs of objects as JSON text.

Upholds: what is written is read back with the same structure and sharing; depth is no limit.
"""

from __future__ import annotations

from typing import Any

from . import _core

__all__ = ["from_json_graph_str", "to_json_graph_str"]


def to_json_graph_str(obj: Any, metadata: dict[str, Any] | None = None) -> str:
    """Return the JSON text of a value and all that it consists of.

    Parameters
    ----------
    obj : Any
        The value.
    metadata : dict, optional
        What is to go along; anything that JSON can say.

    Returns
    -------
    str
        ``{"root_index": …, "nodes": [{"type": …, "data": …}, …]}``. Parts come before what they are parts of and are
        named by their position; equal plain values share a node, an object has one. Floats that JSON has no number for are
        ``"nan"``, ``"inf"`` and ``"-inf"``.

    Raises
    ------
    TypeError
        For objects that cannot be made from the values of their fields, such as functions.
    ValueError
        For graphs with cycles.

    Examples
    --------
    >>> from bowline.serialization import from_json_graph_str, to_json_graph_str
    >>> text = to_json_graph_str([1, (2.5, "x")])
    >>> text
    '{"root_index":4,"nodes":[{"type":"int","data":1},{"type":"float","data":2.5},{"type":"ffi.String","data":"x"},{"type":"ffi.Array","data":[1,2]},{"type":"ffi.Array","data":[0,3]}]}'
    >>> from_json_graph_str(text)
    (1, (2.5, "x"))
    """
    if metadata is None:
        return _core.to_json_graph(obj)
    import json

    return _core.to_json_graph(obj, json.dumps(metadata))


def from_json_graph_str(json_str: str) -> Any:
    """Return the value that JSON text describes.

    Parameters
    ----------
    json_str : str
        What `to_json_graph_str` returned.

    Raises
    ------
    ValueError
        For text that is no such graph, or names types that are not registered.
    TypeError
        For values that do not suit their fields, and fields without a value.
    """
    if not isinstance(json_str, str):
        raise TypeError(f"expected JSON text as str, got {type(json_str).__name__}")
    return _core.from_json_graph(json_str)
