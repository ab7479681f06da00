"""Lines of Rust as rustfmt breaks them.

Upholds: no line that could be broken is longer than rustfmt lets it be.
"""

from __future__ import annotations

from collections.abc import Iterable

from .consts import RUST_MAX_WIDTH

__all__ = ["allow_names", "braced", "call"]


def call(head: str, items: list[str], tail: str) -> list[str]:
    """Return `head`, items with commas and `tail` in one line. Else it is a `let` with the call below; else an item a line."""
    inner = ", ".join(items)
    line = f"{head}{inner}{tail}"
    if len(line) <= RUST_MAX_WIDTH:
        return [line]
    space = head[: len(head) - len(head.lstrip())]
    left, equals, right = head.partition(" = ")
    below = f"{space}    {right}{inner}{tail}"
    if equals and len(below) <= RUST_MAX_WIDTH:
        return [f"{left} =", below]
    return [head.rstrip(), *(f"{space}    {item}," for item in items), space + tail.lstrip()]


def braced(head: str, lines: Iterable[str]) -> list[str]:
    """Return a block: lines in braces, one step to the right."""
    return [f"{head} {{", *(f"    {line}" if line else "" for line in lines), "}"]


def allow_names(names: Iterable[str]) -> list[str]:
    """Return what keeps the compiler from complaining about names with capitals, where there are some."""
    bare = [name.removeprefix("r#") for name in names]
    return [] if all(name == name.lower() for name in bare) else ["#[allow(non_snake_case)]"]
