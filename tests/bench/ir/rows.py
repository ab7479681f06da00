"""The rows of the workload that go over a whole graph: per node of it."""

from __future__ import annotations

import copy
import functools
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import graph
import system
from walks import Rewriter, Visitor


class Row(NamedTuple):
    """A work, ready to run. It says how many operations a run is; the run returns what all systems must agree on."""

    operations: int
    run: Callable[[], Any]


class Workload:
    """Makes rows over graphs of a size. Each graph is made when the first row needs it."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.depth = max(3, count.bit_length() - 3)

    @functools.cached_property
    def root(self) -> Any:
        return graph.dag(self.count)

    @functools.cached_property
    def nodes(self) -> int:
        visitor = Visitor()
        visitor.visit(self.root)
        return len(visitor.seen)

    def _over_dag(self, run: Callable[[], Any]) -> Row:
        return Row(self.nodes, run)

    def build(self) -> Row:
        return self._over_dag(lambda: graph.dag(self.count) is not None)

    def visit(self) -> Row:
        def run():
            visitor = Visitor()
            visitor.visit(self.root)
            return visitor.total

        return self._over_dag(run)

    def rewrite(self, rebuild: bool) -> Row:
        def run():
            rewriter = Rewriter(rebuild)
            rewriter.visit(self.root)
            return rewriter.made

        return self._over_dag(run)

    def structural(self, hashed: bool, dag: bool) -> Row:
        if dag:
            count = max(10, self.count // 50)
            left, right = graph.shared(count), graph.shared(count)
        else:
            left, right = graph.tree(self.depth), graph.tree(self.depth)
            count = 2**self.depth
        if hashed:
            return Row(2 * count, lambda: system.structural_hash(left) == system.structural_hash(right))
        return Row(count, lambda: system.structural_equal(left, right))

    def dumps(self) -> Row:
        return self._over_dag(lambda: len(pickle.dumps(self.root)) > self.nodes)

    def loads(self) -> Row:
        data = pickle.dumps(self.root)
        return self._over_dag(lambda: len(pickle.loads(data).items))

    def deepcopy(self) -> Row:
        return self._over_dag(lambda: len(copy.deepcopy(self.root).items))

    def to_json(self) -> Row:
        return self._over_dag(lambda: len(system.to_json(self.root)) > self.nodes)

    def from_json(self) -> Row:
        text = system.to_json(self.root)
        return self._over_dag(lambda: len(system.from_json(text).items))


ROWS: dict[str, Callable[[Workload], Row]] = {
    "build": Workload.build,
    "visit": Workload.visit,
    "rewrite, nothing changes": lambda load: load.rewrite(False),
    "rewrite, all rebuilt": lambda load: load.rewrite(True),
    "structural_equal, tree": lambda load: load.structural(False, False),
    "structural_hash, tree": lambda load: load.structural(True, False),
    "structural_equal, dag": lambda load: load.structural(False, True),
    "structural_hash, dag": lambda load: load.structural(True, True),
    "pickle.dumps": Workload.dumps,
    "pickle.loads": Workload.loads,
    "deepcopy": Workload.deepcopy,
    "to_json": Workload.to_json,
    "from_json": Workload.from_json,
}
