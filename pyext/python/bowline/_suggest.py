"""What a refusal adds that may be what was meant.

Upholds: it costs little where a refusal is expected, and is tried one name after another.
"""

from __future__ import annotations

from collections.abc import Iterable

# The search takes time for each character. CPython looks for no close name beyond.
_MAX_NAME = 40


def hint(name: str, known: Iterable[str]) -> str:
    """Return the end of a message that names the closest of the known names.

    It has the same prefix, up to the last dot. The text is empty if none is close.
    """
    prefix = name[: name.rfind(".") + 1]
    if len(name) - len(prefix) > _MAX_NAME:
        return ""
    import difflib

    # The prefix alone would make all of them look alike.
    rest = {one[len(prefix) :]: one for one in known if one.startswith(prefix)}
    close = difflib.get_close_matches(name[len(prefix) :], rest, 1)
    return f". Did you mean '{rest[close[0]]}'?" if close else ""
