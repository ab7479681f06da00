"""What exports DLPack, as an argument, an item or a field."""

import bowline
import numpy
import pytest
from bowline import Tensor, from_dlpack, get_global_func
from dlpack import Exporter, Library, Managed, ManagedVersioned, array
from support import new_key, settle

echo = get_global_func("testing.echo")


def test_exporters_are_asked_for_versions():
    library = Library()
    one = Exporter(lambda max_version: library.capsule(ManagedVersioned))
    assert echo(one).shape == (2, 3)
    assert one.asked == [{"max_version": (1, 1)}]


def test_old_exporters():
    library = Library()

    class Old:
        def __dlpack__(self):
            return library.capsule()

    assert echo(Old()).shape == (2, 3)
    assert from_dlpack(Old()).shape == (2, 3)
    settle()
    assert library.ends == 2


@pytest.mark.parametrize("error", [KeyError("lost"), BufferError("not now"), MemoryError()], ids=repr)
def test_what_exporters_raise(error):
    def fail(**_):
        raise error

    for use in (from_dlpack, echo, bowline.convert):
        with pytest.raises(type(error)) as raised:
            use(Exporter(fail))
        assert raised.value is error
        # Its frames hold this test's.
        error.__traceback__ = None
        del raised


@pytest.mark.parametrize("given", [None, 3, "capsule", []], ids=repr)
def test_exporters_that_give_something_else(given):
    for use in (from_dlpack, echo):
        with pytest.raises(TypeError, match="expected a capsule"):
            use(Exporter(given))


def test_convert():
    there = array(3)
    tensor = bowline.convert(there)
    assert type(tensor) is Tensor
    assert tensor.data_ptr() == there.ctypes.data
    assert bowline.convert(tensor) is tensor
    nested = bowline.convert([there, {"x": there}])
    assert nested[0].data_ptr() == nested[1]["x"].data_ptr() == there.ctypes.data


def test_precedence():
    """What stands for an object, or is a stream, goes before `__dlpack__`. That goes before whatever else an object is."""
    pair = bowline.testing.TestIntPair(1, 2)
    library = Library()

    class Stand(Exporter):
        def __tvm_ffi_object__(self):
            return self.give

    class Number(Exporter, int):
        __new__ = lambda cls, give: int.__new__(cls, 5)  # noqa: E731
        __tvm_ffi_int__ = __dlpack_data_type__ = None

        def __call__(self):
            return 1

    class Stream(Exporter):
        def __cuda_stream__(self):
            return (0, 5)

    assert echo(Stand(pair)) is pair
    assert echo(Stream(None)).value == 5
    assert echo(Number(lambda **_: library.capsule())).shape == (2, 3)
    assert echo(numpy.float32(3)) == 3.0
    assert echo(numpy.int8(3)) == 3
    assert echo(numpy.dtype("int8")) == "int8"
    assert echo(numpy.ndarray) is not None


@pytest.mark.parametrize("annotation", [Tensor, numpy.ndarray, Exporter], ids=lambda a: a.__name__)
def test_fields(annotation):
    @bowline.py_class(new_key())
    class Holder(bowline.Object):
        v: annotation

    there = array(2, 3)
    holder = Holder(there)
    assert type(holder.v) is Tensor
    assert holder.v is holder.v
    assert holder.v.data_ptr() == there.ctypes.data
    tensor = holder.v
    assert Holder(tensor).v is tensor
    holder.v = array(7)
    assert holder.v.shape == (7,)
    for wrong in (3, None, [1], "x", pytest):
        with pytest.raises(TypeError, match="expected Tensor"):
            Holder(wrong)
    with pytest.raises(BufferError):
        Holder(numpy.arange(3, dtype=">i4"))


@pytest.mark.keeps_objects  # the type, its factory
def test_optional_fields():
    @bowline.py_class(new_key())
    class Holder(bowline.Object):
        v: Tensor | None = None
        w: int | Tensor = 0
        items: list[Tensor] = bowline.field(default_factory=list)

    assert Holder().v is None
    assert Holder(array(2)).v.shape == (2,)
    assert Holder(w=5).w == 5
    assert Holder(w=array(2)).w.shape == (2,)
    assert [t.shape for t in Holder(items=[array(2), array(3)]).items] == [(2,), (3,)]
    with pytest.raises(TypeError, match=r"element \[1\]: expected Tensor"):
        Holder(items=[array(2), 3])


def test_type_schema():
    schema = bowline.core.TypeSchema
    tensor = schema.from_annotation(Tensor)
    assert tensor == schema.from_annotation(numpy.ndarray) == schema("Tensor") == schema("ffi.Tensor")
    assert tensor == schema.from_json_str('{"type":"DLTensor*"}') == schema.from_type_index(70)
    assert (repr(tensor), tensor.input_repr(), tensor.output_repr()) == ("Tensor",) * 3
    assert tensor.to_json() == {"type": "Tensor"}
    assert tensor.origin_type_index == 70
    assert tensor.is_subtype_of(Tensor) and not tensor.is_subtype_of(bowline.Array)
    tensor.check_value(array(2))
    assert bowline.core._to_py_class_value(tensor.convert(array(2))).shape == (2,)
    with pytest.raises(TypeError, match="type conversion failed for Tensor: expected Tensor, got int"):
        tensor.convert(3)


def test_errors_of_typed_functions():
    with pytest.raises(TypeError, match=r"`testing.schema_id_tensor\(0: Tensor\) -> Tensor`. Expected `Tensor` but got `int`"):
        bowline.testing.schema_id_tensor(3)


def test_an_exception_outlives_the_end_of_a_tensor():
    """A deleter that is Python code runs while the exception of a call is pending."""
    library = Library()
    refuse = bowline.convert(lambda tensor: [][1])
    for kind in (Managed, ManagedVersioned):
        with pytest.raises(IndexError):
            refuse(from_dlpack(library.capsule(kind)))
        with pytest.raises(IndexError):
            refuse(Exporter(library.capsule(kind)))
    settle()
    assert library.ends == 4
