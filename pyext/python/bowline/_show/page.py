"""A graph as a page that folds, in one file: it loads nothing.

Upholds: what values say reaches the page as data, never as HTML.
"""

from __future__ import annotations

import html
import importlib.resources
import json

from .graph import Graph


def page_of(graph: Graph, title: str) -> str:
    """Return the page as text. Its script lays out what is unfolded, and draws what is in the window."""
    data = {
        "nodes": [[node.name, node.says, node.parts, node.holders] for node in graph.nodes],
        "leftOut": graph.left_out,
    }
    # `<` would end the script's element. Two separators end lines in older scripts; all of them are ASCII here.
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    page = importlib.resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    return page.replace("{{title}}", html.escape(title), 1).replace("{{data}}", text, 1)


def frame_of(page: str, rows: int) -> str:
    """Return an element that shows a page within another one, as high as it needs. The outer one may be a notebook."""
    height = min(600, 64 + 20 * rows)
    return (
        f'<iframe srcdoc="{html.escape(page)}" sandbox="allow-scripts" title="bowline.show" '
        f'style="width:100%;height:{height}px;border:1px solid #d0d7de;border-radius:6px"></iframe>'
    )
