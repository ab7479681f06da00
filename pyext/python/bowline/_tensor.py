"""Tensors, and their exchange with other libraries by DLPack.

Upholds: memory is shared, not copied, unless a copy is asked for.
"""

from __future__ import annotations

from typing import Any

from . import _core
from ._device import Device, DLDeviceType, device
from ._shape import Shape
from .core import Object

__all__ = ["DLDeviceType", "Device", "Shape", "Tensor", "device", "from_dlpack"]


class Tensor(_core.CTensor, Object):
    """Memory with a shape, which other libraries can share; `from_dlpack` makes one.

    Two tensors are equal if they are the same object; `structural_equal` compares their content. Shape, strides, element
    type and device never change. A thread that writes the memory must be the only one that uses that part.

    Attributes
    ----------
    shape : Shape
        The size of each dimension.
    strides : tuple of int
        How many elements lie between neighbours of each dimension.
    dtype : dtype
        What an element is.
    device : Device
        Where the memory is.
    ndim : int
        How many dimensions there are.

    Examples
    --------
    >>> import bowline
    >>> t = bowline.testing.make_tensor(bowline.float32, [2, 3])
    >>> t
    float32[2, 3]@cpu:0
    >>> t.shape, t.strides, t.numel(), t.size(-1)
    ((2, 3), (3, 1), 6, 3)
    >>> bowline.testing.echo(t) is t
    True
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("a Tensor cannot be constructed directly; use from_dlpack")

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """Return a capsule with the tensor, for another library.

        Parameters
        ----------
        stream : optional
            Ignored: nothing here puts work on streams.
        max_version : tuple of int, optional
            The newest version of DLPack that the other library knows; without one, or below 1.0, the capsule has none.
        dl_device : tuple of int, optional
            Where the memory shall be: nowhere else than where it is.
        copy : bool, optional
            Copy the content; otherwise it is shared.

        Raises
        ------
        BufferError
            If `dl_device` is another device, the content cannot be copied, or the tensor is read-only, which versions
            before 1.0 cannot say.
        """
        return _core.tensor_to_dlpack(self, max_version, dl_device, copy)


_core.register_class(Tensor, _core.type_index("ffi.Tensor"))


def from_dlpack(ext_tensor: Any, *, require_alignment: int = 0, require_contiguous: bool = False) -> Tensor:
    """Return the tensor of another library, over the same memory.

    The other library's object stays alive for as long as the tensor, or any that was made of it.

    Parameters
    ----------
    ext_tensor : object
        One with ``__dlpack__``, or whose class has ``__dlpack_c_exchange_api__``; what ``__dlpack__`` returned, which is
        used up; or a `Tensor`, which is returned.
    require_alignment : int
        What the address of the first element shall be a multiple of; 0 for any address.
    require_contiguous : bool
        Refuse tensors whose elements do not lie in row-major order without gaps.

    Raises
    ------
    TypeError
        If there is no tensor in it.
    ValueError
        If a capsule is used up already, or its tensor cannot be: a negative size, more bytes than addresses.
    RuntimeError
        If the tensor is not aligned, or not contiguous.
    BufferError
        If the other library cannot share it, or uses another major version of DLPack than 1.
    """
    return _core.tensor_from_dlpack(ext_tensor, require_alignment, require_contiguous)
