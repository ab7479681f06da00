"""The module `bowline._tensor`."""

from bowline._tensor import Device as Device
from bowline._tensor import DLDeviceType as DLDeviceType
from bowline._tensor import Shape as Shape
from bowline._tensor import Tensor as Tensor
from bowline._tensor import device as device
from bowline._tensor import from_dlpack as from_dlpack
