"""Classes that no class statement makes. They have fields of any name and bases of any kind."""

import abc
import copy
import sys
import types
import typing

import bowline
import pytest
from bowline import Object, field, py_class
from bowline.dataclasses import asdict, fields, replace
from support import new_key

core = bowline._core


def by_type(annotations):
    return type("Made", (Object,), {"__annotations__": annotations})


def by_metaclass(annotations):
    return type(Object)("Made", (Object,), {"__annotations__": annotations})


def by_new_class(annotations):
    return types.new_class("Made", (Object,), {}, lambda ns: ns.update(__annotations__=annotations))


def by_prepared_namespace(annotations):
    metaclass, namespace, keywords = types.prepare_class("Made", (Object,))
    namespace["__annotations__"] = annotations
    return metaclass("Made", (Object,), namespace, **keywords)


def by_assignment(annotations):
    class Made(Object):
        pass

    Made.__annotations__ = annotations
    return Made


def by_a_metaclass_of_ones_own(annotations):
    class Meta(type(Object)):
        def __new__(mcls, name, bases, namespace):
            return super().__new__(mcls, name, bases, namespace | {"__annotations__": annotations})

    return Meta("Made", (Object,), {})


def by_a_mixin(annotations):
    # Strings are looked up in the module that a class names, which is abc here.
    annotations = {name: value if value != "Object | None" else Object | None for name, value in annotations.items()}
    mixin = abc.ABCMeta("Mixin", (), {"__annotations__": annotations, "__slots__": ()})
    assert mixin.__module__ == "abc"
    return type("Made", (Object, mixin), {})


def by_exec(annotations):
    scope = {"Object": Object, "annotations": annotations, "__name__": __name__}
    exec("class Made(Object):\n    __annotations__ = annotations", scope)
    return scope["Made"]


def by_annotate(annotations):
    return type("Made", (Object,), {"__annotate__": lambda format: annotations})


def by_a_copied_namespace(annotations):
    class Plain:
        __annotations__ = annotations
        __slots__ = ()

    body = {name: value for name, value in vars(Plain).items() if name not in ("__dict__", "__weakref__")}
    return type("Made", (Object,), body)


WAYS = [
    by_type,
    by_metaclass,
    by_new_class,
    by_prepared_namespace,
    by_assignment,
    by_a_metaclass_of_ones_own,
    by_a_mixin,
    by_exec,
    by_a_copied_namespace,
    *([by_annotate] if sys.version_info >= (3, 14) else []),
]


@pytest.mark.parametrize("make", WAYS, ids=lambda make: make.__name__)
def test_no_field_is_lost(make):
    cls = py_class(new_key())(make({"x": int, "y": "list[int] | None", "z": "Object | None"}))
    one = cls(1, [2], None)
    assert (one.x, list(one.y), one.z) == (1, [2], None)
    assert [f.name for f in fields(cls)] == ["x", "y", "z"]
    with pytest.raises(TypeError):
        cls("no int", None, None)


def test_the_module_is_that_of_the_code():
    for make in WAYS:
        assert make({}).__module__ == __name__, make
    namespace = {"__annotations__": {"x": int}}
    type("Made", (Object,), namespace)
    assert namespace == {"__annotations__": {"x": int}}, "it is the caller's"
    assert type("Made", (Object,), {"__module__": "said"}).__module__ == "said"


def test_a_finalizer_that_comes_late_to_a_made_mixin():
    """A mixin that says it comes from abc is no standard class. It may get a finalizer."""
    mixin = abc.ABCMeta("Mixin", (), {"__slots__": ()})
    cls = py_class(new_key())(type("Made", (Object, mixin), {"__annotations__": {"x": int}}))
    ended = []
    try:
        mixin.__del__ = lambda self: ended.append(self.x)
    except TypeError:
        return
    cls(1)
    assert ended == [1]


def test_a_field_without_an_annotation_is_refused():
    with pytest.raises(TypeError, match="field 'x' of .*no type annotation"):

        @py_class(new_key())
        class Lost(Object):
            x = field(default=1)


# What Python, pickle, dataclasses and our own code call their parameters and attributes.
NAMES = """self cls this obj args kwargs kw_args name names value values fields index key other changes init type object
    handle _ _self __self _move same_as is_ id_ format memo state protocol property field get set copy replace match case
    print mro class_ None_ construct then about ffi_init index_of_class type_key int str list dict super""".split()


