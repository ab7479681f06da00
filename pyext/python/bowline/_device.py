"""Devices: where memory is and code runs.

Upholds: a device never changes; it crosses native code as a value, so that what comes back is equal but another object.
"""

from __future__ import annotations

import operator
from enum import IntEnum
from typing import Any, ClassVar, SupportsIndex

from . import _core


class DLDeviceType(IntEnum):
    """Kinds of devices, as DLPack numbers them."""

    kDLCPU = 1
    kDLCUDA = 2
    kDLCUDAHost = 3
    kDLOpenCL = 4
    kDLVulkan = 7
    kDLMetal = 8
    kDLVPI = 9
    kDLROCM = 10
    kDLROCMHost = 11
    kDLExtDev = 12
    kDLCUDAManaged = 13
    kDLOneAPI = 14
    kDLWebGPU = 15
    kDLHexagon = 16
    kDLMAIA = 17
    kDLTrn = 18


class Device:
    """A device.

    Parameters
    ----------
    device_type : str or int
        ``"cuda"``, ``"cuda:1"``, or a kind as `DLDeviceType` numbers them.
    index : int, optional
        Which of its kind; the first if neither this nor the text says.

    Raises
    ------
    ValueError
        If there is no such kind, or both text and `index` say which.

    Examples
    --------
    >>> import bowline
    >>> bowline.device("cuda:1")
    device(type='cuda', index=1)
    >>> bowline.Device("cuda", 1) == bowline.device("cuda:1")
    True
    """

    __slots__ = ("_index", "_kind")

    _DEVICE_TYPE_TO_NAME: ClassVar[dict[DLDeviceType, str]] = {
        kind: _core.device_text(kind, 0).partition(":")[0] for kind in DLDeviceType
    }
    _DEVICE_NAME_TO_TYPE: ClassVar[dict[str, DLDeviceType]] = {
        **{name: kind for kind, name in _DEVICE_TYPE_TO_NAME.items()},
        "mps": DLDeviceType.kDLMetal,
        "wgpu": DLDeviceType.kDLWebGPU,
    }

    def __init__(self, device_type: str | int, index: SupportsIndex | None = None) -> None:
        if isinstance(device_type, str):
            if index is not None and ":" in device_type:
                raise ValueError(f"the device {device_type!r} has an index already, got index {index!r} too")
            self._kind, found = _core.parse_device(device_type)
            index = found if index is None else index
        elif isinstance(device_type, int):
            self._kind = int(device_type)
        else:
            raise TypeError(f"device_type must be str or int, got {type(device_type).__name__}")
        try:
            self._index = 0 if index is None else operator.index(index)
        except TypeError:
            raise TypeError(f"index must be int, got {type(index).__name__}") from None

    @property
    def type(self) -> str:
        """The name of its kind."""
        return self.__device_type_name__()

    @property
    def index(self) -> int:
        """Which of its kind it is."""
        return self._index

    def dlpack_device_type(self) -> int:
        """Return its kind, as DLPack numbers it."""
        return self._kind

    def __device_type_name__(self) -> str:
        return _core.device_text(self._kind, 0).partition(":")[0]

    def __ffi_plain__(self) -> tuple[int, int]:
        return (self._kind, self._index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Device):
            return NotImplemented
        return (self._kind, self._index) == (other._kind, other._index)

    def __hash__(self) -> int:
        return hash((self._kind, self._index))

    def __str__(self) -> str:
        return _core.device_text(self._kind, self._index)

    def __repr__(self) -> str:
        return f"device(type={self.type!r}, index={self._index})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self._kind, self._index))


def device(device_type: str | int | DLDeviceType, index: SupportsIndex | None = None) -> Device:
    """Return a device; see `Device`."""
    return _class(device_type, index)


# What `device` makes, and what devices that come from native code are.
_class: type[Device] = Device
_core.set_plain_class("Device", device)


def set_class(cls: type[Device]) -> None:
    """Make a subclass of `Device` the class of all devices to come. Libraries with devices of their own do.

    Raises
    ------
    TypeError
        If it does not derive from `Device`.
    """
    global _class
    if not (isinstance(cls, type) and issubclass(cls, Device)):
        raise TypeError(f"expected a class that derives from Device, got {cls!r}")
    _class = cls


# The name that libraries find in `bowline.core`.
_set_class_device = set_class
