"""Classes with fields: constructors, defaults, inheritance, options."""

import inspect
from typing import ClassVar

import bowline
import pytest
from bowline import KW_ONLY, List, field, py_class
from bowline.core import MISSING
from bowline.dataclasses import asdict, astuple, fields, is_dataclass, replace
from support import new_key


@py_class("py.Base")
class Base(bowline.Object):
    a: int
    b: str = "b"


@py_class("py.Child")
class Child(Base):
    c: int
    d: float = 0.5


@py_class("py.Keyword")
class Keyword(bowline.Object):
    a: int
    _: KW_ONLY
    b: int
    c: int = 3


@py_class("py.AllKeyword", kw_only=True)
class AllKeyword(bowline.Object):
    a: int
    b: int = field(default=2, kw_only=False)


@py_class("py.Factory")
class Factory(bowline.Object):
    items: list[int] = field(default_factory=list)
    n: int = field(default=7, init=False)


@py_class("py.Frozen", frozen=True)
class Frozen(bowline.Object):
    a: int
    b: int = 2


def test_positional_and_keyword():
    assert (Base(1).a, Base(1).b) == (1, "b")
    assert (Base(1, "x").b, Base(b="x", a=1).a) == ("x", 1)


def test_required_before_defaulted_parents_first():
    one = Child(1, 2, "b2", 0.25)
    assert (one.a, one.c, one.b, one.d) == (1, 2, "b2", 0.25)
    two = Child(1, 2)
    assert (two.a, two.b, two.c, two.d) == (1, "b", 2, 0.5)
    assert isinstance(two, Base)
    assert list(inspect.signature(Child).parameters) == ["a", "c", "b", "d"]


def test_keyword_only():
    assert (Keyword(1, b=2).b, Keyword(1, b=2).c) == (2, 3)
    with pytest.raises(TypeError):
        Keyword(1, 2)
    with pytest.raises(TypeError, match="b"):
        Keyword(1)
    one = AllKeyword(5, a=1)
    assert (one.a, one.b) == (1, 5)
    parameters = inspect.signature(Keyword).parameters.values()
    assert [p.kind.name for p in parameters] == ["POSITIONAL_OR_KEYWORD", "KEYWORD_ONLY", "KEYWORD_ONLY"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Base(), ["py.Base|Base", "a"]),
        (lambda: Base(1, "b", 3), ["Base", "2|3"]),
        (lambda: Base(1, x=2), ["Base", "x"]),
        (lambda: Base(1, a=2), ["Base", "a"]),
        (lambda: Base("no int"), ["Base", "a"]),
        (lambda: Keyword(1), ["Keyword", "b"]),
    ],
)
def test_constructor_errors_name_type_and_field(call, words):
    with pytest.raises(TypeError) as raised:
        call()
    for word in words:
        assert any(choice in str(raised.value) for choice in word.split("|")), raised.value


def test_missing_means_default():
    assert Base(1, MISSING).b == "b"
    assert Base(1, b=MISSING).b == "b"
    with pytest.raises(TypeError):
        Base(MISSING)


def test_factories_run_each_time():
    one, two = Factory(), Factory()
    one.items.append(1)
    assert (list(one.items), list(two.items)) == ([1], [])
    assert one.items is one.items
    assert isinstance(one.items, List)
    assert one.n == 7
    with pytest.raises(TypeError):
        Factory(n=1)


@pytest.mark.keeps_objects("a class's factory is a native function")
def test_a_factory_that_fails():
    def fail():
        raise LookupError("no value")

    @py_class(new_key())
    class Failing(bowline.Object):
        n: int = field(default_factory=fail)

    with pytest.raises(LookupError, match="no value"):
        Failing()
    assert Failing(1).n == 1


def test_frozen():
    one = Frozen(1)
    with pytest.raises(AttributeError):
        one.a = 5
    with pytest.raises(AttributeError):
        del one.a
    assert one.a == 1
    type(one).a.set(one, 5)
    assert one.a == 5


def test_a_frozen_field():
    @py_class(new_key())
    class Half(bowline.Object):
        fixed: int = field(frozen=True)
        free: int = 0

    one = Half(1)
    one.free = 2
    with pytest.raises(AttributeError):
        one.fixed = 2
    assert (one.fixed, one.free) == (1, 2)


def test_fields_cannot_be_deleted_and_there_is_no_dict():
    one = Base(1)
    with pytest.raises(AttributeError):
        del one.a
    with pytest.raises(AttributeError):
        one.unknown = 1
    with pytest.raises(AttributeError):
        _ = one.unknown
    assert not hasattr(one, "__dict__")


def test_class_access_gives_the_property():
    assert Base.a.__name__ == "a"
    assert Base.a.__get__(Base(3)) == 3
    assert Base.__match_args__ == ("a", "b")
    match Base(1, "x"):
        case Base(a, b):
            assert (a, b) == (1, "x")


