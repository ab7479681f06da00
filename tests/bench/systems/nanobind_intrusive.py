"""nanobind with its `intrusive` counter. An object keeps its wrapper for as long as it lives."""

from bench_nanobind_intrusive import Leaf, Leaves, Node, Root, apply, echo, nop  # noqa: F401

array = Leaves
