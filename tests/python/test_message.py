"""What refusals say: what was wrong, and what to do about it."""

import contextlib
import dataclasses as stdlib
import io
import re
import subprocess
import sys
import traceback
import types
import typing

import bowline
import pytest
from bowline import Object, dataclasses, get_global_func, py_class
from bowline.dataclasses import c_class
from support import new_key


@py_class("message.Frozen", frozen=True)
class Frozen(Object):
    name: str
    width: int = 3


@py_class("message.Open")
class Open(Object):
    name: str
    width: int = 3


def test_frozen_says_frozen():
    one = Frozen("n")
    with pytest.raises(AttributeError, match="cannot assign to frozen field 'name' of 'Frozen'"):
        one.name = "m"
    with pytest.raises(AttributeError, match="cannot delete frozen field 'name' of 'Frozen'"):
        del one.name
    with pytest.raises(AttributeError, match="'name'.*cannot be deleted"):
        del Open("n").name
    with pytest.raises(AttributeError, match="frozen field 'a'"):
        bowline.testing.TestIntPair(1, 2).a = 3
    assert one.name == "n"


class Undecorated(Object):
    x: int


class UndecoratedBelow(Open):
    x: int


def test_a_class_that_was_not_registered():
    for call in (
        lambda: Undecorated(1),
        lambda: Undecorated(x=1),
        lambda: Undecorated(),
        lambda: UndecoratedBelow("n", 1, 2),
        lambda: UndecoratedBelow("n", x=2),
    ):
        with pytest.raises(TypeError, match=r"Undecorated\w* is not registered; decorate it with @py_class"):
            call()

    # One that declares no fields is what its parent is.
    class Plain(Open):
        pass

    assert Plain("n").width == 3
    with pytest.raises(TypeError) as raised:
        Plain("n", 1, 2)
    assert "py_class" not in str(raised.value)

    with pytest.raises(TypeError, match="is not registered: decorate it with @py_class"):

        @py_class(new_key())
        class Holds(Object):
            one: Undecorated


def told(call):
    """What the interpreter prints of an error."""
    try:
        call()
    except Exception as error:
        return "".join(traceback.format_exception(error))
    raise AssertionError("no error")


def test_unknown_attributes_have_a_suggestion():
    one = Open("n")
    with pytest.raises(AttributeError) as raised:
        one.widht
    assert (raised.value.name, raised.value.obj) == ("widht", one)
    assert "Did you mean: 'width'?" in told(lambda: one.widht)
    assert "Did you mean: 'width'?" in told(lambda: Open.widht)
    with pytest.raises(AttributeError) as raised:
        one.widht = 5
    # CPython says it of assignments from 3.12 on.
    assert (raised.value.name, raised.value.obj) == (("widht", one) if sys.version_info >= (3, 12) else (None, None))
    # A module's, too.
    assert "Did you mean: 'py_class'?" in told(lambda: bowline.py_clas)
    assert "Did you mean: 'replace'?" in told(lambda: bowline.dataclasses.replaec)
    # A frozen field is not unknown: nothing else is suggested.
    assert "mean" not in told(lambda: setattr(Frozen("n"), "name", "m")).splitlines()[-1]


@pytest.mark.parametrize(
    ("call", "wrong", "meant"),
    [
        (lambda: Open("n", widht=4), "widht", "width"),
        (lambda: Open(nam="n"), "nam", "name"),
        (lambda: Frozen.__init__(Frozen.__new__(Frozen), nam="n"), "nam", "name"),
        (lambda: Open("n").__ffi_init__("n", widht=4), "widht", "width"),
        (lambda: bowline.testing.TestIntPair(1, bb=2), "bb", "b"),
        (lambda: Open("n").__replace__(widht=4), "widht", "width"),
    ],
)
def test_unknown_keywords_have_a_suggestion(call, wrong, meant):
    with pytest.raises(TypeError, match=rf"unexpected keyword argument '{wrong}'\. Did you mean '{meant}'\?$"):
        call()


def test_a_keyword_that_is_close_to_nothing():
    with pytest.raises(TypeError, match="unexpected keyword argument 'zzz'$"):
        Open("n", zzz=4)


def test_a_parents_init_suggests_too():
    @py_class(new_key())
    class Child(Open):
        def __init__(self):
            super().__init__("n", widht=4)

    with pytest.raises(TypeError, match="Did you mean 'width'"):
        Child()


@pytest.mark.parametrize(
    "annotation",
    [complex, set, set[int], object(), 5, typing.Iterator[int], contextlib.AbstractContextManager],
    ids=repr,
)
def test_an_annotation_that_cannot_be_a_field(annotation):
    key = new_key()
    with pytest.raises(TypeError, match=r"field 'odd' of Odd: .*(?:Use|or) Any"):
        py_class(key)(type("Odd", (Object,), {"__annotations__": {"odd": annotation}}))
    assert key not in bowline._core.type_keys()


