"""What people write as annotations and bases of a `py_class`. It says what it means, or what to write instead."""

import dataclasses
import enum
import sys
import typing
from typing import Any, AnyStr, Generic, Literal, NewType, Protocol, TypeVar, runtime_checkable

import bowline
import pytest
from bowline import Object, py_class
from bowline.dataclasses import Enum, fields
from support import new_key, run_script

T = TypeVar("T")
Bound = TypeVar("Bound", bound=int)
UserId = NewType("UserId", int)


class Color(enum.Enum):
    red = 1


def with_field(annotation, *bases):
    return py_class(new_key("annotated"))(type(Object)("Annotated", (Object, *bases), {"__annotations__": {"v": annotation}}))


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (Literal["a", "b"], "str"),
        (Literal[1, "a", None], "int | str | None"),
        (UserId, "int"),
        (list[UserId], "List[int]"),
        (T, "Any"),
        (Bound, "int"),
        (AnyStr, "bytes | str"),
        (dict[str, T], "Dict[str, Any]"),
    ],
    ids=repr,
)
def test_meaning(annotation, schema):
    assert repr(fields(with_field(annotation))[0].schema) in (schema, schema.replace("int | str | None", "(int | str) | None"))


@pytest.mark.parametrize(
    ("annotation", "instead"),
    [
        (set[int], "There are no native sets: use list"),
        (set, "There are no native sets: use list"),
        (frozenset[str], "There are no native sets: use list"),
        (dataclasses.InitVar[int], "define an __init__ or a classmethod"),
        (Color, "Make it an Enum, IntEnum or StrEnum of bowline.dataclasses, or use Any"),
        (Literal[Color.red], "Make it an Enum, IntEnum or StrEnum of bowline.dataclasses, or use Any"),
        (typing.NoReturn, "Use Any for values of every kind"),
    ],
    ids=repr,
)
def test_what_to_write_instead(annotation, instead):
    with pytest.raises(TypeError, match=instead):
        with_field(annotation)


@pytest.mark.keeps_objects  # the variants of an enumeration, which stay
def test_what_is_advised_works():
    holder = with_field(Any)
    assert holder(Color.red).v is Color.red
    assert holder({1, 2}).v == {1, 2}

    class Shade(Enum, type_key=new_key("shade")):
        dark = bowline.dataclasses.auto()

    assert with_field(Shade)(Shade.dark).v is Shade.dark


def test_a_generic_class():
    @py_class(new_key("generic"))
    class Box(Object, Generic[T]):
        item: T
        rest: list[T]

    box = Box[int](1, [2])
    assert (type(box), box.item, list(box.rest)) == (Box, 1, [2])
    outer = with_field(Box[int])(box)
    assert outer.v is box
    with pytest.raises(TypeError, match="expected"):
        with_field(Box[int])(5)


@runtime_checkable
class Sized(Protocol):
    def size(self) -> int: ...


def test_a_protocol_as_a_base():
    @py_class(new_key("protocol"))
    class Sack(Object, Sized):
        n: int

        def size(self) -> int:
            return self.n

    sack = Sack(3)
    assert sack.size() == 3
    assert isinstance(sack, Sized) and isinstance(sack, Sack) and not isinstance(5, Sack)
    assert issubclass(Sack, Sized) and [f.name for f in fields(Sack)] == ["n"]
    assert bowline.Array([sack])[0] is sack


def test_a_redeclared_field():
    @py_class(new_key("parent"))
    class Parent(Object):
        x: int

    with pytest.raises(TypeError, match="already a field of its parent.*define an __init__ that passes it on"):

        @py_class(new_key("child"))
        class Redeclared(Parent):
            x: int = 5

    @py_class(new_key("child"))
    class Child(Parent):
        y: str

        def __init__(self, y, x=5):
            self.__ffi_init__(x, y)

    assert (Child("a").x, Child("a", 6).x, Child("a").y) == (5, 6, "a")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="its syntax is that of Python 3.12")
def test_type_parameters_and_aliases_by_syntax():
    run_script(
        """
        import bowline
        from bowline.dataclasses import fields, py_class

        @py_class("pep695.Box")
        class Box[T](bowline.Object):
            item: T

        type Number = int
        type Many[T] = list[T]
        type Json = dict[str, Json] | int

        @py_class("pep695.Uses")
        class Uses(bowline.Object):
            number: Number
            many: Many[int]
            box: Box[int]

        assert [repr(f.schema) for f in fields(Uses)] == ["int", "List[Any]", "pep695.Box"], fields(Uses)
        assert Uses(1, [2], Box[int](3)).box.item == 3
        try:
            @py_class("pep695.Recursive")
            class Recursive(bowline.Object):
                json: Json
        except TypeError as error:
            assert "contains itself: use Any" in str(error), error
        else:
            raise AssertionError
        """
    )


@pytest.mark.keeps_objects  # the default of a type, which stays
def test_a_class_says_what_its_fields_are():
    def same(decorate, base, field):
        @decorate
        class Same(base):
            a: int
            b: str = "x"
            c: list[int] = field(default_factory=list)
            d: float = field(default=1.0, kw_only=True)

        return Same

    ours = same(py_class(new_key("same")), Object, bowline.field)
    theirs = same(dataclasses.dataclass, object, dataclasses.field)
    assert ours.__doc__ == theirs.__doc__
    assert typing.get_type_hints(ours.__init__) == typing.get_type_hints(theirs.__init__)

    @py_class(new_key("documented"))
    class Documented(Object):
        """Its own."""

        a: int

    @py_class(new_key("of fields"))
    class OfFields(Object):
        a: int = bowline.field(doc="how many")

    assert Documented.__doc__ == "Its own."
    assert OfFields.__doc__ == "OfFields(a: int)\n\na : how many"


def test_dir_has_no_internals():
    holder = with_field(int)
    for shown in (dir(holder), dir(holder(1))):
        assert "v" in shown and "same_as" in shown
        assert not [name for name in shown if name.startswith("__bowline")]
