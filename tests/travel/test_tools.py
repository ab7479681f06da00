"""Objects in tools that users have: IPython and tqdm."""

import copy
import io

import bowline
from bowline import Array, Dict, List
from IPython.core.formatters import DisplayFormatter
from IPython.lib.pretty import pretty
from model import Node
from tqdm import tqdm


def test_ipython_cuts_long_containers():
    assert pretty(Array(range(3))) == "(0, 1, 2)"
    for made, left, right in ((Array(range(5_000)), "(", ")"), (List(["a"] * 5_000), "[", "]")):
        shown = pretty(made)
        assert shown.startswith(left) and shown.endswith(f"... 4000 more{right}") and len(shown) < 10_000
    shown = pretty(Dict({n: Node(n) for n in range(1_200)}))
    assert "7: travel.Node(n=7, next=None, tags=[])," in shown and shown.endswith("... 200 more}")
    assert pretty(Array(range(20)), max_seq_length=2) == "(0, 1, ... 18 more)"
    assert pretty([Array(range(3))]) == "[(0, 1, 2)]"


def test_ipython_shows_a_drawing_as_a_page():
    inner = Node(1)
    formats, _ = DisplayFormatter().format(bowline.show(Node(2, [inner, inner])))
    assert formats["text/html"].startswith("<iframe") and formats["image/svg+xml"].startswith("<svg")
    assert "→ #1 travel.Node" in formats["text/plain"]
    # An object alone has no picture: it would be drawn wherever it is named.
    assert set(DisplayFormatter().format(inner)[0]) == {"text/plain"}


def test_tqdm_shows_progress():
    graph, shown = List([Node(n) for n in range(20_000)]), io.StringIO()
    with tqdm(total=20_000, file=shown, mininterval=0) as bar, bowline.progress(bar.update):
        copy.deepcopy(graph)
    assert bar.n >= 16_000 and "%" in shown.getvalue()
