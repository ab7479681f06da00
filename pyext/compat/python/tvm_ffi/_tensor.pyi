"""The module `bowline._tensor`."""

from bowline._tensor import Tensor as Tensor
from bowline._tensor import from_dlpack as from_dlpack