def test_a_property_refuses_strangers():
    with pytest.raises(TypeError):
        Base.a.__get__(Frozen(1))
    with pytest.raises(TypeError):
        Base.a.__get__(1)
    with pytest.raises(TypeError):
        Child.c.__get__(Base(1))
    with pytest.raises(TypeError):
        Base.a.set(Frozen(1), 2)
    assert Base.a.__get__(Child(1, 2)) == 1


def test_class_variables_are_no_fields():
    @py_class(new_key())
    class WithClassVar(bowline.Object):
        limit: ClassVar[int] = 10
        n: int = 0

    assert WithClassVar.limit == 10
    assert [f.name for f in fields(WithClassVar)] == ["n"]


def test_post_init():
    @py_class(new_key())
    class Post(bowline.Object):
        n: int
        double: int = 0

        def __post_init__(self):
            self.double = 2 * self.n

    assert Post(4).double == 8


def test_a_users_init_finds_defaults():
    @py_class(new_key())
    class Own(bowline.Object):
        n: int
        m: int = 5

        def __init__(self, text):
            assert (self.n, self.m) == (0, 5)
            self.n = len(text)

    one = Own("abc")
    assert (one.n, one.m) == (3, 5)


def test_a_users_init_may_call_the_parents():
    @py_class(new_key())
    class Upper(bowline.Object):
        a: int
        b: int = 2

    @py_class(new_key())
    class Lower(Upper):
        c: int

        def __init__(self, a, c):
            super().__init__(a)
            self.c = c

    one = Lower(1, 3)
    assert (one.a, one.b, one.c) == (1, 2, 3)
    assert Upper(1).a == 1


def test_a_users_init_may_call_the_roots():
    @py_class(new_key())
    class Own(bowline.Object):
        n: int = 1

        def __init__(self):
            super().__init__()
            self.n += 1

    assert Own().n == 2


def test_an_unregistered_subclass_with_an_init():
    class Plain(Base):
        def __init__(self, text):
            super().__init__(len(text), text)

    one = Plain("abc")
    assert (one.a, one.b) == (3, "abc")


def test_init_false():
    @py_class(new_key(), init=False)
    class NoInit(bowline.Object):
        n: int = 0

    with pytest.raises(TypeError):
        NoInit()


def test_a_mixin_may_bring_fields():
    class Named:
        name: str = "no name"

    @py_class(new_key())
    class Mixed(Named, bowline.Object):
        n: int

    assert (Mixed(1).n, Mixed(1).name, Mixed(1, "x").name) == (1, "no name", "x")


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: field(default=1, default_factory=int), ValueError),
        (lambda: field(default_factory=None), TypeError),
        (lambda: field(structural_eq="other"), ValueError),
        (lambda: py_class(new_key(), structural_eq="other"), ValueError),
        (lambda: py_class(new_key(), order=True), ValueError),
        (lambda: py_class(new_key())(int), TypeError),
        (lambda: py_class(new_key())(type("Foreign", (), {})), TypeError),
    ],
)
def test_declarations_that_are_refused(make, error):
    with pytest.raises(error):
        make()


def test_a_new_of_its_own_is_refused():
    with pytest.raises(TypeError, match="__new__"):

        @py_class(new_key())
        class Refused(bowline.Object):
            def __new__(cls):
                return super().__new__(cls)


def test_a_key_is_taken_once():
    with pytest.raises(ValueError, match=r"py\.Base"):

        @py_class("py.Base")
        class Other(bowline.Object):
            n: int

    assert Base(1).a == 1


def test_the_default_key():
    @py_class
    class Local(bowline.Object):
        n: int = 0

    assert Local.__tvm_ffi_type_info__.type_key == f"{__name__}.{Local.__qualname__}"
    assert Local().n == 0


def test_tools():
    inner = Base(1)
    assert is_dataclass(inner)
    assert is_dataclass(Child)
    assert not is_dataclass(1)
    assert [f.name for f in fields(Child)] == ["a", "b", "c", "d"]
    assert asdict(Factory([1, 2])) == {"items": [1, 2], "n": 7}
    assert astuple(Child(1, 2)) == (1, "b", 2, 0.5)
    changed = replace(Frozen(1), a=9)
    assert (changed.a, changed.b) == (9, 2)
    with pytest.raises(TypeError):
        fields(int)
    with pytest.raises(TypeError):
        asdict(1)


def test_threads_make_classes_and_instances():
    from support import run_threads

    def work():
        for _ in range(20):

            @py_class(new_key())
            class Local(bowline.Object):
                a: int
                b: str = "b"

            one = Local(1)
            assert (one.a, one.b) == (1, "b")

    run_threads(*[work] * 4)
