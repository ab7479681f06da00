"""Texts of objects."""

from typing import Any, Optional

import bowline
import pytest
from bowline import Array, List, field, py_class
from bowline.testing import testing as native
from shapes import Plain
from support import new_key, run_script


@py_class("repr.Node")
class Node(bowline.Object):
    name: str
    value: Any = None
    next: Optional["Node"] = None
    hidden: int = field(default=0, repr=False)


@py_class("repr.Nothing")
class Nothing(bowline.Object):
    pass


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (3, "3"),
        (3.14, "3.14"),
        (3.0, "3.0"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1e10, "10000000000.0"),
        (1e16, "1e+16"),
        (1e-5, "1e-05"),
        (0.1 + 0.2, "0.30000000000000004"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        ('q"\\\n', '"q\\"\\\\\\n"'),
        ("a\0\x1b\x7fé", '"a\\x00\\x1b\\x7fé"'),
        (b'a\0"', 'b"a\\x00\\""'),
        ((), "()"),
        ((42,), "(42,)"),
        ([1, (2,)], "(1, (2,))"),
        (Nothing(), "repr.Nothing"),
    ],
    ids=repr,
)
def test_values(value, text):
    node = Node("n", value)
    assert repr(node) == f'repr.Node(name="n", value={text}, next=None)'
    node.value = None


def test_cycles_and_repetition():
    node = Node("n")
    node.next = node
    assert repr(node) == 'repr.Node(name="n", value=None, next=...)'
    node.next = None
    one = Plain(1)
    assert repr(Array([one, one])) == "(shapes.Plain(n=1), shapes.Plain(n=1))"
    items = List([])
    items.append(items)
    assert repr(items) == "[...]"
    items.clear()


@pytest.mark.keeps_objects(reason="hooks are attributes of types")
def test_a_hook():
    @py_class(new_key())
    class Hooked(bowline.Object):
        value: Any

        def __ffi_repr__(self, fn_repr):
            return f"<{fn_repr(self.value)}>"

    assert repr(Hooked((1, "a"))) == '<(1, "a")>'
    assert repr(Array([Hooked(None)])) == "(<None>,)"


@pytest.mark.keeps_objects(reason="hooks are attributes of types")
def test_a_hook_that_fails_falls_back():
    @py_class(new_key())
    class Failing(bowline.Object):
        def __ffi_repr__(self, fn_repr):
            raise RuntimeError("broken")

    one = Failing()
    assert repr(one) == f"Failing(chandle={one.__chandle__():#x})"


def test_deep_graphs_do_not_fail():
    deep = None
    for _ in range(100_000):
        deep = Array([deep])
    assert isinstance(repr(deep), str)


def test_a_users_repr():
    @py_class(new_key())
    class Own(bowline.Object):
        n: int

        def __repr__(self):
            return "own " + super().__repr__()

    key = Own.__tvm_ffi_type_info__.type_key
    assert repr(Own(1)) == f"own {key}(n=1)"


def test_addresses():
    source = """
        import bowline
        from shapes import Plain
        one = Plain(1)
        items = bowline.Array([one])
        print(items == items, repr(one) == f"shapes.Plain@{one.__chandle__():#x}(n=1)")
        print(repr(items) == f"({one!r},)@{items.__chandle__():#x}")
    """
    assert run_script(source, TVM_FFI_REPR_WITH_ADDR="1").stdout == "True True\nTrue\n"


@pytest.mark.keeps_objects(reason="the function stays registered")
def test_addresses_are_asked_for_while_the_program_runs(monkeypatch):
    text = bowline.get_global_func("ffi.ReprPrint")
    node = Node("n")
    node.next = node
    at = f"@{node.__chandle__():#x}"
    for show in (text, repr):
        monkeypatch.setenv("TVM_FFI_REPR_WITH_ADDR", "1")
        assert show(node) == f'repr.Node{at}(name="n", value=None, next=...{at})'
        monkeypatch.setenv("TVM_FFI_REPR_WITH_ADDR", "0")
        assert show(node) == 'repr.Node(name="n", value=None, next=...)'
        monkeypatch.delenv("TVM_FFI_REPR_WITH_ADDR")
        assert show(node) == 'repr.Node(name="n", value=None, next=...)'
    node.next = None


@pytest.mark.keeps_objects(reason="the function stays registered")
def test_values_of_other_types():
    text = bowline.get_global_func("ffi.ReprPrint")
    assert text(bowline.core.MISSING) == "<MISSING>"
    assert text(bowline.core.KWARGS) == "<KWARGS>"
    assert text(native._TestCxxIntEnum.low) == "testing.TestCxxIntEnum.low"
    path = bowline.access_path.AccessPath.root().attr("a").array_item(1)
    assert text([path, path.step]) == "(<root>.a[1], [1])"
    assert text({1: (2,), "k": bowline.Dict({})}) == '{1: (2,), "k": {}}'
    assert text(-0.0) == "-0.0"
    assert text(float("-inf")) == "-inf"
    assert text(1234567.0) == "1234567.0"
    assert text({"a set"}) == "{'a set'}"
