"""What the demo compares with: objects behind wrappers that every read makes anew."""

from __future__ import annotations

from typing import Any


class View:
    """A wrapper without a tie: knows its object, but the object does not know it."""

    __slots__ = ("_node",)

    def __init__(self, node: dict[str, Any]) -> None:
        self._node = node

    def __getattr__(self, name: str) -> Any:
        try:
            value = object.__getattribute__(self, "_node")[name]
        except KeyError:
            raise AttributeError(name) from None
        if isinstance(value, tuple):
            return tuple(View(item) for item in value)
        return View(value) if isinstance(value, dict) else value

    def __reduce__(self) -> tuple[Any, ...]:
        # Each wrapper sends its own object: it does not know who else does.
        return (View, (_copied(self._node),))


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return tuple(_copied(item) for item in value) if isinstance(value, tuple) else value


def make() -> View:
    """Return the layout of the demo, untied."""
    i, j = {"name": "i"}, {"name": "j"}
    return View({"axes": (i, j), "offset": {"a": i, "b": j}})
