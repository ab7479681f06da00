"""Texts of graphs in which objects come more than once."""

import re
from typing import Any

import bowline
import pytest
from bowline import Array, Dict, List, Map, field, py_class
from support import new_key


@py_class("dag_text.Var")
class Var(bowline.Object):
    name: str


@py_class("dag_text.Add")
class Add(bowline.Object):
    a: Any
    b: Any


# An object that is worth a reference, and its text.
def pair():
    return Add(Var("x"), 1)


PAIR = 'dag_text.Add(a=dag_text.Var(name="x"), b=1)'
MARKED = PAIR.replace("Add", "Add#1")


def test_a_tree_has_no_marks():
    assert repr(Add(pair(), pair())) == f"dag_text.Add(a={PAIR}, b={PAIR})"
    assert repr(Array([pair(), List([pair()]), Map({1: pair()})])) == f"({PAIR}, [{PAIR}], {{1: {PAIR}}})"


def test_what_comes_again_is_a_reference():
    one = pair()
    assert repr(Add(one, one)) == f"dag_text.Add(a={MARKED}, b=dag_text.Add#1(...))"
    assert repr(List([one, [one], one])) == f"[{MARKED}, (dag_text.Add#1(...),), dag_text.Add#1(...)]"
    assert repr(one) == PAIR


@pytest.mark.parametrize(
    ("make", "left", "right"),
    [(Array, "(", ",)"), (List, "[", "]"), (lambda items: Map({0: items[0]}), "{0: ", "}"), (lambda items: Dict({0: items[0]}), "{0: ", "}")],
)
def test_containers_that_come_again(make, left, right):
    one = make([pair()])
    assert repr(Array([one, one])) == f"({left}{PAIR}{right}#1, {left[0]}...{right[-1]}#1)"


def test_numbers_are_given_in_the_order_of_reading():
    inner = pair()
    outer = Add(inner, 2)
    shown = repr(List([outer, inner, outer]))
    assert shown == f"[dag_text.Add#1(a={MARKED.replace('#1', '#2')}, b=2), dag_text.Add#2(...), dag_text.Add#1(...)]"


def test_what_is_small_is_shown_again():
    """Without objects in it, and with little else: as short as a reference would be."""
    x, many, long = Var("x"), Array(range(8)), Var("n" * 64)
    assert repr(Add(x, x)) == 'dag_text.Add(a=dag_text.Var(name="x"), b=dag_text.Var(name="x"))'
    assert repr(Add(many, many)).count("(0, 1, 2, 3, 4, 5, 6, 7)") == 2
    assert repr(Add(long, long)).count("n" * 64) == 2
    for large in (Array(range(9)), Var("n" * 65)):
        assert repr(Add(large, large)).endswith(")#1)" if isinstance(large, Array) else "Var#1(...))")


def test_cycles_and_references():
    one = List([pair()])
    one.append(one)
    assert repr(Array([one, one])) == f"([{PAIR}, ...]#1, [...]#1)"
    one.clear()


def dag(make, depth):
    made = make(None, None)
    for _ in range(depth):
        made = make(made, made)
    return made


MAKERS = {
    "object": Add,
    "array": lambda a, b: Array([a, b]),
    "list": lambda a, b: List([a, b]),
    "map": lambda a, b: Map({"a": a, "b": b}),
    "dict": lambda a, b: Dict({"a": a, "b": b}),
    "mixed": lambda a, b: Add(Array([a]), Map({0: b})),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_the_text_is_linear_in_the_nodes(kind):
    """As trees they have up to 2**60 leaves."""
    lengths = [len(repr(dag(MAKERS[kind], depth))) for depth in (20, 40, 60)]
    assert lengths[2] < 6000
    assert lengths[2] - lengths[1] < 1.2 * (lengths[1] - lengths[0])


def hooked(**members):
    class Hooked(bowline.Object):
        a: Any = field(default=None, repr=members.pop("shown", True))
        b: Any = field(default=None, repr=members.pop("shown_too", True))

    for name, member in members.items():
        setattr(Hooked, name, member)
    return py_class(new_key("dag_text"))(Hooked)


@pytest.mark.keeps_objects(reason="hooks are attributes of types")
@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("again", [True, False])
def test_hooks_are_called_once_for_an_object(shown, again):
    calls = []

    def text(self, go_on):
        calls.append(self)
        return f"<{go_on(self.a)} {go_on(self.a if again else self.b)}>"

    cls = hooked(__ffi_repr__=text, shown=shown, shown_too=shown)
    # Those that hold no object are small.
    shown = repr(dag(cls, 40))
    assert len(calls) <= 42
    assert len(shown) < 40 * 60
    calls.clear()


@pytest.mark.keeps_objects(reason="hooks are attributes of types")
def test_a_long_text_of_a_hook_has_its_mark_behind_it():
    cls = hooked(__ffi_repr__=lambda self, go_on: f"<{go_on(self.a)}>")
    key = cls.__tvm_ffi_type_info__.type_key
    short, long = cls(pair()), cls(Add(pair(), pair()))
    assert repr(Array([short, short])) == f"(<{PAIR}>, <{PAIR}>)"
    shown = f"<dag_text.Add(a={PAIR}, b={PAIR})>"
    assert repr(Array([long, long])) == f"({shown}#1, {key}#1(...))"


def test_addresses_stand_for_numbers(monkeypatch):
    monkeypatch.setenv("TVM_FFI_REPR_WITH_ADDR", "1")
    one = pair()
    at = f"@{one.__chandle__():#x}"
    shown = repr(List([one, one]))
    assert re.sub(r"Var@0x[0-9a-f]+", "Var", shown).startswith(f"[{PAIR.replace('Add', 'Add' + at)}, dag_text.Add{at}(...)]@")
