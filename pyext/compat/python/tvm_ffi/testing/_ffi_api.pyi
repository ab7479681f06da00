"""The module `bowline.testing._ffi_api`: global functions as attributes."""

from typing import Any

def __getattr__(name: str) -> Any: ...
