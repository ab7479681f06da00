"""Private names of tvm-ffi that libraries and its own tests use. They are under the names of its modules."""

import copy
import inspect
import os
import sys
import tempfile
import warnings

import bowline
import pytest
from bowline.core import TypeSchema
from bowline.dataclasses import Field, field, fields, py_class
from support import new_key, run_script

pytestmark = pytest.mark.keeps_objects  # types that are registered here


@pytest.fixture(scope="module", autouse=True)
def provided():
    bowline.provide_tvm_ffi()


# ---- a class that is registered step by step


def bare(name, parent=bowline.Object, **attributes):
    core = bowline.core
    cls = type(name, (parent,), {"__slots__": (), **attributes})
    return cls, core._register_py_class(core._type_cls_to_type_info(parent), new_key(name), cls)


def finish(cls, info, declared, kind=None, mode=False, **options):
    from tvm_ffi._dunder import _install_dataclass_dunders
    from tvm_ffi.registry import _add_class_attrs

    info._register_fields(declared, kind)
    cls.__tvm_ffi_type_info__ = info
    assert _add_class_attrs(cls, info) is cls
    asked = {"init": True, "repr": True, "eq": False, "order": False, "unsafe_hash": False}
    _install_dataclass_dunders(cls, **(asked | options), py_class_mode=mode)
    return cls


def of(name, schema, **options):
    return Field(name=name, _ty_schema=schema, **options)


def test_a_class_step_by_step():
    cls, info = bare("Steps")
    assert info.fields is None and info.type_cls is cls
    finish(cls, info, [of("x", TypeSchema("int"), compare=True), of("y", TypeSchema("str"), default="a", hash=None)], eq=True, order=True)
    assert info.type_cls is cls is bowline.core.type_info(cls).type_cls and [f.name for f in info.fields] == ["x", "y"]
    assert fields(cls)[1].default == "a" and info.fields[0].dataclass_field is fields(cls)[0]
    made = cls(1)
    assert (made.x, made.y) == (1, "a") and cls.__match_args__ == ("x", "y")
    assert made == cls(1, y="b") and cls(1) < cls(2) and repr(made).endswith("(x=1, y='a')".replace("'", '"'))
    assert bowline.Array([made])[0] is made
    with pytest.raises(TypeError, match="unhashable"):
        hash(made)
    with pytest.raises(TypeError, match="expected int"):
        cls("x")
    with pytest.raises(RuntimeError, match="has its fields already"):
        info._register_fields([])
    with pytest.raises(TypeError, match="cannot become"):
        cls.__tvm_ffi_type_info__ = bowline.Object.__tvm_ffi_type_info__


def test_what_the_class_defines_stays():
    def __init__(self):
        self.x = 7

    cls = finish(*bare("Own", __init__=__init__, __repr__=lambda self: "own", x=None), [], mode=False)
    assert cls.__init__ is __init__ and cls.x is None and repr(cls.__new__(cls)) == "own"
    cls = finish(*bare("Mode", __init__=__init__), [of("x", TypeSchema("int"), default=0)], mode=True)
    assert cls().x == 7


def test_two_that_name_each_other():
    (first, one), (second, two) = bare("First"), bare("Second")

    def optional(info):
        return TypeSchema("Optional", (TypeSchema(info.type_key, origin_type_index=info.type_index),))

    finish(first, one, [of("other", optional(two), default=None)])
    finish(second, two, [of("other", optional(one), default=None)])
    made = second(first())
    made.other.other = made
    assert made.other.other is made
    with pytest.raises(TypeError):
        made.other = made
    made.other.other = None


@pytest.mark.parametrize("kind", [1, "tree"])
def test_structural_kind(kind):
    cls = finish(*bare("Kind"), [of("x", TypeSchema("int"))], kind)
    assert bowline.structural_equal(cls(1), cls(1)) and not bowline.structural_equal(cls(1), cls(2))


def test_fields_that_cannot_be_registered():
    _, info = bare("Wrong")
    for wrong in (Field(name="x"), of(None, TypeSchema("int"))):
        with pytest.raises(TypeError, match="needs a name and a schema"):
            info._register_fields([wrong])
    assert info.fields is None
    bowline.core._rollback_py_class(info)
    assert bowline.core._object_type_key_to_index(info.type_key) is None


# ---- named tuples of fields


def record():
    from tvm_ffi.dataclasses.common import _make_namedtuple

    @py_class(new_key("record"))
    class Record(bowline.Object):
        count: int
        scale: float = field(default=5, kw_only=True)

    return _make_namedtuple("Row", fields(Record))


