"""What a class shows under the name of a native method.

Upholds: a method knows the class that shows it, its own name and what it is for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def method_of_class(cls: type, name: str, function: Callable[..., Any], is_static: bool, doc: str | None) -> Any:
    """Return a class's attribute that calls a native function. The object comes first unless it `is_static`."""

    def bound(self: Any, /, *args: Any) -> Any:
        return function(self, *args)

    def free(*args: Any) -> Any:
        return function(*args)

    method: Callable[..., Any] = free if is_static else bound
    method.__name__ = name
    method.__qualname__ = f"{cls.__qualname__}.{name}"
    method.__module__ = cls.__module__
    method.__doc__ = doc
    return staticmethod(method) if is_static else method
