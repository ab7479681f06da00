"""A class that is registered again by the code that registered it before."""

import gc
import importlib
import pickle
import sys

import bowline
import pytest
from bowline import Object, py_class
from bowline.core import type_info
from bowline.dataclasses import fields
from bowline.serialization import from_json_graph_str, to_json_graph_str
from shapes import Holder
from support import new_key, run_script, run_threads

core = bowline._core


def make(key, **annotations):
    """A class of always the same module and qualified name."""

    class Node(Object):
        __annotations__ = annotations or {"x": int}

    return py_class(key)(Node)


def test_the_key_finds_the_newest_and_the_former_stays():
    key = new_key()
    former = make(key)
    one = former(1)
    newest = make(key, x=int, y=str)
    two = newest(2, "two")
    assert (one.x, two.x, two.y, former(3).x) == (1, 2, "two", 3)
    assert type(one) is former and type(Holder(one).value) is former and Holder(one).value is one
    assert not isinstance(one, newest) and not isinstance(two, former)
    first, second = type_info(former), type_info(newest)
    assert (first.type_key, second.type_key) == (key, key)
    assert core.type_index(key) == second.type_index != first.type_index
    assert (first.type_cls, second.type_cls) == (former, newest)
    assert [f.name for f in fields(former)] == ["x"]
    assert [f.name for f in fields(newest)] == ["x", "y"]
    assert core.type_keys().count(key) == 1
    with pytest.raises(TypeError):
        former.x.__get__(two)


def test_a_wrapper_that_was_dropped_comes_back_in_its_class():
    key = new_key()
    holder = Holder(make(key)(1))
    former = type(holder.value)
    gc.collect()
    make(key)
    assert type(holder.value) is former and holder.value.x == 1


def test_json_finds_the_newest():
    key = new_key()
    text = to_json_graph_str(make(key)(5))
    newest = make(key)
    found = from_json_graph_str(text)
    assert type(found) is newest and found.x == 5


def test_subclasses_of_the_former():
    key, below = new_key(), new_key()
    former = make(key)

    @py_class(below)
    class Child(former):
        y: int

    newest = make(key)

    @py_class(new_key())
    class Late(former):
        z: int

    assert (Child(1, 2).y, Late(1, 2).z) == (2, 2)
    assert isinstance(Late(1, 2), former) and not isinstance(Late(1, 2), newest)
    assert type_info(Late).parent_type_info is type_info(former)

    @py_class(new_key())
    class Typed(Object):
        of: former

    assert Typed(Late(1, 2)).of.z == 2
    with pytest.raises(TypeError):
        Typed(newest(1))


def test_a_failure_leaves_the_former():
    key = new_key()
    former = make(key)
    keys = len(core.type_keys())
    for annotations in ({"x": complex}, {"x": 5}):
        with pytest.raises(TypeError):
            make(key, **annotations)

    def bad_equipment():
        class Meta(type(Object)):
            def __setattr__(cls, name, value):
                if name == "__match_args__":
                    raise RuntimeError("late")
                super().__setattr__(name, value)

        class Node(Object, metaclass=Meta):
            __qualname__ = former.__qualname__
            x: int

        return py_class(key)(Node)

    with pytest.raises(RuntimeError, match="late"):
        bad_equipment()
    assert core.class_of(core.type_index(key)) is former
    assert (former(4).x, len(core.type_keys())) == (4, keys)
    assert make(key)(5).x == 5


def test_one_that_waits_for_a_name():
    key = new_key()
    former = make(key)
    waiting = make(key, x=int, other="NotYetThere")
    assert core.class_of(core.type_index(key)) is former
    with pytest.raises(TypeError, match="NotYetThere"):
        waiting(1, None)
    newest = make(key)
    globals()["NotYetThere"] = Object
    try:
        assert waiting(1, newest(2)).other.x == 2
        # It is older than the newest, which has the key.
        assert core.class_of(core.type_index(key)) is newest
    finally:
        del globals()["NotYetThere"]


def test_a_name_in_an_annotation_means_the_newest():
    def both():
        @py_class(f"{__name__}.LaterChild")
        class LaterChild(Object):
            parent: "LaterParent | None" = None

        @py_class(f"{__name__}.LaterParent")
        class LaterParent(Object):
            child: "LaterChild | None" = None

        return LaterChild, LaterParent

    for _ in range(3):
        child, parent = both()
        assert parent(child(parent())).child.parent.child is None
        assert core.class_of(core.type_index(f"{__name__}.LaterChild")) is child


CELL = """
from __future__ import annotations
from bowline import Object, py_class
for _ in range(2):
    @py_class("cell.Child")
    class Child(Object):
        parent: Parent | None = None
        other: Earlier | None = None
        siblings: list[Child] | None = None

    @py_class("cell.Parent")
    class Parent(Object):
        children: list[Child]

    @py_class("cell.Earlier")
    class Earlier(Object):
        pass

    assert Parent([Child(Parent([]), Earlier(), [Child()])]).children[0].parent.children == []
"""


@pytest.mark.parametrize("lazy", [False, True])
def test_a_cell_whose_classes_name_each_other(lazy):
    # With lazy annotations, of 3.14, names are looked up without strings.
    cell = CELL if not lazy or sys.version_info < (3, 14) else CELL.replace("from __future__ import annotations", "")
    scope = {"__name__": f"cell_{lazy}"}
    for _ in range(3):
        exec(cell.replace('"cell.', f'"cell_{lazy}.'), scope)
    # A class alone, whose others stay.
    former = scope["Parent"]
    exec(
        f"""
from bowline import Object, py_class
@py_class("cell_{lazy}.Child")
class Child(Object):
    parent: "Parent | None" = None
""",
        scope,
    )
    parent = former([])
    assert scope["Child"](parent).parent is parent


