"""A graph as lines of text, for terminals.

Upholds: a line has bounded length, however deep the graph.
"""

from __future__ import annotations

from collections.abc import Iterator

from .graph import Graph, rows_of

# How many levels a line draws. Deeper ones say how deep they are: the lines of a chain would grow with its length.
LEVELS = 32


def lines_of(graph: Graph) -> Iterator[str]:
    """Yield an outline. An object that several places hold has a number ``#n``, by which the others refer to it."""
    rows = rows_of(graph)
    # Numbers are given in the order of the lines.
    marks: dict[int, int] = {}
    for row in rows:
        if row.is_place and graph.nodes[row.number].holders > 1:
            marks[row.number] = len(marks) + 1
    for row in rows:
        margin: list[str] = []
        at = row
        while at.depth and len(margin) < LEVELS:
            # The first is that of the row itself, the others those of the objects above.
            margin.append(("└─ " if at.is_last else "├─ ") if not margin else ("   " if at.is_last else "│  "))
            at = rows[at.parent]
        deep = f"{row.depth}… " if at.depth else ""
        label = f"{row.label}: " if row.label else ""
        yield f"{deep}{''.join(reversed(margin))}{label}{_said(graph, row.number, row.is_place, marks)}"
    if graph.left_out:
        yield f"… and more: {graph.left_out} places hold objects beyond the limit"


def _said(graph: Graph, number: int, is_place: bool, marks: dict[int, int]) -> str:
    if number < 0:
        return "…"
    node = graph.nodes[number]
    if not is_place:
        return f"→ #{marks[number]} {node.name}"
    mark = f"#{marks[number]} " if number in marks else ""
    return f"{mark}{node.name} {node.says}".rstrip()
