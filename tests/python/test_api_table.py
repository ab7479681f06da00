"""The table of behaviours in tests/python-api.md names tests that exist, and leaves no section out."""

import ast
import functools
import pathlib
import re

import pytest

TESTS = pathlib.Path(__file__).parent
SECTIONS = [*(f"D.{number}" for number in range(1, 14)), "testing", "A.6", "A.11"]


def rows():
    for line in (TESTS.parent / "python-api.md").read_text().splitlines():
        if match := re.match(r"\| (?!section|---)(\S+) \| (.+) \| (.+) \|$", line):
            yield match[1], match[2], re.findall(r"`([^`]+)`", match[3])


@functools.cache
def names(file):
    """What a test file defines at its top."""
    return {node.name for node in ast.parse((TESTS / file).read_text()).body if hasattr(node, "name")}


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: f"{row[0]} {row[1]}")
def test_a_row(row):
    _, _, tests = row
    assert tests, "a behaviour without a test"
    for test in tests:
        file, _, name = test.partition("::")
        assert (TESTS / file).is_file(), f"{test} does not exist"
        assert not name or name in names(file), f"{test} does not exist"


def test_every_section_has_rows_in_order():
    found = list(dict.fromkeys(section for section, *_ in rows()))
    assert found == SECTIONS
