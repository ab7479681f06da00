"""PyO3: fields behind `Arc<T>`, a wrapper anew for each read."""

from bench_pyo3 import arc

Leaf, Node, Root = arc.Leaf, arc.Node, arc.Root
array, echo, nop, apply = arc.Leaves, arc.echo, arc.nop, arc.apply
