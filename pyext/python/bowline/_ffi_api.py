"""The global functions under ``ffi.``, as attributes.

Upholds: the functions are those of `get_global_func`, the same object each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .registry import init_ffi_api

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


def ListReserve(items: Any, capacity: int) -> None:  # noqa: N802 - its name elsewhere
    """Do nothing: a List takes room as it needs it. It is no global function."""


init_ffi_api("ffi", __name__)