@pytest.mark.parametrize("with_post_init", [False, True])
def test_fields_of_any_name(with_post_init):
    names = [name for name in NAMES if not name.startswith("__")]
    body = {"__annotations__": {name: int for name in names}}
    if with_post_init:
        body["__post_init__"] = lambda self: seen.append(self.self)
    seen = []
    cls = py_class(new_key(), eq=True)(type("Made", (Object,), body))
    given = {name: at for at, name in enumerate(names)}
    one = cls(**given)
    assert {name: getattr(one, name) for name in names} == given == asdict(one)
    assert cls(*given.values()) == one
    assert cls.__new__(cls).__chandle__() == 0
    changed = replace(one, self=77, args=78)
    assert (changed.self, changed.args, changed.cls) == (77, 78, 1)
    assert copy.copy(one) == copy.deepcopy(one) == one
    assert repr(one).endswith(")") and "self=0" in repr(one)
    assert cls.__match_args__ == tuple(names)
    assert [p for p in bowline_signature(cls)] == names
    assert seen == ([0, 0, 77] if with_post_init else [])


def bowline_signature(cls):
    import inspect

    return inspect.signature(cls).parameters


def test_names_with_two_underscores_are_mangled_or_refused():
    @py_class(new_key())
    class Mangled(Object):
        __x: int

    assert Mangled(1)._Mangled__x == 1
    for name in ("__x", "__class__", "__dict__", "__init__", "class", "None", "not a name", "1st", ""):
        keys = core.type_keys()
        with pytest.raises(TypeError, match="field"):
            py_class(new_key())(type("Made", (Object,), {"__annotations__": {name: int}}))
        assert core.type_keys() == keys


def test_a_native_field_whose_name_is_a_keyword():
    index = core.new_type(new_key(), core.type_index("ffi.Object"))
    schema = bowline.core.TypeSchema("int")
    core.define(index, [core.FieldSpec("class", schema), core.FieldSpec("self", schema)], None, None)
    cls = bowline.register_object(core.type_key(index))(type("Native", (Object,), {}))
    one = cls(1, self=2)
    assert (getattr(one, "class"), one.self) == (1, 2)
    assert getattr(cls(**{"class": 3, "self": 4}), "class") == 3
    assert list(bowline_signature(cls)) == ["args", "kwargs"]


# ---- bases -----------------------------------------------------------------------------------------------------------


@py_class(new_key())
class A(Object):
    x: int = 0


@py_class(new_key())
class B(Object):
    y: int = 7


def test_two_registered_bases_are_refused():
    key = new_key()
    for bases in ((A, B), (B, A), (type("Between", (A,), {}), B)):
        with pytest.raises(TypeError, match=r"two registered classes.*mixin.*field") as raised:
            py_class(key)(type("C", bases, {"__annotations__": {"z": int}}))
        assert "A" in str(raised.value) and "B" in str(raised.value)
        assert key not in core.type_keys()
    # Also where the class is never registered.
    for bases in ((A, B), (A, bowline.List), (bowline.Map, B)):
        with pytest.raises(TypeError, match=r"two registered classes.*mixin.*field"):
            type("C", bases, {})
    with pytest.raises(TypeError, match="derives from"):
        bowline.register_object("testing.DocPoint")(type("C", (A,), {}))


def test_a_diamond_of_one_registered_root():
    left = py_class(new_key())(type("Left", (A,), {"__annotations__": {"l": int}, "l": 1}))
    right = py_class(new_key())(type("Right", (A,), {"__annotations__": {"r": int}, "r": 2}))
    with pytest.raises(TypeError, match="two registered classes"):
        py_class(new_key())(type("Both", (left, right), {}))
    # Whole where one side, or both, is not registered.
    plain_left = type("PlainLeft", (A,), {"__annotations__": {"l": int}, "l": 1})
    plain_right = type("PlainRight", (A,), {"__annotations__": {"r": int}, "r": 2})
    for bases in ((plain_left, plain_right), (plain_left, right), (left, plain_right)):
        both = py_class(new_key())(type("Both", bases, {"__annotations__": {"b": int}, "b": 3}))
        one = both(x=4)
        assert (one.x, one.l, one.r, one.b) == (4, 1, 2, 3)
        assert all(isinstance(one, base) for base in (A, *bases))
        assert both(x=1, l=5, r=6, b=7).r == 6


def test_a_registered_base_behind_a_generic():
    T = typing.TypeVar("T")

    @py_class(new_key())
    class Box(Object, typing.Generic[T]):
        value: typing.Any

    @py_class(new_key())
    class Named(Box[int]):
        name: str

    assert (Named(1, "n").value, Box[int](2).value) == (1, 2)
