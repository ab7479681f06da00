"""The global functions under ``ffi.``, as attributes.

Upholds: the functions are those of `get_global_func`, the same object each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .registry import init_ffi_api

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


init_ffi_api("ffi", __name__)
