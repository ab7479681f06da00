"""What a generated constructor says of itself, and what it says when it refuses."""

import gc
import inspect
import pydoc
import typing
import weakref
from dataclasses import dataclass
from dataclasses import field as std_field

import bowline
import pytest
from bowline import KW_ONLY, field, py_class, testing
from bowline.dataclasses import c_class, init_property
from bowline.testing import testing as native
from support import new_key


@py_class("signature.Mixed")
class Mixed(bowline.Object):
    late: int = 1
    first: str
    _: KW_ONLY
    option: int = field(default_factory=int)
    needed: int


@py_class("signature.Child")
class Child(Mixed):
    """Has something to do once its fields are set."""

    own: int
    seen: list[int] = field(default_factory=list, init=False)

    def __post_init__(self):
        self.seen.append(self.own)


@py_class("signature.Computed")
class Computed(bowline.Object):
    n: int

    @init_property
    def twice(self) -> int:
        return 2 * self.n


@pytest.mark.parametrize(
    ("cls", "text"),
    [
        (Mixed, "(first: str, late: int = 1, *, needed: int, option: int = <MISSING>) -> None"),
        (Child, "(first: str, own: int, late: int = 1, *, needed: int, option: int = <MISSING>) -> None"),
        (Computed, "(n: int) -> None"),
        (testing.TestIntPair, "(a: int, b: int) -> None"),
        (native._TestCxxAutoInit, "(a: int, d: int = 99, *, c: int) -> None"),
        (native._TestCxxAutoInitAllInitOff, "() -> None"),
        (
            native._TestCxxAutoInitChild,
            "(parent_required: int, child_required: int, parent_default: int = 5, *, child_kw_only: int) -> None",
        ),
    ],
)
def test_signatures(cls, text):
    assert str(inspect.signature(cls)) == text
    of_init = inspect.signature(cls.__init__)
    assert list(of_init.parameters)[0] == "self"
    assert str(of_init).replace("(self, /, ", "(").replace("(self, /", "(") == text
    assert cls.__init__.__qualname__ == f"{cls.__qualname__}.__init__"
    assert cls.__init__.__doc__


BODY = """
@DECORATE
class Same(BASE):
    first: int
    self: str
    by_value: float = 2.5
    text: "str | None" = None
    many: list[int] = field(default_factory=list, kw_only=True)
"""


@pytest.mark.keeps_objects  # the function that a default factory is natively
@pytest.mark.parametrize("post_init", [False, True])
def test_the_same_as_of_a_dataclass(post_init):
    """Signature and hints, of the class and its `__init__`, are those of the same dataclass."""
    tail = "    def __post_init__(self): pass\n" if post_init else ""
    made = []
    for decorate, base, make_field in ((py_class(new_key()), bowline.Object, field), (dataclass, object, std_field)):
        scope = {"decorate": decorate, "Base": base, "field": make_field, "__name__": __name__}
        exec(BODY.replace("DECORATE", "decorate").replace("BASE", "Base") + tail, scope)
        made.append(scope["Same"])
    ours, theirs = made
    for of in (lambda cls: cls, lambda cls: cls.__init__):
        ours_of, theirs_of = inspect.signature(of(ours)), inspect.signature(of(theirs))
        # Theirs is a string where the annotation is. What stands for the value of a factory is shown otherwise.
        shown = str(ours_of).replace("_self, /, ", "__dataclass_self__, ").replace("<MISSING>", "<factory>")
        assert shown.replace("text: str | None", "text: 'str | None'") == str(theirs_of)
        assert [p.default for p in ours_of.parameters.values()][:-1] == [
            p.default for p in theirs_of.parameters.values()
        ][:-1]
    assert typing.get_type_hints(ours.__init__) == typing.get_type_hints(theirs.__init__)
    assert ours.__init__.__annotations__["return"] is None
    bound = inspect.signature(ours).bind(1, "s")
    bound.apply_defaults()
    assert ours(*bound.args, **bound.kwargs).by_value == 2.5


def test_a_parents_init_does_not_make_a_child():
    for cls, arguments in (
        (native._TestCxxClassDerivedDerived, (1, 2, 3.0, True)),
        (Child, ("a", 1)),
    ):
        parent = cls.__mro__[1]
        one = cls.__new__(cls)
        with pytest.raises(TypeError, match=f"cannot make a .*{cls.__name__}.*__ffi_init__"):
            parent.__init__(one, *arguments)
        assert one.__chandle__() == 0
    # An instance of an unregistered subclass is one of the class itself.
    one = type("Plain", (Mixed,), {}).__new__(type("Plain", (Mixed,), {}))
    Mixed.__init__(one, "a", needed=1)
    assert one.needed == 1
    two = Computed(1)
    with pytest.raises(TypeError, match="cannot make"):
        Mixed.__init__(two, "a", needed=1)
    assert two.twice == 2