def test_a_program_that_runs_again_in_a_worker_stands_at_the_same_place():
    """`multiprocessing` runs it as ``__mp_main__``. A class of it that comes by value is that of ``__main__``."""
    key = new_key()
    made = []
    for module in ("__main__", "__mp_main__", "__main__"):
        made.append(py_class(key)(type("Again", (bowline.Object,), {"__module__": module, "__annotations__": {"n": int}})))
    assert [cls(1).n for cls in made] == [1, 1, 1]
    with pytest.raises(ValueError, match=r"by __main__\.Again"):
        py_class(key)(type("Again", (bowline.Object,), {"__module__": "elsewhere", "__annotations__": {"n": int}}))


def test_another_place_is_refused_with_both_named():
    key = new_key()
    make(key)
    with pytest.raises(ValueError, match=r"already registered") as raised:

        @py_class(key)
        class Elsewhere(Object):
            x: int

    text = str(raised.value)
    assert f"'{key}'" in text and "make.<locals>.Node" in text and "Elsewhere" in text and "test_redefinition.py:" in text
    assert "key of its own" in text
    with pytest.raises(ValueError, match="native"):

        @py_class("testing.DocPoint")
        class Native(Object):
            x: int

    with pytest.raises(ValueError, match="native"):

        @py_class("ffi.Array")
        class Static(Object):
            x: int


def test_a_registration_that_was_rolled_back_leaves_no_trace():
    parent = type_info(Object)
    key = new_key()
    info = core.new_type(key, parent.type_index)
    core.rollback_type(info)
    assert make(key)(1).x == 1


MODULE = """
from bowline import Object, py_class, register_object
from bowline.dataclasses import c_class, Enum, IntEnum, auto, init_property

@py_class("user_module.Node", frozen=True)
class Node(Object):
    next: "Node | None" = None
    n: int = 0
    @init_property
    def twice(self) -> int:
        return 2 * self.n

@py_class
class Child(Node):
    own: str = ""

class Color(IntEnum, type_key="user_module.Color"):
    red = 1
    blue = 2

class Unit(Enum, type_key="user_module.Unit"):
    one = auto()

@c_class("testing.DocPoint")
class Point(Object):
    x: int
    y: int
"""


@pytest.mark.keeps_objects
def test_modules_that_are_loaded_anew(tmp_path, monkeypatch):
    (tmp_path / "user_module.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    import user_module

    former = vars(user_module).copy()
    node = former["Node"](former["Child"](own="x"))
    importlib.reload(user_module)
    reloaded = vars(user_module).copy()
    del sys.modules["user_module"]
    import user_module

    for found in (former, reloaded, vars(user_module)):
        assert found["Node"](None, 4).twice == 8
        assert found["Child"](own="y").own == "y"
        assert [int(str(c)) for c in found["Color"]] == [1, 2]
        assert found["Color"].red == 1 and found["Unit"].one is former["Unit"].one
        assert found["Point"](1, 2).x == 1
    assert node.next.own == "x"
    assert type(pickle.loads(pickle.dumps(user_module.Child(own="z")))) is user_module.Child
    assert pickle.loads(pickle.dumps(user_module.Color.blue)) is former["Color"].blue
    del sys.modules["user_module"]


def test_threads_redefine_at_once():
    key = new_key()
    make(key)

    def work():
        for n in range(20):
            assert make(key)(n).x == n
            assert from_json_graph_str(to_json_graph_str(make(key)(n))).x == n

    run_threads(*[work] * 4)
    newest = core.type_index(key)
    assert core.class_of(newest)(3).x == 3
    assert make(key) is core.class_of(core.type_index(key))
    assert core.type_index(key) > newest


@pytest.mark.keeps_objects
def test_many_redefinitions_take_linear_memory():
    run = run_script(
        """
        import gc, sys
        from bowline import Object, py_class
        import bowline

        def pages():
            return int(open("/proc/self/statm").read().split()[1])

        def make():
            class Node(Object):
                x: int
            return py_class("again.Node")(Node)

        taken = []
        for round_ in range(3):
            start = pages()
            for i in range(500):
                make()
            gc.collect()
            taken.append(pages() - start)
        assert taken[2] < 3 * taken[1] + 2000, taken
        assert bowline._core.type_keys().count("again.Node") == 1
        print("done")
        """
    )
    assert run.stdout.strip() == "done"


def test_a_message_tells_definitions_of_one_key_apart():
    key = new_key()

    def define():
        @py_class(key)
        class Item(Object):
            n: int

        @py_class(f"{key}.Holder")
        class Holder(Object):
            item: Item | None
            items: list[Item]

        return Item, Holder

    (former, former_holder), (newest, holder) = define(), define()

    class Below(former):
        pass

    for old in (former(1), Below(1)):
        with pytest.raises(TypeError, match=f"expected {key} \\| None, got {key} of a former definition: .* defined again"):
            holder(old, [])
    with pytest.raises(TypeError, match=f"expected {key}, got {key} of a former definition"):
        holder(None, [former(1)])
    with pytest.raises(TypeError, match=f"got {key} of a newer definition: define again what expects the former"):
        former_holder(newest(1), [])
    assert "definition" not in str(pytest.raises(TypeError, holder, holder(None, []), []).value)
