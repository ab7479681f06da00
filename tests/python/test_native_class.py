"""Which class a native type has, of several that are given to it."""

import bowline
import pytest
from bowline import Object, py_class, register_object
from bowline.core import TypeInfo, type_info
from bowline.dataclasses import c_class
from shapes import Holder
from support import new_key

core = bowline._core


def test_the_last_class_of_a_native_type_wins():
    root = type_info(Object).type_index
    key = new_key()
    index = core.new_type(key, root)
    core.define(index, [core.FieldSpec("n", bowline.core.TypeSchema("int"))], None, None)
    classes = []
    for round_ in range(3):

        @(register_object(key) if round_ != 1 else c_class(key))
        class Native(Object):
            n: int
            said = round_

        classes.append(Native)
    first, second, third = classes
    kept = [cls(i) for i, cls in enumerate(classes)]
    assert [type(one) for one in kept] == classes
    assert [one.n for one in kept] == [0, 1, 2] and [one.said for one in kept] == [0, 1, 2]
    assert core.class_of(index) is third
    assert all(type_info(cls) is TypeInfo(index) for cls in classes)
    holder = Holder(kept[0])
    assert holder.value is kept[0] and type(holder.value) is first
    made = Holder(third(7))
    assert type(made.value) is third

    # A class that derives from a former one has its fields. It is of the same native type.
    @py_class(new_key())
    class Child(first):
        m: int

    assert Child(1, 2).n == 1

    with pytest.raises(TypeError, match="int"):
        second("no int")


@pytest.mark.parametrize("decorate", [register_object, c_class])
def test_a_failure_leaves_a_native_types_class(decorate):
    key = new_key()
    index = core.new_type(key, type_info(Object).type_index)
    core.define(index, [core.FieldSpec("n", bowline.core.TypeSchema("int"))], None, None)

    class Meta(type(Object)):
        def __setattr__(cls, name, value):
            if name == "__init__":
                raise RuntimeError("late")
            super().__setattr__(name, value)

    with pytest.raises(RuntimeError, match="late"):
        decorate(key)(Meta("First", (Object,), {}))
    assert core.class_of(index) is None
    good = decorate(key)(type("Good", (Object,), {}))
    with pytest.raises(RuntimeError, match="late"):
        decorate(key)(Meta("Second", (Object,), {}))
    assert core.class_of(index) is good and type(Holder(good(1)).value) is good


def test_classes_of_the_package_and_of_py_classes_are_not_replaced():
    for key in ("ffi.Object", "ffi.Array", "ffi.Enum", "ffi.Function"):
        with pytest.raises(ValueError, match="package"):

            @register_object(key)
            class Mine(Object):
                pass

    key = new_key()
    cls = py_class(key)(type("Node", (Object,), {"__annotations__": {"x": int}}))
    with pytest.raises(ValueError, match=r"Node.*key"):

        @c_class(key)
        class Other(Object):
            x: int

    assert core.class_of(core.type_index(key)) is cls