def test_an_init_of_its_own_speaks_for_itself():
    assert str(inspect.signature(native._TestCxxClassBase.__init__)) == "(self, v_i64: 'int', v_i32: 'int') -> 'None'"


def test_a_constructor_as_a_function():
    """The way of code that replaces a class's constructor and calls the former one."""
    one = Mixed.__new__(Mixed)
    Mixed.__init__(one, "a", needed=3)
    assert (one.first, one.late, one.needed, one.option) == ("a", 1, 3, 0)
    assert Child("a", 5, needed=3).seen == [5]

    @py_class(new_key())
    class Plain(bowline.Object):
        n: int

    former, calls = Plain.__init__, []

    def counted(self, n):
        calls.append(n)
        former(self, n)

    assert Plain(1).n == 1
    Plain.__init__ = counted
    assert (Plain(2).n, calls) == (2, [2])
    Plain.__init__ = former
    assert (Plain(3).n, calls) == (3, [2])


def test_a_constructor_of_an_object():
    one = Mixed("a", needed=1)
    again = one.__init__
    assert inspect.ismethod(again)
    assert "self" not in inspect.signature(again).parameters
    again("b", needed=2)
    assert (one.first, one.needed) == ("b", 2)
    assert "first: str, late: int = 1" in pydoc.render_doc(Mixed).replace("\n", " ")


@pytest.mark.parametrize("arguments", [(), (5,), (Mixed,), (None, "a")], ids=repr)
def test_a_constructor_needs_an_object(arguments):
    with pytest.raises(TypeError, match="expected a bowline.Object as self, got"):
        Mixed.__init__(*arguments)


def test_a_constructor_is_collected_with_what_it_knows():
    class Known:
        pass

    constructor, known = bowline._core.make_constructor({"name": "one"}), Known()
    dead = weakref.ref(known)
    constructor.me, constructor.known = constructor, known
    assert constructor.__dict__.keys() == {"name", "me", "known"}
    del constructor, known
    gc.collect()
    assert dead() is None
    with pytest.raises(TypeError):
        type(Mixed.__init__)()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: Mixed(), "signature.Mixed.__init__() missing required argument: 'first'"),
        (lambda: Child(), "signature.Child.__init__() missing required arguments: 'first' and 'own'"),
        (lambda: Mixed("a"), "signature.Mixed.__init__() missing required keyword-only argument: 'needed'"),
        (lambda: native._TestCxxKwOnly(), "missing required keyword-only arguments: 'x', 'y' and 'z'"),
    ],
)
def test_missing_arguments(call, text):
    with pytest.raises(TypeError) as found:
        call()
    assert text in str(found.value)


def decorate(decorator, body):
    return decorator(type("Declared", (bowline.Object,), body))


@pytest.mark.parametrize(
    ("declare", "error", "text"),
    [
        (lambda: py_class(new_key(), order=True), ValueError, "order=True requires eq=True"),
        (lambda: c_class("testing.TestIntPair", order=True), ValueError, "order=True requires eq=True"),
        (lambda: field(default_factory=None), TypeError, "default_factory must be a callable, got None"),
        (lambda: field(default_factory=3), TypeError, "default_factory must be a callable, got 3"),
        (lambda: py_class(new_key())(type("Alone", (), {})), TypeError, "must inherit from"),
        (lambda: bowline.method(3), TypeError, "expected a callable, got int"),
        (lambda: bowline.method(classmethod(len)), TypeError, "@classmethod is not supported"),
        (
            lambda: decorate(py_class(new_key()), {"make": classmethod(bowline.method(lambda cls: 1))}),
            TypeError,
            "method 'make' of Declared is wrapped by @classmethod",
        ),
    ],
)
def test_declarations_that_are_refused(declare, error, text):
    with pytest.raises(error, match=text):
        declare()


def test_what_follows_a_mark_of_a_base_without_registration():
    """As in one class body: the mark holds for the fields that the class adds."""

    class Shared(bowline.Object):
        a: int
        _: KW_ONLY
        b: int

    @py_class(new_key())
    class Whole(Shared):
        c: int

    one = Whole(1, b=2, c=3)
    assert (one.a, one.b, one.c) == (1, 2, 3)
    with pytest.raises(TypeError, match="1 positional"):
        Whole(1, 2, 3)


def test_a_subclass_computes_a_field_anew():
    calls = []

    @py_class(new_key())
    class Upper(bowline.Object):
        @init_property
        def value(self) -> int:
            calls.append("upper")
            return 1

        @init_property
        def other(self) -> int:
            return self.value * 10

    @py_class(new_key())
    class Lower(Upper):
        @init_property
        def value(self) -> int:
            calls.append("lower")
            return 2

    one = Lower()
    assert (one.value, one.other, calls) == (2, 20, ["lower"])
    assert Upper().value == 1
    with pytest.raises(TypeError, match="already a field"):

        @py_class(new_key())
        class Taken(Computed):
            @init_property
            def n(self) -> int:
                return 1
