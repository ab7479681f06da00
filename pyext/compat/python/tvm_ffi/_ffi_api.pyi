"""The module `bowline._ffi_api`: global functions as attributes."""

from typing import Any

def __getattr__(name: str) -> Any: ...