def test_named_tuple():
    row = record()
    assert row.__bases__ == (tuple,) and str(inspect.signature(row)) == "(count, scale)"
    assert row.__annotations__ == {"count": int, "scale": float}
    for made in (row(1, 2), row(scale=2, count=True), row._make(iter((1, 2))), row(1, 7)._replace(scale=2)):
        assert type(made) is row and made == (1, 2.0) and [type(v) for v in made] == [int, float]
    with pytest.raises(TypeError, match=r"Row\.scale: .*expected float") as caught:
        row(1, "x")
    assert isinstance(caught.value.__cause__, TypeError)
    with pytest.raises(TypeError):
        row(1)
    with pytest.raises((TypeError, ValueError), match="3"):
        row._make([1, 2, 3])
    below = type("Below", (row,), {"__slots__": ()})
    assert type(below._make([1, 2])._replace(scale=3)) is below


def test_named_tuple_without_schema():
    from tvm_ffi.dataclasses.common import _make_namedtuple

    known = of("x", TypeSchema("float"))
    assert known._ty_schema == TypeSchema("float")
    typed = Field(name="y")
    typed.type = int
    with pytest.raises(TypeError, match="does not say what it holds"):
        _make_namedtuple("Nothing", (Field(name="z"),))
    made = _make_namedtuple("Some", (known, typed))
    assert made(1, True) == (1.0, 1) and made.__annotations__ == {"y": int} and typed._ty_schema is None


# ---- fields of native types


def test_fields_without_annotations_are_warned_of():
    from tvm_ffi.registry import _warn_missing_field_annotations

    pair = bowline.testing.TestIntPair
    with pytest.warns(UserWarning, match="does not annotate these fields of 'testing.TestIntPair': b") as caught:
        _warn_missing_field_annotations(type("Part", (), {"__annotations__": {"a": int}}), pair.__tvm_ffi_type_info__, stacklevel=1)
    assert os.path.basename(caught[0].filename) == os.path.basename(__file__)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _warn_missing_field_annotations(pair, pair.__tvm_ffi_type_info__, stacklevel=1)


def test_fields_are_described_anew():
    from tvm_ffi.dataclasses.c_class import _attach_field_objects

    cls = bowline.testing.TestObjectBase
    info = cls.__tvm_ffi_type_info__
    before = fields(cls)
    try:
        _attach_field_objects(type("Bare", (), {}), info, frozen=True)
        assert [f.type for f in fields(cls)] == [None, None, None] and all(f.frozen for f in fields(cls))
        _attach_field_objects(type("Broken", (), {"__annotations__": {"v_i64": "NoSuchName"}}), info)
        assert [f.type for f in fields(cls)] == [None, None, None] and [f.frozen for f in fields(cls)] == [f.frozen for f in before]
    finally:
        _attach_field_objects(cls, info)
    assert [f.type for f in fields(cls)] == [f.type for f in before] == [int, float, str]
    assert fields(cls)[0] is not before[0] and info.fields[0].dataclass_field is fields(cls)[0]

    @py_class(new_key("own"))
    class Own(bowline.Object):
        x: int

    with pytest.raises(TypeError, match="not described by"):
        _attach_field_objects(cls, Own.__tvm_ffi_type_info__)


def test_metadata_is_one_fields_own():
    one = field(metadata={"a": 1})
    copy.copy(one).metadata["a"] = 2
    mixin = type("Mixin", (), {"__annotations__": {"x": int}, "x": one})

    def make():
        return py_class(new_key("mixed"))(type("Mixed", (mixin, bowline.Object), {}))

    fields(make())[0].metadata["a"] = 3
    assert one.metadata == fields(make())[0].metadata == {"a": 1}


# ---- type attributes that a class names


def attribute(cls, name):
    return bowline.core._lookup_type_attr(cls.__tvm_ffi_type_info__.type_index, name)


def test_type_attributes_of_a_class():
    def defined(*bases, **attributes):
        return py_class(new_key("named"))(type("Named", bases, attributes))

    names = {"__ffi_type_attr_names__": ("__its_hook__", "__its_data__", "__not_there__"), "__its_data__": ("a", 1)}
    parent = defined(bowline.Object, __ffi_inherit_type_attrs__=("__its_hook__",), __its_hook__=lambda self: 11, **names)
    assert tuple(attribute(parent, "__its_data__")) == ("a", 1) and attribute(parent, "__its_hook__")(parent()) == 11
    assert attribute(parent, "__not_there__") is None and parent.__tvm_ffi_type_info__.methods == []
    child = defined(parent)
    assert attribute(child, "__its_hook__")(child()) == 11 and attribute(child, "__its_data__") is None
    own = defined(child, __its_hook__=staticmethod(lambda self: 12), __its_data__=3)
    assert attribute(own, "__its_hook__")(own()) == 12 and attribute(own, "__its_data__") == 3
    assert attribute(defined(parent, __ffi_inherit_type_attrs__=()), "__its_hook__") is None
    none = defined(parent, __its_hook__=None)
    assert attribute(none, "__its_hook__") is attribute(defined(none), "__its_hook__") is None


