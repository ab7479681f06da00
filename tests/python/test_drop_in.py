"""What programs for tvm-ffi rely on beyond names. These are the lines of behaviour in which the package once differed."""

import bowline
import pytest
from bowline.dataclasses import py_class
from bowline.testing import TestIntPair
from support import new_key

make = bowline.get_global_func("ffi.MakeObjectFromPackedArgs")


def test_objects_by_key_or_index():
    index = TestIntPair.__tvm_ffi_type_info__.type_index
    for which in ("testing.TestIntPair", index):
        made = make(which, "a", 1, "b", 2)
        assert (type(made), made.a, made.b) == (TestIntPair, 1, 2)
    with pytest.raises(TypeError, match=r"Cannot find object type index for 'no\.such'"):
        make("no.such")


def test_keywords():
    items = bowline.Array(input_list=[1])
    assert items.same_as(other=items)
    assert items.same_as(items)
    assert not items.same_as(other=bowline.Array([1]))
    assert not items.same_as(other=1)
    for wrong in [{}, {"else": items}, {"other": items, "else": 1}]:
        with pytest.raises(TypeError, match="takes one argument"):
            items.same_as(**wrong)
    with pytest.raises(TypeError, match="takes one argument"):
        items.same_as(items, other=items)
    assert bowline.VisitInterrupt().value is None


@pytest.mark.keeps_objects  # the default of a type, which stays
@pytest.mark.parametrize(("annotation", "default", "right", "expected"), [
    (list[int], None, [1], r"expected List\[int\], got None"),
    (int, "x", 1, "expected int, got str"),
    (bowline.Array, 5, [1], r"expected Array\[Any\], got int"),
])
def test_a_default_of_another_type_is_refused_at_use(annotation, default, right, expected):
    body = {"__module__": __name__, "__annotations__": {"y": annotation}, "y": default}
    Late = py_class(new_key("late"))(type("Late", (bowline.Object,), body))
    Late(right)
    for _ in range(2):
        with pytest.raises(TypeError, match=f"default for field 'y'.*{expected}"):
            Late()
    found = Late.__tvm_ffi_type_info__.fields[0]
    assert (found.c_has_default, found.c_default, found.c_default_factory) == (True, default, bowline.core.MISSING)


def test_sizes_of_types():
    sizes = {key: bowline.core._lookup_or_register_type_info_from_type_key(key) for key in ("ffi.Object", "ffi.Array", "testing.TestIntPair")}
    assert [info.total_size for info in sizes.values()] == [24, 24, 40]
    assert [info._has_type_metadata for info in sizes.values()] == [True, False, True]


def test_vectors_of_scalable_length():
    scalable = bowline.dtype("int32xvscalex4")
    assert str(scalable) == "int32xvscalex4"
    assert (scalable.bits, scalable.lanes, scalable.type_code) == (32, -4, 0)
    assert bowline.get_global_func("testing.schema_id_dtype")(scalable) == scalable
    assert bowline.dtype("int8xvscalex32768").lanes == -32768
    with pytest.raises(ValueError, match="int32xvscalex4"):
        scalable.itemsize
    assert scalable.with_lanes(2) == "int32x2"
    for wrong in ("int8xvscalex0", "int8xvscalex32769", "int8xvscalex", "int8xvscale4", "int8x32768"):
        with pytest.raises(ValueError, match=wrong):
            bowline.dtype(wrong)
    with pytest.raises((ValueError, TypeError), match="lanes"):
        bowline.testing.make_tensor(scalable, [1])
