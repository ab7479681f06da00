"""`@method`, hooks, and fields that are computed once."""

from typing import Any

import bowline
import pytest
from bowline import method, py_class
from bowline.core import TypeSchema
from bowline.dataclasses import fields, init_property, replace
from support import new_key


@pytest.mark.keeps_objects(reason="methods belong to types")
def test_methods_are_known_natively():
    @py_class(new_key())
    class Point(bowline.Object):
        x: int

        @method
        def moved(self, by):
            """Further."""
            return self.x + by

        @method
        @staticmethod
        def origin(y):
            return y

        def unmarked(self):
            return 1

    found = {m.name: m for m in Point.__tvm_ffi_type_info__.methods}
    assert list(found) == ["moved", "origin"]
    assert (found["moved"].is_static, found["moved"].doc) == (False, "Further.")
    assert found["origin"].is_static
    one = Point(1)
    assert found["moved"].func(one, 5) == one.moved(5) == 6
    assert found["origin"].func(3) == Point.origin(3) == 3


def test_what_cannot_be_a_method():
    with pytest.raises(TypeError, match="classmethod"):
        method(classmethod(lambda cls: 1))
    with pytest.raises(TypeError, match="int"):
        method(3)


@pytest.mark.keeps_objects(reason="hooks are attributes of types")
def test_hooks_become_type_attributes():
    @py_class(new_key())
    class Hooked(bowline.Object):
        x: int

        def __ffi_repr__(self, fn_repr):
            return "hooked"

    index = Hooked.__tvm_ffi_type_info__.type_index
    hook = bowline.core._lookup_type_attr(index, "__ffi_repr__")
    assert isinstance(hook, bowline.Function)
    assert hook(Hooked(1), repr) == "hooked"
    assert bowline.core._lookup_type_attr(index, "__ffi_eq__") is None


def test_init_property():
    log = []

    @py_class(new_key())
    class Square(bowline.Object):
        side: int

        @init_property
        def area(self) -> int:
            """How much."""
            log.append("area")
            return self.side**2

        @init_property
        def text(self) -> str:
            log.append("text")
            return str(self.area)

        def __post_init__(self):
            log.append("post")

    one = Square(3)
    assert (one.area, one.text, log) == (9, "9", ["area", "text", "post"])
    assert log == ["area", "text", "post"]
    assert repr(one).endswith("(side=3)")
    one.area = 5
    assert one.area == 5
    with pytest.raises(TypeError):
        Square(3, 9)
    with pytest.raises(TypeError, match="area"):
        Square(3, area=9)
    assert [(f.name, f.init, f.compare, f.hash, f.repr, f.structural_eq) for f in fields(Square)] == [
        ("side", True, True, True, True, None),
        ("area", False, False, False, False, "ignore"),
        ("text", False, False, False, False, "ignore"),
    ]
    assert replace(one, side=10).side == 10
    assert Square.area.__doc__ == "How much."

    @py_class(new_key())
    class Cube(Square):
        depth: int

        @init_property
        def volume(self):
            return self.area * self.depth

    made = Cube(2, 3)
    assert (made.area, made.volume) == (4, 12)
    assert next(f for f in fields(Cube) if f.name == "volume").type is Any


def test_init_property_of_a_frozen_class():
    @py_class(new_key(), frozen=True)
    class Frozen(bowline.Object):
        x: int

        @init_property
        def double(self) -> int:
            return 2 * self.x

    one = Frozen(2)
    assert one.double == 4
    with pytest.raises(AttributeError):
        one.double = 5


def test_init_property_that_fails():
    @py_class(new_key())
    class Failing(bowline.Object):
        x: int

        @init_property
        def bad(self) -> int:
            raise KeyError("bad")

        @init_property
        def worse(self) -> int:
            return "no int"

    with pytest.raises(KeyError, match="bad"):
        Failing(1)


@pytest.mark.keeps_objects(reason="methods belong to types")
def test_annotations_of_methods_are_known_natively():
    class Local:
        pass

    @py_class(new_key())
    class Typed(bowline.Object):
        x: int

        @method
        def scaled(self, by: float, names: list[str]) -> "Typed":
            return self

        @method
        @staticmethod
        def make(x: int, rest):
            return Typed(x)

        @method
        def many(self, *more: int) -> None: ...

        @method
        def odd(self, local: Local) -> int: ...

        @method
        def missing(self, what: "NoSuchName") -> int: ...

    info = Typed.__tvm_ffi_type_info__
    told = {one.name: one.metadata.get("type_schema") for one in info.methods}
    schemas = {name: text and TypeSchema.from_json_str(text) for name, text in told.items()}
    own = TypeSchema.from_annotation(Typed)
    number, text, names = (TypeSchema.from_annotation(one) for one in (int, float, list[str]))
    anything = TypeSchema("Any")
    assert schemas == {
        "scaled": TypeSchema("Callable", named_args={"return": (own,), "params": (own, text, names)}),
        "make": TypeSchema("Callable", named_args={"return": (anything,), "params": (number, anything)}),
        "many": TypeSchema("Callable", named_args={"return": (TypeSchema("None"),)}),
        "odd": TypeSchema("Callable", named_args={"return": (number,), "params": (own, anything)}),
        "missing": None,
    }
    assert Typed.make(3, None).x == 3
