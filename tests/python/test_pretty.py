"""Objects in several lines: `pprint`, and what `rich` asks for."""

import pprint
from typing import Any

import bowline
import pytest
from bowline import Array, Dict, List, Map, field, py_class
from support import new_key, run_script


@py_class("pretty.Add")
class Add(bowline.Object):
    a: Any
    b: Any


@py_class("pretty.Var")
class Var(bowline.Object):
    name: str
    hidden: int = field(default=0, repr=False)


def tree(depth):
    return Var(f"v{depth}") if depth == 0 else Add(tree(depth - 1), tree(depth - 1))


TREE = """\
pretty.Add(
    a=pretty.Add(
        a=pretty.Var(name="v0"),
        b=pretty.Var(name="v0"),
    ),
    b=pretty.Add(
        a=pretty.Var(name="v0"),
        b=pretty.Var(name="v0"),
    ),
)"""


def test_a_field_a_line():
    assert pprint.pformat(tree(2), width=40) == TREE
    lines = pprint.pformat(tree(4), width=40).splitlines()
    assert all(line.count("a=") + line.count("b=") <= 1 for line in lines)
    assert len(lines) == 16 * 1 + 15 * 2
    assert max(map(len, lines)) <= 40


def test_what_fits_is_in_one_line():
    assert pprint.pformat(tree(1)) == repr(tree(1))
    assert pprint.pformat([tree(0), 1]) == f"[{tree(0)!r}, 1]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Array([1, "b", None]), '(\n    1,\n    "b",\n    None,\n)'),
        (List([1.0, [2, 3]]), "[\n    1.0,\n    (2, 3),\n]"),
        (Map({"k": 1, 2: b"v"}), '{\n    "k": 1,\n    2: b"v",\n}'),
        (Dict({"k": {"l": 1}}), '{\n    "k": {\n        "l": 1,\n    },\n}'),
    ],
)
def test_containers(value, text):
    assert pprint.pformat(value, width=12) == text


def test_within_containers_of_python():
    assert pprint.pformat({"t": tree(2)}, width=40).replace("\n      ", "\n ").startswith("{'t': pretty.Add(")


def test_an_indent_and_a_depth():
    assert pprint.pformat(tree(1), width=40, indent=2).splitlines()[1] == '  a=pretty.Var(name="v0"),'
    assert pprint.pformat(tree(3), width=40, depth=1).splitlines()[1] == "    a=pretty.Add(...),"


@pytest.mark.parametrize(
    ("depth", "parts"),
    [
        (1, ["[...],", "(...),", '"a",']),
        (2, ["[1, (...)],", "((),),", '"a",']),
        (3, ["[1, (2, {...})],", "((),),", '"a",']),
        (4, ['[1, (2, {"k": 3})],', "((),),", '"a",']),
    ],
)
def test_a_depth_where_the_rest_has_room(depth, parts):
    value = List([List([1, (2, {"k": 3})]), ((),), "a"])
    lines = pprint.pformat(value, width=24, depth=depth).splitlines()
    assert [line.strip() for line in lines[1:-1]] == parts


def test_a_graph_is_shown_once():
    made = Add(Var("x"), 1)
    for _ in range(40):
        made = Add(made, made)
    text = pprint.pformat(made, width=60)
    assert len(text.splitlines()) < 40 * 4
    assert text.splitlines()[-2:] == ["    b=pretty.Add#1(...),", ")"]


def test_cycles_end():
    items = List(["a long text that does not fit"])
    items.append(items)
    assert pprint.pformat(items, width=20).endswith("    ...,\n]")
    items.clear()


@pytest.mark.keeps_objects(reason="hooks are attributes of types")
def test_a_text_of_a_class_stays_whole():
    @py_class(new_key("pretty"))
    class Own(bowline.Object):
        part: Any

        def __repr__(self):
            return "own " * 10

    @py_class(new_key("pretty"))
    class Hooked(bowline.Object):
        part: Any

        def __ffi_repr__(self, go_on):
            return "hook " * 10

    assert pprint.pformat(Own(1), width=10) == "own " * 10
    assert pprint.pformat(Hooked(1), width=10) == "hook " * 10
    assert pprint.pformat(List([Own(1), Hooked(1)]), width=10) == f"[\n    {'own ' * 10},\n    {'hook ' * 10},\n]"
    assert Own(1).__rich_repr__() is None
    assert Hooked(1).__rich_repr__() is None


def test_objects_without_parts():
    for value in (bowline.convert(print), Var.__new__(Var)):
        assert pprint.pformat(value, width=1) == repr(value)
        assert value.__rich_repr__() is None


def test_the_parts_for_rich():
    assert list(Add(1, Var("x", 2)).__rich_repr__())[0] == ("a", 1)
    assert list(Var("x", 2).__rich_repr__()) == [("name", "x")]
    assert list(Array([1, 2]).__rich_repr__()) == [[1, 2]]
    assert list(Dict({"k": 1}).__rich_repr__()) == [{"k": 1}]


def test_imported_before_and_after():
    source = """
        IMPORTS
        @bowline.py_class("pretty_late.N")
        class N(bowline.Object):
            a: int
        print(pprint.pformat(N(1), width=1))
    """
    for imports in ("import pprint; import bowline", "import bowline; import pprint"):
        assert run_script(source.replace("IMPORTS", imports)).stdout == "pretty_late.N(\n    a=1,\n)\n"


def test_strings_have_the_quotes_of_repr():
    long = "a long text of one line that does not fit"
    assert pprint.pformat(List([long, "b"]), width=20) == f'[\n    "{long}",\n    "b",\n]'
    assert pprint.pformat(List([long.encode(), 1]), width=20) == f'[\n    b"{long}",\n    1,\n]'
    assert pprint.pformat(Var("two\nlines of text"), width=20) == (
        'pretty.Var(\n    name=("two\\n"\n          "lines of text"),\n)'
    )


def test_the_text_of_a_chain_is_made_once(monkeypatch):
    object_text = bowline._core.object_text
    made = []

    def spy(value):
        made.append(object_text(value))
        return made[-1]

    monkeypatch.setattr(bowline._core, "object_text", spy)

    def characters(length):
        chain = None
        for n in range(length):
            chain = Add(n, chain)
        made.clear()
        assert pprint.pformat(chain, width=60).count("pretty.Add(") == length
        return sum(map(len, made))

    assert characters(160) < 2.5 * characters(80)  # where each object's text has all that it holds it is four times as many
