"""`bowline.show`: each object once, sharing seen. It is in text, SVG and a page that folds in a real browser."""

import os
import pathlib
import xml.etree.ElementTree
from typing import Any

import bowline
import pytest
from bowline import Array, Dict, List, field, py_class
from browser import Browser, find

SVG = "{http://www.w3.org/2000/svg}"


@py_class("show.Leaf")
class Leaf(bowline.Object):
    name: str


@py_class("show.Node")
class Node(bowline.Object):
    left: Any = None
    right: Any = None
    hidden: Any = field(default=None, repr=False)


def many(size):
    """A graph of so many objects, of which every tenth is held twice."""
    nodes = [Leaf("first")]
    while len(nodes) < size - 1:
        at = len(nodes)
        other = nodes[at // 2] if at % 10 == 0 else at
        nodes.append(Node(nodes[-1] if at % 50 else None, other))
    return Array(nodes)


def test_a_text_with_references():
    shared = Leaf("x")
    root = Node(List([shared, 1, "two"]), Dict({"k": shared, 3: 4.5}), hidden=Leaf("not shown"))
    assert bowline.show(root).text() == """\
show.Node
├─ left: List(3) 1, "two"
│  └─ [0]: #1 show.Leaf name="x"
└─ right: Dict(2) 3: 4.5
   └─ "k": → #1 show.Leaf"""
    assert repr(bowline.show([shared])) == 'Array(1)\n└─ [0]: show.Leaf name="x"'


def test_objects_that_contain_themselves():
    root = Node()
    root.left = root
    root.right = List([root])
    assert bowline.show(root).text() == """\
#1 show.Node
├─ left: → #1 show.Node
└─ right: List(1)
   └─ [0]: → #1 show.Node"""
    assert bowline.show(root).svg().count('class="edge reference"') == 2
    root.left = root.right = None


@py_class("show.Text")
class Text(bowline.Object):
    inner: Any

    def __ffi_repr__(self, text):
        raise KeyError("no text")


def test_what_has_no_fields_or_no_text():
    shown = bowline.show(Array([bowline.testing.make_tensor(bowline.int8, [1]), bowline.convert(len), Text(3), Array([]), None]))
    lines = shown.text().splitlines()
    assert lines[0] == "Array(5) None"
    assert lines[1].startswith("├─ [0]: ffi.Tensor")
    assert lines[2].startswith("├─ [1]: ffi.Function")
    assert lines[3:] == ["├─ [2]: show.Text inner=3", "└─ [3]: Array(0)"]
    keyed = bowline.show(Dict({Leaf("key"): 1, Leaf("other"): Leaf("value")})).text()
    assert 'key 0: show.Leaf name="key"' in keyed and 'value 1: show.Leaf name="value"' in keyed
    moved = Leaf("moved")
    bowline.convert(moved._move())
    assert bowline.show(moved).text() == "Leaf moved"


def test_values_of_python_fail_on_their_own():
    class Odd:
        def __repr__(self):
            raise ZeroDivisionError

    assert "show.Node left=" in bowline.show(Node(Odd())).text()


def test_what_is_long_or_deep_is_cut():
    long = bowline.show(List(["x" * 10_000, *range(10_000)])).text()
    assert len(long) < 300 and long.endswith("…")
    chain = None
    for _ in range(3_000):
        chain = Node(chain)
    lines = bowline.show(chain).text().splitlines()
    assert len(lines) == 3_000 and max(map(len, lines)) < 200
    assert lines[-1].startswith("2999… ")
    assert repr(bowline.show(chain)).endswith("… 2800 more lines: print() shows all")
    few = bowline.show(chain, limit=3)
    assert few.text() == """\
show.Node right=None
└─ left: show.Node right=None
   └─ left: show.Node right=None
      └─ left: …
… and more: 1 places hold objects beyond the limit"""
    assert "beyond the limit" in few.svg() and "\n" not in bowline.show(Leaf("a\nb")).text()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: bowline.show(3), TypeError, "expected an object, or a container of objects, got int"),
        (lambda: bowline.show(Leaf("x"), limit=0), ValueError, "limit must be at least 1, got 0"),
        (lambda: bowline.show(Leaf("x"), "picture.png"), ValueError, "ends in .html, .svg or .txt"),
        (lambda: bowline.show(Leaf("x"), "/"), ValueError, "ends in .html, .svg or .txt"),
    ],
)
def test_what_cannot_be_drawn(call, error, text):
    with pytest.raises(error, match=text):
        call()


HOSTILE = ["</script><b>&amp;\"'", "{{data}}", "\0\x1b[31m", "\u2028", "ä ∑ 🪢"]


def test_a_picture_is_xml_with_each_object_once(tmp_path):
    shared = Leaf("x")
    root = Node(shared, List([shared, *map(Leaf, HOSTILE)]))
    bowline.show(root, tmp_path / "graph.svg")
    tree = xml.etree.ElementTree.parse(tmp_path / "graph.svg")
    nodes = [found for found in tree.iter(f"{SVG}g") if found.get("class") == "node"]
    assert len(nodes) == len({found.get("data-object") for found in nodes}) == 3 + len(HOSTILE)
    (number,) = [found.get("data-object") for found in nodes if 'name="x"' in "".join(found.itertext())]
    edges = [found for found in tree.iter(f"{SVG}path") if found.get("data-to") == number]
    assert sorted((found.get("data-from"), found.get("data-label")) for found in edges) == [("0", "left"), ("2", "[0]")]


