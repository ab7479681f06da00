"""pybind11 over std::shared_ptr."""

from bench_pybind11_shared import Leaf, Leaves, Node, Root, apply, echo, nop  # noqa: F401

array = Leaves
