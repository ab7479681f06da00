"""The README's example runs as it stands, and its figures are those of the documentation."""

import pathlib
import re

from support import run_script

ROOT = pathlib.Path(__file__).parents[2]
README = ROOT / "README.md"
# Rows of the README by what they are called in the whole table.
ROWS = {
    "read a field whose wrapper lives": "live read",
    "read a field whose wrapper was dropped": "dropped read",
    "pass an object to a function and get it back": "echo",
    "pass a Python function that is called back": "callback",
    "read an item of a list": "index",
    "construct an object with three fields": "construct",
}
RIVALS = ("slots", "nanobind_intrusive", "tvm_ffi")


def test_the_example(tmp_path):
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.M | re.S)
    assert blocks, "the README has a Python example"
    for block in blocks:
        run_script(block)


def cells(text):
    """The rows of the tables in a text, by their first cell."""
    rows = (line.strip("| ").split(" | ") for line in text.replace("| |", "|  |").splitlines() if line.startswith("| "))
    return {first.strip(): [cell.strip() for cell in rest] for first, *rest in rows}


def test_the_figures():
    table = cells((ROOT / "src/docs/performance.md").read_text())
    found = cells(README.read_text().split("## Speed")[1].split("\n## ")[0])
    for row, name in ROWS.items():
        shown = dict(zip(RIVALS, found[row], strict=True))
        assert any(shown.values())
        for rival, figure in shown.items():
            if figure:
                first = table[f"{name} / {rival}"][0]  # 3.14t
                # With one thread, and in parentheses with more; bold is what is not reached.
                assert re.match(r"[\d.]+ \([\d.]+\)", first.replace("*", ""))[0] == figure, f"{row}, {rival}"
    assert len(found) == len(ROWS) + 1, "a row that is not looked at"