@pytest.mark.parametrize(
    "kind",
    [
        "FileNotFoundError",
        "OSError",
        "StopIteration",
        "ZeroDivisionError",
        "NotImplementedError",
        "RecursionError",
        "LookupError",
        "ImportError",
        "Exception",
        "UserWarning",
    ],
)
def test_kinds_that_name_an_exception_of_python(kind):
    with pytest.raises(BaseException, match="the message") as raised:
        get_global_func("testing.test_raise_error")(kind, "the message")
    assert type(raised.value).__name__ == kind
    assert raised.value.__tvm_ffi_error__.kind == kind


@pytest.mark.parametrize(
    ("kind", "instead"),
    [
        ("UnicodeDecodeError", UnicodeError),
        ("ExceptionGroup", Exception),
        ("print", RuntimeError),
        ("int", RuntimeError),
        ("__name__", RuntimeError),
        ("no such kind", RuntimeError),
        ("", RuntimeError),
    ],
)
def test_kinds_that_cannot_be_raised_with_a_message(kind, instead):
    with pytest.raises(instead, match="the message") as raised:
        get_global_func("testing.test_raise_error")(kind, "the message")
    assert isinstance(raised.value, instead)


def test_an_exception_of_python_keeps_its_kind():
    assert bowline.core._convert_to_ffi_error(FileNotFoundError("f")).kind == "FileNotFoundError"
    assert bowline.core._convert_to_ffi_error(subprocess.TimeoutExpired("c", 1)).kind == "RuntimeError"

    class Own(LookupError):
        pass

    assert bowline.core._convert_to_ffi_error(Own("x")).kind == "LookupError"


def test_a_signal_handlers_exception_is_not_lost_in_a_suggestion(monkeypatch):
    import difflib

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(difflib, "get_close_matches", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Open("n", widht=4)


def test_errors_print_without_help():
    with contextlib.redirect_stderr(io.StringIO()) as text:
        assert "Did you mean" in told(lambda: Open("n", widht=1))
    assert text.getvalue() == ""


def test_c_class_of_an_unknown_type():
    with pytest.raises(ValueError, match=r"Cannot find object type index for 'no\.such\.type'"):
        c_class("no.such.type")(type("X", (Object,), {}))


@py_class("message.Real")
class Real(Object):
    value: float = 0.0
    either: float | str = ""
    items: list[float] = dataclasses.field(default_factory=list)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"value": 2**1100}, "field 'value' of message.Real: "),
        ({"either": -(2**1100)}, "field 'either' of message.Real: "),
        ({"items": [1, 2**1100]}, "field 'items' of message.Real: element [1]: "),
    ],
)
def test_an_int_that_is_too_large_for_a_float(options, where):
    said = re.escape(f"{where}expected float, got an int that is too large for one")
    with pytest.raises(TypeError, match=said):
        Real(**options)
    one = Real()
    for name, value in options.items():
        with pytest.raises(TypeError, match=said):
            setattr(one, name, value)
    assert Real(2**1000).value == float(2**1000)


def test_a_field_of_the_standard_library():
    key = new_key()
    with pytest.raises(TypeError, match=r"field 'x' of Odd: .*standard library.*use the function `field` of bowline"):
        py_class(key)(type("Odd", (Object,), {"__annotations__": {"x": int}, "x": stdlib.field(default=1)}))
    with pytest.raises(TypeError, match="field 'x' of Odd: .*standard library"):
        py_class(key)(type("Odd", (Object,), {"__annotations__": {"x": typing.Any}, "x": stdlib.field(default=1)}))
    assert key not in bowline._core.type_keys()


@pytest.mark.parametrize(
    ("option", "said"),
    [("defalt", r"defalt\. Did you mean 'default'\?$"), ("default_factor", r"'default_factory'\?$"), ("zzz", "zzz$")],
)
def test_an_option_of_a_field_that_is_misspelt(option, said):
    odd = dataclasses.field(**{option: 3})
    with pytest.raises(TypeError, match=rf"Odd\.x: unrecognized field options: .*{said}"):
        py_class(new_key())(type("Odd", (Object,), {"__annotations__": {"x": int}, "x": odd}))


@pytest.mark.parametrize("annotation", ["in[", types.GenericAlias(list, "in["), "list[", ""], ids=repr)
def test_an_annotation_that_is_no_expression(annotation):
    with pytest.raises(SyntaxError, match=r"field 'odd' of Odd: "):
        py_class(new_key())(type("Odd", (Object,), {"__annotations__": {"even": int, "odd": annotation}}))


