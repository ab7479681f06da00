"""PyO3: fields that are Python objects, `#[pyo3(get)] Py<T>`."""

from bench_pyo3 import held

Leaf, Node, Root = held.Leaf, held.Node, held.Root
array, echo, nop, apply = held.Leaves, held.echo, held.nop, held.apply