def test_files_notebooks_and_browsers(tmp_path, monkeypatch):
    shown = bowline.show(Node(Leaf("x")), tmp_path / "graph.txt")
    assert (tmp_path / "graph.txt").read_text() == str(shown) + "\n"
    frame = shown._repr_html_()
    assert frame.startswith("<iframe srcdoc=") and frame.count("<") == 2 and "sandbox" in frame
    assert shown._repr_svg_().startswith("<svg ")
    assert bowline.show(many(1_000))._repr_svg_() is None
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    bowline.show(Leaf("x"), browser=True)
    (address,) = opened
    path = address.removeprefix("file://")
    assert "bowline.show" in pathlib.Path(path).read_text(encoding="utf-8")
    os.remove(path)


@pytest.fixture(scope="module")
def browser():
    program = find()
    if program is None:
        pytest.skip("there is no Chromium: install Debian's package, or name one in BOWLINE_CHROMIUM")
    with Browser(program) as opened:
        yield opened


COUNT = "document.querySelectorAll(%r).length"


def test_a_click_folds_a_field(browser, tmp_path):
    shared = Leaf("shared")
    root = Node(List([shared, Leaf("inner")]), List([shared]))
    bowline.show(root, tmp_path / "graph.html")
    browser.open(tmp_path / "graph.html")
    # A shared object is one element, with an edge from each of its holders.
    number = browser.run("[...document.querySelectorAll('g.node')].find(g => g.textContent.includes('shared')).dataset.object")
    node, edge = f'g.node[data-object="{number}"]', f'path.edge[data-to="{number}"]'
    assert (browser.run(COUNT % node), browser.run(COUNT % edge)) == (1, 2)
    assert browser.run(COUNT % "g.node") == 5

    browser.click('.toggle[data-label="left"]')
    assert browser.run("document.querySelector('.toggle[data-label=left]').getAttribute('aria-expanded')") == "false"
    # What only the folded field leads to is gone. What another field holds, too, is drawn there.
    assert "inner" not in browser.run("document.getElementById('rows').textContent")
    assert (browser.run(COUNT % node), browser.run(COUNT % edge)) == (1, 1)
    browser.click('.toggle[data-label="left"]')
    assert (browser.run(COUNT % node), browser.run(COUNT % edge), browser.run(COUNT % "g.node")) == (1, 2, 5)

    # A folded reference, though the first to come, leaves its object to the others.
    browser.click("#fold")
    assert browser.run(COUNT % "g.node") == 3
    browser.click("#unfold")
    assert browser.run(COUNT % "g.node") == 5
    assert browser.errors == []


def test_keys_references_and_search(browser, tmp_path):
    bowline.show(many(2_000), tmp_path / "graph.html")
    browser.open(tmp_path / "graph.html")
    browser.run("document.querySelector('.toggle').focus()")
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13)
    assert browser.run("document.querySelector('.toggle').getAttribute('aria-expanded')") == "false"
    browser.click("#unfold")
    browser.run("document.getElementById('find').focus()")
    browser.call("Input.insertText", text="right=1537")
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13)
    browser.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
    assert "right=1537" in browser.run("document.querySelector('g.lit').textContent")
    assert browser.run("document.getElementById('view').scrollTop") > 0
    assert browser.errors == []


def test_values_reach_the_page_as_texts(browser, tmp_path):
    bowline.show(List(list(map(Leaf, HOSTILE))), tmp_path / "graph.html")
    browser.open(tmp_path / "graph.html")
    shown = browser.run("document.getElementById('rows').textContent")
    assert "</script><b>&amp;" in shown and "{{data}}" in shown and "ä ∑ 🪢" in shown
    assert browser.run(COUNT % "g.node") == 1 + len(HOSTILE)
    assert browser.errors == []


def test_ten_thousand_objects_are_painted_in_three_seconds(browser, tmp_path, record_property):
    shown = bowline.show(many(10_000), tmp_path / "graph.html")
    assert len(shown.text().splitlines()) > 10_000
    times = []
    # The best of three: other processes of the machine are not what is measured.
    for _ in range(3):
        browser.open(tmp_path / "graph.html")
        times.append(browser.run("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
        assert "10000 objects" in browser.run("document.getElementById('said').textContent")
        assert browser.run(COUNT % "g.node") > 10
    record_property("first paint in ms", times)
    print("first paint, ms:", times)
    assert min(times) <= 3_000
    # A click and a jump to the end stay quick. Only what is in the window is drawn.
    took = browser.run("""(() => { const start = performance.now();
        document.querySelector('.toggle').dispatchEvent(new MouseEvent('click', { bubbles: true }));
        return performance.now() - start; })()""")
    print("a fold, ms:", took)
    assert took <= 1_000
    browser.click("#unfold")
    browser.run("document.getElementById('view').scrollTop = 1e9")
    browser.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
    assert browser.run(COUNT % "g.node, g.holder") > 10
    assert browser.run(COUNT % "g.node") < 200
    assert browser.errors == []