def test_a_global_function_of_another_name():
    with pytest.raises(ValueError, match=r"Cannot find global function testing\.ech\. Did you mean 'testing\.echo'\?$"):
        get_global_func("testing.ech")
    for name in ("testing.nothing_is_like_this", "no_such_name", "", "testing." + "e" * 1000):
        with pytest.raises(ValueError, match=f"Cannot find global function {re.escape(name)}$"):
            get_global_func(name)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: get_global_func(3), "argument 'name': 'int' object is not an instance of 'str'"),
        (lambda: bowline.get_global_func_metadata(3), "name must be a str, got int"),
        (lambda: bowline.remove_global_func(3), "argument 'name': 'int' object is not an instance of 'str'"),
        (lambda: bowline.register_global_func(3, len), "func_name must be a str or a callable, got int"),
        (lambda: bowline.register_global_func(3), "func_name must be a str or a callable, got int"),
        (lambda: bowline.register_global_func("message.f", len, "x"), "argument 'override': 'str' object is not an instance of 'bool'"),
        (lambda: bowline.system_lib(3), "argument 'symbol_prefix': 'int' object is not an instance of 'str'"),
        (lambda: bowline.Error(3, "x"), "argument 'kind': 'int' object is not an instance of 'str'"),
        (lambda: bowline.Error("ValueError", "x").update_backtrace(3), "argument 'text' must be a str, got int"),
        (lambda: bowline.structural_walk([1], len, once="x"), "argument 'once': 'str' object is not an instance of 'bool'"),
        (lambda: bowline.init_ffi_api(3), "namespace must be a str, got int"),
        (lambda: bowline.init_ffi_api("testing", 3), "target_module_name must be a str, got int"),
        (lambda: bowline.init_ffi_api(None), "namespace must be a str, got NoneType"),
        (lambda: bowline.register_object(3), "type_key must be a str or a class, got int"),
        (lambda: bowline.register_object("message.P")(3), "register_object decorates a class, got int: derive one from bowline.Object"),
        (lambda: bowline.register_error(3), "name_or_cls must be a str or an exception class, got int"),
        (lambda: bowline.register_error("Odd", 3), "expected an exception class, got 3"),
        (lambda: bowline.show([Open("n")], limit=None), "limit must be an int, got NoneType"),
        (lambda: bowline.show([Open("n")], limit=1.5), "limit must be an int, got float"),
        (lambda: bowline._core.type_index(3), "argument 'key': 'int' object is not an instance of 'str'"),
    ],
)
def test_an_argument_of_a_wrong_type(call, said):
    with pytest.raises(TypeError, match=re.escape(said)) as found:
        call()
    assert type(found.value) is TypeError
    assert not getattr(found.value, "__notes__", None)


def test_what_the_code_of_an_argument_raises_is_passed_on():
    class Odd:
        def __index__(self):
            raise raised

    for raised in (TypeError("mine"), KeyError("mine")):
        with pytest.raises(type(raised)) as found:
            bowline._core.type_key(Odd())
        assert found.value is raised


class Items(dict):
    def __init__(self, items):
        super().__init__(a=1)
        self.made = items

    def items(self):
        if isinstance(self.made, Exception):
            raise self.made
        return self.made


class Unreadable:
    def __iter__(self):
        raise TypeError("mine")


def test_the_entries_of_a_dict_that_are_none():
    with pytest.raises(TypeError, match=r"expected pairs from items\(\) of Items, got int$"):
        bowline.convert(Items(3))
    with pytest.raises(TypeError, match=r"expected pairs from items\(\) of Items, got str among them$"):
        bowline.Map(Items(["abc"]))
    for odd in (Items(Unreadable()), Items(TypeError("mine"))):
        with pytest.raises(TypeError, match="^mine$"):
            bowline.convert(odd)


@py_class("message.Text")
class Text(Object):
    text: str = ""
    either: str | bytes = ""
    several: "list[str] | None" = None
    by_name: "dict[str, str] | None" = None
    any: typing.Any = None


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("text", "\ud800", ""),
        ("either", "\ud800", ""),
        ("several", ["a", "\ud800"], "element [1]: "),
        ("by_name", {"a": "\ud800"}, "value for key 'a': "),
        ("any", "\ud800", ""),
    ],
)
def test_a_text_that_is_no_utf_8(field, value, place):
    said = f"field '{field}' of message.Text: {place}surrogates not allowed"
    one = Text()
    for call in (lambda: Text(**{field: value}), lambda: setattr(one, field, value)):
        with pytest.raises(UnicodeEncodeError) as found:
            call()
        assert (found.value.encoding, found.value.object, found.value.reason) == ("utf-8", "\ud800", said)
        assert str(found.value) == rf"'utf-8' codec can't encode character '\ud800' in position 0: {said}"
