"""The table of weaknesses in src/docs/weaknesses.md names tests that exist. They say which weakness they answer."""

import ast
import pathlib
import re

import pytest

TESTS = pathlib.Path(__file__).parent.parent
WITHOUT = {18, 19, 21}


def rows():
    section = (TESTS.parent / "src/docs/weaknesses.md").read_text().split("\n# The tests\n")[1]
    for line in section.splitlines():
        if match := re.match(r"\| (\d.*?) \| (.*) \|$", line):
            numbers = [int(n) for n in re.findall(r"\b\d+\b", match[1])]
            yield from ((numbers, test) for test in re.findall(r"`(\w[\w./]*(?:::\w+)?)`", match[2]))


def said(test):
    """What a test, or the head of its file, says of itself."""
    file, _, name = test.partition("::")
    if file.endswith(".rs"):
        comment = re.search(rf"((?:^ *///.*\n)+)(?: *#\[.*\n)*fn {name}\b", (TESTS / file).read_text(), re.M)
        assert comment, f"{test} does not exist"
        return comment[1]
    tree = ast.parse((TESTS / "python" / file).read_text())
    if not name:
        return ast.get_docstring(tree)
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    assert found, f"{test} does not exist"
    return ast.get_docstring(found[0]) or ""


@pytest.mark.parametrize(("numbers", "test"), list(rows()), ids=lambda part: part if isinstance(part, str) else "")
def test_a_row(numbers, test):
    answers = re.findall(r"[Ww]eakness(?:es)? ([\d, and]+)|; (\d+):", said(test))
    found = {int(n) for groups in answers for n in re.findall(r"\d+", " ".join(groups))}
    assert found & set(numbers), f"{test} says that it answers {found or 'nothing'}"


def test_every_weakness_has_a_row():
    assert {n for numbers, _ in rows() for n in numbers} | WITHOUT == set(range(1, 39))
