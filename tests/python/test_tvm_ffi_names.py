"""The table of tvm-ffi's public names in tvm_ffi_names.tsv is true of the package.

Its rows were taken down from apache-tvm-ffi 0.1.15.post2 by introspection: module, name (empty for the module itself), kind, parameters
(with `=` if there is a default, `:kw` and `:pos` if they are keyword-only or positional-only; `-` where none are told), and whether a
client (apache-tvm, tilelang, xgrammar) names it. Then what is said of the package: the same, differs and how, left out and why.
"""

import importlib
import inspect
import pathlib
from typing import NamedTuple

import bowline
import pytest
from support import run_script

VERDICTS = ("same", "differs", "left out")
# At most so many are left out.
MOST_LEFT_OUT = 0.05


class Row(NamedTuple):
    module: str
    name: str
    kind: str
    parameters: str
    client: str
    verdict: str
    remark: str


def rows():
    text = (pathlib.Path(__file__).parent / "tvm_ffi_names.tsv").read_text()
    return [Row(*line.split("\t")) for line in text.splitlines()[1:]]


ROWS = rows()
MODULES = sorted({row.module for row in ROWS})


def parameters(found, kind):
    """What a callable takes, in the form of the table."""
    if not callable(found) or kind == "value" or kind == "module":
        return "-"
    try:
        given = list(inspect.signature(found).parameters.values())
    except (TypeError, ValueError):
        return "-"
    if kind == "member" and given and given[0].name in ("self", "cls"):
        given = given[1:]
    marks = {
        inspect.Parameter.VAR_POSITIONAL: ("*", ""),
        inspect.Parameter.VAR_KEYWORD: ("**", ""),
        inspect.Parameter.KEYWORD_ONLY: ("", ":kw"),
        inspect.Parameter.POSITIONAL_ONLY: ("", ":pos"),
    }
    told = []
    for one in given:
        before, after = marks.get(one.kind, ("", ""))
        told.append(f"{before}{one.name}{'=' if one.default is not one.empty else ''}{after}")
    return ", ".join(told)


_NOTHING = object()


def find(row):
    try:
        found = importlib.import_module(f"tvm_ffi.{row.module}" if row.module else "tvm_ffi")
    except ImportError:
        return _NOTHING
    for part in row.name.split(".") if row.name else ():
        found = getattr(found, part, _NOTHING)
    return found


@pytest.fixture(scope="module", autouse=True)
def provided():
    bowline.provide_tvm_ffi()


@pytest.mark.keeps_objects  # of modules that are loaded here
@pytest.mark.parametrize("module", MODULES)
def test_a_module(module):
    wrong = []
    for row in ROWS:
        if row.module != module:
            continue
        found = find(row)
        assert row.verdict in VERDICTS, row
        if row.verdict != "same" and not row.remark:
            wrong.append((row.name, "no remark"))
        if (found is _NOTHING) != (row.verdict == "left out"):
            wrong.append((row.name, row.verdict, "is not there" if found is _NOTHING else "is there"))
        elif row.verdict == "same" and row.parameters != "-":
            told = parameters(found, row.kind)
            if told != row.parameters:
                wrong.append((row.name, row.parameters, told))
    assert not wrong


def test_how_many_are_left_out():
    assert len(ROWS) > 900
    out = [row for row in ROWS if row.verdict == "left out"]
    assert len(out) <= MOST_LEFT_OUT * len(ROWS), f"{len(out)} of {len(ROWS)}"


def test_none_that_clients_name():
    assert sum(row.client == "client" for row in ROWS) > 50
    assert not [row for row in ROWS if row.client == "client" and row.verdict == "left out"]


def test_clients_get_all_by_star():
    run_script("import bowline\nbowline.provide_tvm_ffi()\nfrom tvm_ffi import *\nassert Object and Array and structural_map")
