"""Libraries that build on `py_class`: marks among annotations, options of fields of their own, hooks."""

import copy

import bowline
import pytest
from bowline.core import TypeSchema
from bowline.dataclasses import Field, field, fields, py_class
from support import new_key


class Mark:
    pass


class Other:
    pass


def hook(function):
    function.__ffi_on_fields_resolved__ = True
    return function


def base(**body):
    return py_class(new_key("base"))(type("Base", (bowline.Object,), {"__module__": __name__, **body}))


def test_a_hook_sees_each_class_before_its_fields_are_native():
    seen = []
    parent, key = new_key("base"), new_key("child")

    @py_class(parent)
    class Base(bowline.Object):
        @hook
        def resolved(info, own):
            assert info.fields is None
            assert all(isinstance(f._ty_schema, TypeSchema) for f in own)
            seen.append((info.type_cls.__name__, info.type_key, [f.name for f in own]))
            for f in own:
                f.metadata["key"] = info.type_key
                f.default = 7

    @py_class(key)
    class Child(Base):
        x: int

    assert seen == [("Base", parent, []), ("Child", key, ["x"])]
    assert fields(Child)[0].metadata == {"key": key}
    assert Child().x == 7
    assert Child.__tvm_ffi_type_info__.fields[0].name == "x"


def test_hooks_run_from_the_furthest_base_on():
    ran = []
    Base = base(last=hook(lambda info, own: ran.append(1)))
    ran.clear()
    body = {"__module__": __name__, "first": hook(lambda info, own: ran.append(2)), "no_hook": lambda info, own: ran.append(3)}
    py_class(new_key("child"))(type("Child", (Base,), body))
    assert ran == [1, 2]


@pytest.mark.parametrize("error", [ValueError("no"), NameError("name 'missing' is not defined")])
def test_a_hook_that_fails_leaves_nothing(error):
    def fail(info, own):
        raise error

    key = new_key("child")
    for _ in range(2):
        with pytest.raises(type(error)):
            py_class(key)(type("Child", (bowline.Object,), {"__module__": __name__, "fail": hook(fail)}))
        assert bowline.core._object_type_key_to_index(key) is None


def test_marks_are_no_fields():
    @py_class(new_key("base"))
    class Base(bowline.Object):
        __ffi_field_markers__ = (Mark, Other)
        first: int
        before: Mark
        second: int
        after: Other = "the library's"

    @py_class(new_key("child"))
    class Child(Base):
        middle: Mark
        third: int

    expected = ((Mark, Base, "before", 1), (Other, Base, "after", 2), (Mark, Child, "middle", 2))
    assert Base.__tvm_ffi_type_info__._decorator_args["field_markers"] == expected[:2]
    assert Child.__tvm_ffi_type_info__._decorator_args["field_markers"] == expected
    assert Base.after == "the library's"
    assert [f.name for f in fields(Child)] == ["first", "second", "third"]
    assert Child(1, 2, 3).third == 3
    assert not hasattr(bowline.Object.__tvm_ffi_type_info__, "_decorator_args")


def test_marks_of_a_class_that_waits():
    key = new_key("base")

    @py_class(key)
    class Base(bowline.Object):
        __ffi_field_markers__ = [Mark]
        first: "Later"
        boundary: Mark

    @py_class(new_key("later"))
    class Later(bowline.Object):
        value: int

    assert Base(Later(1)).first.value == 1
    assert Base.__tvm_ffi_type_info__._decorator_args["field_markers"] == ((Mark, Base, "boundary", 1),)


@pytest.mark.parametrize("wrong", [Mark, ("Mark",), None])
def test_what_is_no_list_of_marks(wrong):
    with pytest.raises(TypeError, match="must be a tuple or list of classes"):
        base(__ffi_field_markers__=wrong)


def test_options_that_a_hook_takes():
    @py_class(new_key("base"))
    class Base(bowline.Object):
        @hook
        def take(info, own):
            for f in own:
                if "unit" in f.extra_kwargs:
                    f.metadata["unit"] = f.extra_kwargs.pop("unit")

    @py_class(new_key("child"))
    class Child(Base):
        x: int = field(unit="m")

    assert (fields(Child)[0].metadata, fields(Child)[0].extra_kwargs) == ({"unit": "m"}, {})
    for parent, left in ((Base, "other, typo"), (bowline.Object, "other, typo, unit")):
        body = {"__module__": __name__, "__annotations__": {"x": int}, "x": field(unit="m", typo=1, other=2)}
        with pytest.raises(TypeError, match=f"Wrong[.]x: unrecognized field options: {left}$"):
            py_class(new_key("wrong"))(type("Wrong", (parent,), body))


def test_a_mixin_keeps_the_options_for_the_next_class():
    class Mixin:
        x: int = field(unit="m")

    taken = []
    Base = base(take=hook(lambda info, own: taken.extend(f.extra_kwargs.pop("unit") for f in own)))
    for _ in range(2):
        py_class(new_key("child"))(type("Child", (Mixin, Base), {"__module__": __name__}))
    assert taken == ["m", "m"]


def test_copies_have_options_of_their_own():
    original = Field(unit="m")
    assert copy.copy(original).extra_kwargs.pop("unit") == "m"
    assert original.extra_kwargs == {"unit": "m"}
