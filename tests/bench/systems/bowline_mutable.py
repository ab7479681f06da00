"""Ours, with fields that can be assigned."""

from systems.bowline import apply, array, classes, echo, nop  # noqa: F401

Leaf, Node, Root = classes("mutable", False)
