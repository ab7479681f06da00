"""Pickles that take classes apart. Each part of a class of ours can be pickled and copied."""

import copy
import io
import pickle
import types

import bowline
import pytest
from bowline import Object, field, method, py_class
from bowline.core import type_info
from bowline.dataclasses import Enum, auto, entry, fields, init_property
from bowline.testing import testing as native
from support import new_key


@py_class("by_value.Node")
class Node(Object):
    n: int
    next: "Node | None" = None
    tags: list[str] = field(default_factory=list, kw_only=True)

    @method
    def twice(self):
        return 2 * self.n


@py_class("by_value.Done", frozen=True)
class Done(Object):
    n: int

    @init_property
    def twice(self) -> int:
        return 2 * self.n


class Unit(Enum, type_key="by_value.Unit"):
    bits: int
    word = entry(bits=32)


Unit.price = Unit.def_attr("price", default=1)


def parts(cls):
    """What is reached from a class and is no plain value."""
    info = type_info(cls)
    found = [info, *info.all_fields, *fields(cls), *info.methods, *(m.func for m in info.methods)]
    found += [value for base in cls.__mro__ for value in vars(base).values() if type(value).__module__.startswith("bowline")]
    for own in info.all_fields:
        found += [own.schema, own.getter, own.setter, own.dataclass_field, own.default]
    return found


def test_every_part_is_pickled_and_copied():
    for cls in (Node, Done, Unit, native._TestCxxClassDerived, bowline.testing.TestIntPair):
        assert len(parts(cls)) > 4
        for part in parts(cls):
            again = [pickle.loads(pickle.dumps(part, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
            for one in (*again, copy.copy(part), copy.deepcopy(part)):
                assert type(one) is type(part), part
                # A bound method shows an address.
                assert repr(one).partition(" at 0x")[0] == repr(part).partition(" at 0x")[0]
        for own in type_info(cls).fields:
            prop = vars(cls)[own.name]
            assert pickle.loads(pickle.dumps(prop)) is prop
            assert prop.__objclass__ is cls


def test_a_constructor():
    assert pickle.loads(pickle.dumps(Node.__init__)) is Node.__init__ is copy.deepcopy(Node.__init__)
    assert Node.__init__.__objclass__ is Node
    assert pickle.loads(pickle.dumps(Done.__replace__)) is Done.__replace__


def _skeleton(name):
    """The class if it is here, as a pickler that tracks classes finds it. Elsewhere it is a class without attributes."""
    cls = CLASSES[name]
    if not ELSEWHERE:
        return cls
    body = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
    return types.new_class(name, cls.__bases__, {"metaclass": type(cls)}, lambda namespace: namespace.update(body))


def _function(code, name, defaults, closure, attributes):
    made = types.FunctionType(*FUNCTIONS[code], name, defaults, tuple(types.CellType(c) for c in closure))
    vars(made).update(attributes)
    return made


def _set_all(cls, body):
    for name, value in body.items():
        setattr(cls, name, value)


CLASSES, FUNCTIONS, ELSEWHERE = {}, [], []


class ByValue(pickle.Pickler):
    """Pickles a class by its content. cloudpickle does so where it cannot be imported; code objects aside."""

    def reducer_override(self, obj):
        if isinstance(obj, type) and obj.__name__ in CLASSES:
            skip = ("__dict__", "__weakref__", "_abc_impl", "__slots__", "__static_attributes__", "__firstlineno__")
            body = {name: value for name, value in vars(obj).items() if name not in skip and "annot" not in name}
            return _skeleton, (obj.__name__,), body, None, None, _set_all
        if isinstance(obj, types.FunctionType) and ("<locals>" in obj.__qualname__ or obj.__qualname__.startswith("ByV")):
            FUNCTIONS.append((obj.__code__, obj.__globals__))
            closure = [cell.cell_contents for cell in obj.__closure__ or ()]
            attributes = {name: value for name, value in vars(obj).items() if "annot" not in name}
            return _function, (len(FUNCTIONS) - 1, obj.__name__, obj.__defaults__, closure, attributes)
        return NotImplemented


@pytest.mark.keeps_objects  # the functions that methods are natively
@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("kind", ["plain", "post_init", "own_init", "eq"])
def test_a_class_by_value(kind, elsewhere):
    class ByV(Object):
        n: int
        other: Object | None = None

        if kind == "post_init":

            def __post_init__(self):
                assert self.n >= 0

        if kind == "own_init":

            def __init__(self, n):
                self.n = n

        @init_property
        def twice(self) -> int:
            return 2 * self.n

        @method
        def said(self):
            return self.n

    key = new_key()
    cls = py_class(key, eq=kind == "eq", order=kind == "eq", frozen=kind == "eq")(ByV)
    CLASSES["ByV"] = cls
    one = cls(1)
    buffer = io.BytesIO()
    ByValue(buffer).dump((cls, one))
    if elsewhere:
        ELSEWHERE.append(True)
    try:
        found, again = pickle.loads(buffer.getvalue())
    finally:
        ELSEWHERE.clear()
    assert (found is cls) == (not elsewhere)
    assert type(again) is found and again.n == 1 and found(5).n == found(5).said() == 5
    assert type_info(found).type_key == key and bowline._core.class_of(bowline._core.type_index(key)) is found
    assert [f.name for f in fields(found)] == ["n", "other", "twice"]
    assert [m.name for m in type_info(found).methods] == ["said"]
    if kind != "own_init":
        assert (again.twice, found(2, again).other.n) == (2, 1)
        with pytest.raises(TypeError):
            found(2, "no object")
        with pytest.raises(TypeError):
            found(n="no int")
    if kind == "eq":
        assert found(1) == again and found(0) < again
        with pytest.raises(AttributeError, match="frozen"):
            again.n = 5
    del CLASSES["ByV"]


def test_a_part_of_a_class_that_is_not_registered():
    class Strange(Object):
        pass

    reduce, (cls, *rest) = bowline.dataclasses._reduction._reduce_property(Node.n)
    assert cls is Node
    with pytest.raises(TypeError, match="py_class"):
        reduce(Strange, *rest)


def test_an_entry():
    made = entry(1, bits=2)
    assert repr(pickle.loads(pickle.dumps(made))) == repr(made) == "entry(1, bits=2)"
    assert repr(copy.copy(auto())) == "entry()"
    price = pickle.loads(pickle.dumps(Unit.price))
    assert price[Unit.word] == 1 and price.name == "price"