def test_structural_and_json_hooks_go_on_to_classes_below():
    @py_class(new_key("above"))
    class Above(bowline.Object):
        x: int

        def __s_equal__(self, other, compare):
            return self.x % 2 == other.x % 2

        def __s_hash__(self, seed, hash_value):
            return self.x % 2

        def __s_visit__(self, visitor):
            seen.append(self.x)

        def __data_to_json__(self):
            return str(self.x)

        @staticmethod
        def __data_from_json__(text):
            return Below(int(text), 0)

    @py_class(new_key("below"))
    class Below(Above):
        y: int

    @py_class(new_key("apart"))
    class Apart(Above):
        __s_equal__ = None

    @py_class(new_key("alone"))
    class Alone(Above):
        __ffi_inherit_type_attrs__ = ()

    seen = []
    one, other = Below(1, 2), Below(3, 4)
    assert bowline.structural_equal(one, other) and bowline.structural_hash(one) == bowline.structural_hash(other)
    bowline.structural_walk(Below(5, 6), lambda value: None)
    assert seen == [5]
    text = bowline.serialization.to_json_graph_str(Below(7, 8))
    restored = bowline.serialization.from_json_graph_str(text)
    assert type(restored) is Below and (restored.x, restored.y) == (7, 0)
    for cls in (Apart, Alone):
        assert attribute(cls, "__s_equal__") is None and not bowline.structural_equal(cls(1), cls(3))
    assert attribute(Apart, "__s_hash__") is not None and attribute(Alone, "__s_hash__") is None


# ---- enumerations, tests


def test_what_declares_a_variant():
    from tvm_ffi.dataclasses.enum import _EnumEntry

    assert isinstance(bowline.dataclasses.auto(), _EnumEntry) and repr(bowline.dataclasses.entry(1, b=2)) == "entry(1, b=2)"


def test_marks_of_python_versions():
    from tvm_ffi.testing import testing

    later = f"requires_py3{sys.version_info[1] + 1}"
    assert testing.requires_py310.args == (False,) and getattr(testing, later).args == (True,)
    for name in ("requires_py2", "requires_py3", "requires_nothing"):
        with pytest.raises(AttributeError, match=name):
            getattr(testing, name)
    # Who does not ask for them need not have pytest.
    run_script("import sys, bowline.testing\nassert 'pytest' not in sys.modules")


def test_one_at_a_time_on_a_gpu():
    from bowline.utils import FileLock
    from tvm_ffi.testing import run_with_gpu_lock

    path = os.path.join(tempfile.gettempdir(), "bowline-gpu.lock")

    def inside(*args, **kwargs):
        assert not FileLock(path).acquire()
        return args, kwargs

    assert run_with_gpu_lock(inside, 1, b=2) == ((1,), {"b": 2})
    with pytest.raises(ZeroDivisionError):
        run_with_gpu_lock(lambda: 1 / 0)


def test_what_native_code_is_to_know():
    from tvm_ffi.dataclasses.py_class import _collect_py_methods, method

    @py_class(new_key("collected"))
    class Known(bowline.Object):
        x: int

        def __ffi_repr__(self, text):
            return "repr"

        def __ffi_init__(self, x):
            raise AssertionError

        def __ffi_shallow_copy__(self):
            raise AssertionError

        def __ffi_other__(self):
            return 0

        @method
        def moved(self, by: int) -> int:
            return self.x + by

        @staticmethod
        @method
        def made():
            return 1

    rows = _collect_py_methods(Known)
    assert [(name, is_static) for name, _, is_static in rows] == [("__ffi_repr__", False), ("moved", False), ("made", True)]
    assert rows[2][1] is Known.made
    told = {name: metadata for name, _, _, metadata in _collect_py_methods(Known, {})}
    assert told["__ffi_repr__"] is None and "type_schema" in told["moved"]

    @py_class(new_key("collected"))
    class Nothing(bowline.Object):
        x: int

    assert _collect_py_methods(Nothing) is None


def test_texts_bytes_and_shapes_keep_no_native_object():
    for value in (bowline.core.String("a"), bowline.core.Bytes(b"a"), bowline.Shape((1, 2))):
        assert value._tvm_ffi_cached_object is None


def test_which_devices_torch_is_for():
    from types import SimpleNamespace

    from tvm_ffi._optional_torch_c_dlpack import _torch_extension_device

    def device(available, **version):
        return _torch_extension_device(
            SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: available), version=SimpleNamespace(**version))
        )

    assert device(False, cuda="12.8") == "cpu"
    assert device(True, cuda="12.8") == device(True) == "cuda"
    assert device(True, cuda=None, hip="7.2") == "rocm"
