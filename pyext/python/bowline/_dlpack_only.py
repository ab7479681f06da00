"""A tensor that shows nothing but DLPack's two methods. Tests take it for one of another library.

Upholds: the memory is that of the tensor, which it keeps.
"""

from __future__ import annotations

from typing import Any


class DLTensorTestWrapper:
    """Shows a `Tensor` as one of another library."""

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self.tensor.__dlpack__(**kwargs)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.tensor.__dlpack_device__()
