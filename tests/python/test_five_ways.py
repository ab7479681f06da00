"""The ways through the extension are found by file and function names.

They are those of lib.rs, and the tables of its folders.
"""

import functools
import pathlib
import re
from typing import NamedTuple

import pytest

ROOT = pathlib.Path(__file__).parents[2]
EXTENSION = ROOT / "pyext/src"
STEP = re.compile(r"//! ( +)(\S+\.rs): (\w+)(?: \((\S+\.rs)\))?(?: {2,}\S.*)?$")
NO_CODE = re.compile(r'//[^\n]*|"(?:\\.|[^"\\])*"')


class Step(NamedTuple):
    file: str
    function: str
    indent: int
    caller: str | None  # a file that names it in the place of the step above


def ways():
    """Read the ways from the documentation of lib.rs: by name, the steps in their order."""
    text = (EXTENSION / "lib.rs").read_text()
    found, way = {}, []
    for line in text[text.index("## Five ways") :].partition("//! ```text\n")[2].partition("//! ```\n")[0].splitlines():
        if match := STEP.match(line):
            way.append(Step(match[2], match[3], len(match[1]), match[4]))
        else:
            assert re.match(r"//! \S", line), f"neither a way nor a step: {line}"
            way = found[line.removeprefix("//! ")] = []
    return found


@functools.cache
def code(file):
    """A file's code, without comments and strings."""
    return NO_CODE.sub("", (ROOT if file.startswith("src/") else EXTENSION).joinpath(file).read_text())


def bodies(file, function):
    """The functions of a name in a file, each from its arguments on."""
    text = code(file)
    for head in re.finditer(rf"\bfn {function}\b", text):
        start = next((at for at in range(head.end(), len(text)) if text[at] in "{;"), len(text))
        depth, end = 0, start
        while end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
            if depth == 0:
                break
        yield text[head.end() : end]


def test_there_are_five():
    assert list(ways()) == ["a.x", "a.x = y", "Add(i, j)", "f(callback)", "the last native drop"]


@pytest.mark.parametrize("way", ways())
def test_a_way(way):
    above = []
    assert len(ways()[way]) > 8
    for step in ways()[way]:
        while above and above[-1].indent >= step.indent:
            above.pop()
        assert step.indent == (above[-1].indent + 2 if above else 2), f"no step leads to {step.function} of {step.file}"
        assert list(bodies(step.file, step.function)), f"{step.file} defines no {step.function}"
        if above:
            caller = above[-1]
            named_in = [code(step.caller)] if step.caller else bodies(caller.file, caller.function)
            named = any(re.search(rf"\b{step.function}\b", body) for body in named_in)
            assert named, f"{caller.function} of {caller.file} does not name {step.function} of {step.file}"
            if caller.file != step.file and not step.caller and caller.file.startswith("src/") == step.file.startswith("src/"):
                assert knows(caller.file, step.file), f"{caller.file} does not use {step.file}"
        above.append(step)


def knows(file, other):
    """Whether a file names another, by its own name or that of its folder."""
    path = pathlib.PurePath(other)
    names = [path.stem] if path.stem != "mod" else [path.parent.name]
    # What a folder hands on is called by the folder's name. What a method does is called through the receiver.
    names.append(path.parent.name)
    return any(re.search(rf"\b{name}\b", code(file)) for name in names)


@pytest.mark.parametrize("folder", sorted(EXTENSION.rglob("mod.rs")), ids=lambda path: str(path.parent.relative_to(EXTENSION)))
def test_a_folder_says_what_is_in_it(folder):
    rows = re.findall(r"^//! \| `(\w+)` \| (.+) \|$", folder.read_text(), re.M)
    inside = {path.stem for path in folder.parent.glob("*.rs") if path.stem != "mod"}
    inside |= {path.parent.name for path in folder.parent.glob("*/mod.rs")}
    assert [name for name, _ in rows] == sorted(inside)
    assert all(len(job.split()) > 2 for _, job in rows)


SITE = re.compile(r"(?:\.(?:load|store|swap|fetch_\w+|compare_exchange\w*)|\bfence)\(")


def strong_orderings():
    """Where the extension has an ordering above Relaxed: `file function`."""
    for path in EXTENSION.rglob("*.rs"):
        text = code(str(path.relative_to(EXTENSION)))
        assert not re.search(r"(?<!::)\b(?:Acquire|Release|AcqRel|SeqCst)\b", text), f"{path.name}: an ordering without its type"
        functions = [(head.start(), head[1]) for head in re.finditer(r"\bfn (\w+)", text)]
        for site in SITE.finditer(text):
            depth, end = 1, site.end()
            while depth:
                depth += {"(": 1, ")": -1}.get(text[end], 0)
                end += 1
            if re.search(r"Ordering::(?!Relaxed)", text[site.end() : end]):
                function = [name for start, name in functions if start < site.start()][-1]
                yield f"{path.relative_to(EXTENSION).as_posix()} {function}"


def test_each_strong_ordering_says_what_dies():
    table = (ROOT / "src/sync/edges.md").read_text().partition("# Orderings of the extension")[2]
    rows = re.findall(r"^\| (\S+\.rs) `(\w+)` \| [^|]+ \| [^|]+ \| [^|]+ \| ([^|]+) \|$", table, re.M)
    assert sorted(f"{file} {function}" for file, function, _ in rows) == sorted(set(strong_orderings()))
    for file, function, dies in rows:
        for test, name in re.findall(r"`(test_\w+\.py)::(\w+)`", dies):
            assert f"def {name}(" in (ROOT / "tests/python" / test).read_text(), f"{file} {function}: {test}::{name}"
        for test, name in re.findall(r"`(\w+_vs_\w+|preserve)::(\w+)", dies):
            assert name in (ROOT / "tests/loom" / f"{test}.rs").read_text(), f"{file} {function}: {test}::{name}"
