"""A graph as a picture that stands still: SVG without a script.

Upholds: an object is one element `g.node`, and each place that holds it one `path.edge`; it is XML, whatever values say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from .graph import Graph, Row, rows_of

# Pixels: the height of a row, how far a level is indented, a character's width.
HEIGHT, STEP, CHARACTER = 20, 18, 7.3

# What XML cannot say.
_UNSAID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

STYLE = """
text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; white-space: pre; }
.label { fill: #6e7781; } .name { font-weight: bold; } .says { fill: #0a5c36; } .mark { fill: #8250df; }
.edge, .stem { fill: none; stroke: #b6bdc5; stroke-width: 1.2; } .edge.reference { stroke: #8250df; stroke-dasharray: 4 3; }
"""


def _xml(text: str) -> str:
    return escape(_UNSAID.sub("\ufffd", text))


def svg_of(graph: Graph) -> str:
    """Return the picture as text. Objects stand in rows, as in an outline; references are dashed."""
    rows = rows_of(graph)
    place = {row.number: at for at, row in enumerate(rows) if row.is_place}
    widths = [_width(graph, row) for row in rows]
    right = max(widths) + 40 + min(240, len(rows))
    height = len(rows) * HEIGHT + 8 + HEIGHT * bool(graph.left_out)
    body = [*_edges(rows, place, widths), *_texts(graph, rows)]
    if graph.left_out:
        said = f"… and more: {graph.left_out} places hold objects beyond the limit"
        body.append(f'<text class="label" x="8" y="{height - 9}">{said}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{right:.0f}" height="{height}" '
        f'viewBox="0 0 {right:.0f} {height}" role="img"><style>{STYLE}</style>\n' + "\n".join(body) + "\n</svg>"
    )


def _pieces(graph: Graph, row: Row) -> list[tuple[str, str]]:
    """Return the classes and texts of a row, from left to right."""
    label = [("label", f"{row.label}: ")] if row.label else []
    if row.number < 0:
        return [*label, ("label", "…")]
    node = graph.nodes[row.number]
    if not row.is_place:
        return [*label, ("mark", f"→ #{row.number} {node.name}")]
    mark = [("mark", f"#{row.number} ")] if node.holders > 1 else []
    return [*label, *mark, ("name", node.name), ("says", f" {node.says}")]


def _width(graph: Graph, row: Row) -> float:
    return 14 + row.depth * STEP + CHARACTER * sum(len(text) for _, text in _pieces(graph, row))


def _texts(graph: Graph, rows: list[Row]) -> Iterator[str]:
    for at, row in enumerate(rows):
        spans = "".join(f'<tspan class="{kind}">{_xml(text)}</tspan>' for kind, text in _pieces(graph, row) if text)
        text = f'<text x="{8 + row.depth * STEP}" y="{at * HEIGHT + 17}">{spans}</text>'
        yield f'<g class="node" data-object="{row.number}">{text}</g>' if row.is_place else f'<g class="holder">{text}</g>'


def _edges(rows: list[Row], place: dict[int, int], widths: list[float]) -> Iterator[str]:
    # Where the line down from a holder has come to.
    down: dict[int, float] = {}
    for at, row in enumerate(rows):
        if row.parent < 0 or row.number < 0:
            continue
        y = at * HEIGHT + 13
        label = quoteattr(_UNSAID.sub("\ufffd", row.label))
        names = f'data-from="{rows[row.parent].number}" data-to="{row.number}" data-label={label}'
        stem = f"M{12 + (row.depth - 1) * STEP} {down.get(row.parent, row.parent * HEIGHT + 19)}V{y}h8"
        if row.is_place:
            yield f'<path class="edge" {names} d="{stem}"/>'
        else:
            # From the end of this row to that of the object's, in a bow. Its width grows with the way.
            to = place[row.number]
            end = to * HEIGHT + 13
            bow = 24 + min(200, abs(to - at))
            out = max(widths[at], widths[to]) + bow
            path = f"M{widths[at]:.0f} {y}C{out:.0f} {y} {out:.0f} {end} {widths[to] + 6:.0f} {end}l5 -3m-5 3l5 3"
            yield f'<path class="edge reference" {names} d="{path}"/>'
            yield f'<path class="stem" d="{stem}"/>'
        down[row.parent] = y
