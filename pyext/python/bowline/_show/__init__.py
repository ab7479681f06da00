"""`show`: graphs to look at, as text, SVG and pages that fold.

Upholds: only Python's standard library is needed; what a drawing shows was read when it was made.
"""

from __future__ import annotations

import os
import pathlib
import tempfile
import webbrowser
from collections.abc import Callable
from itertools import islice
from typing import Any

from .._convert import convert
from ..core import Object
from .graph import Graph, graph_of
from .page import frame_of, page_of
from .svg import svg_of
from .text import lines_of

__all__ = ["Drawing", "show"]

# How many lines `repr` has. Up to the second number of objects a notebook keeps a picture beside the page.
_LINES = 200
_PICTURED = 500


class Drawing:
    """A drawing of a graph, as it was when `show` was called. `str` is all of its text; `repr`, the first lines.

    A notebook shows it as a page that folds, or as SVG where scripts do not run.
    """

    __slots__ = ("_graph", "_title")

    def __init__(self, graph: Graph, title: str) -> None:
        self._graph = graph
        self._title = title

    def text(self) -> str:
        """Return an outline. An object that several places hold has a number ``#n``, by which the others refer to it."""
        return "\n".join(lines_of(self._graph))

    def svg(self) -> str:
        """Return a picture. An object is an element `g.node`, a place that holds it a `path.edge`."""
        return svg_of(self._graph)

    def html(self) -> str:
        """Return a page in one file. Fields fold by a click, references lead to their object, a field finds texts."""
        return page_of(self._graph, self._title)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file: ``.html``, ``.svg`` or ``.txt`` says what.

        Raises
        ------
        ValueError
            For another suffix.
        OSError
            If it cannot be written.
        """
        path = pathlib.Path(path)
        kinds: dict[str, Callable[[], str]] = {".html": self.html, ".svg": self.svg, ".txt": self.text}
        make = kinds.get(path.suffix.lower())
        if make is None:
            raise ValueError(f"expected a path that ends in .html, .svg or .txt, got {str(path)!r}")
        path.write_text(make() + "\n", encoding="utf-8", errors="replace")

    def open(self) -> str:
        """Write the page to a temporary file, which stays, and show it in a browser. Return the path."""
        number, path = tempfile.mkstemp(prefix="bowline-", suffix=".html")
        os.close(number)
        self.save(path)
        webbrowser.open(pathlib.Path(path).as_uri())
        return path

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        lines = lines_of(self._graph)
        shown = list(islice(lines, _LINES))
        more = sum(1 for _ in lines)
        if more:
            shown.append(f"… {more} more lines: print() shows all")
        return "\n".join(shown)

    def _repr_html_(self) -> str:
        return frame_of(self.html(), len(self._graph.nodes))

    def _repr_svg_(self) -> str | None:
        return self.svg() if len(self._graph.nodes) <= _PICTURED else None


def show(value: Any, path: str | os.PathLike[str] | None = None, *, browser: bool = False, limit: int = 20_000) -> Drawing:
    """Draw the graph that a value leads to. Each object is drawn once, with every place that holds it.

    Parameters
    ----------
    value : Any
        An object, or what becomes one, such as a list of objects.
    path : path-like, optional
        A file that is written, too: ``.html``, ``.svg`` or ``.txt``.
    browser : bool
        Whether a browser shows it, from a temporary file.
    limit : int
        How many objects are drawn at most, nearest first. The drawing says what is beyond.

    Returns
    -------
    Drawing
        What terminals print as an outline and notebooks show as a page.

    Raises
    ------
    TypeError
        For a value that holds no objects, such as a number, or a limit that is no int.
    ValueError
        For a limit below 1, or a path of another kind.

    Notes
    -----
    Any thread may call it. Fields and containers that other threads change meanwhile are each read whole, one after the other.

    Examples
    --------
    >>> import bowline
    >>> @bowline.py_class("doc.show.Add")
    ... class Add(bowline.Object):
    ...     a: "Add | int"
    ...     b: "Add | int"
    >>> one = Add(1, 2)
    >>> bowline.show(Add(one, one))
    doc.show.Add
    ├─ a: #1 doc.show.Add a=1, b=2
    └─ b: → #1 doc.show.Add
    """
    if not hasattr(limit, "__index__"):
        raise TypeError(f"limit must be an int, got {type(limit).__name__}")
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
    root = value if isinstance(value, Object) else convert(value)
    if not isinstance(root, Object):
        raise TypeError(f"expected an object, or a container of objects, got {type(value).__name__}")
    drawing = Drawing(graph_of(root, limit), f"{type(value).__name__} · bowline.show")
    if path is not None:
        drawing.save(path)
    if browser:
        drawing.open()
    return drawing
