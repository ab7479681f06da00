"""Tensors that come from other libraries and go there."""

import ctypes
import gc
import threading
import weakref

import bowline
import numpy
import pytest
from bowline import Tensor, from_dlpack, get_global_func
from dlpack import Exporter, Library, Managed, ManagedVersioned, content_of, name_of
from support import new_key, run_script, run_threads, settle

echo = get_global_func("testing.echo")
# What these make when they are used first is for good.
bowline.structural_equal(1, 2)
bowline.testing.make_tensor(bowline.int8, [1])

DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
KINDS = pytest.mark.parametrize("kind", [Managed, ManagedVersioned], ids=["plain", "versioned"])


class Array(numpy.ndarray):
    """Of Python, so that it can be referred to weakly."""


def array(*shape, dtype="int64"):
    return numpy.arange(numpy.prod(shape, dtype=int)).reshape(shape).astype(dtype).view(Array)


# ---- NumPy and back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 0, 3), (1, 2, 3, 4)], ids=str)
def test_round_trip(dtype, shape):
    there = array(*shape, dtype=dtype)
    tensor = from_dlpack(there)
    assert type(tensor) is Tensor
    assert tensor.dtype == dtype
    assert tensor.shape == shape
    assert tensor.strides == tuple(n // there.itemsize for n in there.strides)
    assert tensor.data_ptr() == there.ctypes.data
    assert (tensor.ndim, tensor.numel()) == (there.ndim, there.size)
    assert tensor.device == bowline.device("cpu")
    back = numpy.from_dlpack(tensor)
    assert back.ctypes.data == there.ctypes.data
    assert back.dtype == there.dtype
    assert (back == there).all()


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers(dtype):
    there = numpy.ones(2, dtype)
    back = numpy.from_dlpack(echo(there))
    assert back.dtype == there.dtype
    assert (back == there).all()


@pytest.mark.parametrize(
    ("view", "strides"),
    [
        (lambda a: a.T, (1, 4)),
        (lambda a: a[:, ::2], (4, 2)),
        (lambda a: a[::-1], (-4, 1)),
        (lambda a: a[1:, 1:], (4, 1)),
        (lambda a: a[:, None, :], (4, 0, 1)),
    ],
    ids=["transposed", "step", "reversed", "part", "new axis"],
)
def test_other_orders(view, strides):
    there = view(array(3, 4))
    tensor = from_dlpack(there)
    assert tensor.data_ptr() == there.ctypes.data
    assert tensor.strides[:1] == strides[:1] and tensor.strides[-1] == strides[-1]
    assert tensor.is_contiguous() == there.flags.c_contiguous
    assert (numpy.from_dlpack(tensor) == there).all()


def test_memory_is_shared():
    there = array(4)
    back = numpy.from_dlpack(echo(there))
    there[0] = 77
    assert back[0] == 77
    back[1] = 78
    assert there[1] == 78


def test_a_read_only_array_stays_so():
    there = array(4)
    there.flags.writeable = False
    tensor = from_dlpack(there)
    assert not numpy.from_dlpack(tensor).flags.writeable
    assert not numpy.from_dlpack(from_dlpack(tensor.__dlpack__(max_version=(1, 0)))).flags.writeable
    with pytest.raises(BufferError, match="read-only"):
        tensor.__dlpack__()
    assert numpy.from_dlpack(from_dlpack(array(4))).flags.writeable


@pytest.mark.parametrize(
    ("there", "error", "text"),
    [
        (numpy.arange(3, dtype=">i4"), BufferError, "byte order"),
        (numpy.array([object()]), BufferError, "DLPack"),
        (numpy.array(["text"]), BufferError, "DLPack"),
        (3, TypeError, "int"),
        ("text", TypeError, "str"),
        (None, TypeError, "None"),
        ([1, 2], TypeError, "list"),
    ],
    ids=["byte order", "objects", "strings", "int", "str", "None", "list"],
)
def test_what_cannot_be_shared(there, error, text):
    with pytest.raises(error, match=text):
        from_dlpack(there)


def test_the_exporter_lives_as_long_as_either_side():
    there = array(4)
    alive = weakref.ref(there)
    tensor = from_dlpack(there)
    del there
    gc.collect()
    assert alive() is not None
    back = numpy.from_dlpack(tensor)
    del tensor
    settle()
    assert alive() is not None
    assert back[3] == 3
    del back
    settle()
    assert alive() is None


@pytest.mark.parametrize("hold", [lambda t: bowline.Array([t]), lambda t: bowline.convert(t), lambda t: t.__dlpack__()],
                         ids=["container", "convert", "capsule"])
def test_whatever_holds_the_tensor_keeps_the_exporter(hold):
    there = array(4)
    alive = weakref.ref(there)
    held = hold(from_dlpack(there))
    del there
    settle()
    assert alive() is not None
    del held
    settle()
    assert alive() is None


def test_a_thread_without_python_ends_the_tensor():
    there = array(4)
    alive = weakref.ref(there)
    tensor = from_dlpack(there)
    del there
    bowline._core.testing_release_on_thread(tensor)
    settle()
    assert alive() is None
    assert repr(tensor) == "Tensor(chandle=None)"


def test_the_process_ends_while_tensors_live():
    out = run_script(
        """
        import atexit, bowline, numpy, sys, threading, time
        from bowline._core import testing_release_later

        class Array(numpy.ndarray):
            def __del__(self):
                pass

        kept = [bowline.from_dlpack(numpy.zeros(4).view(Array)) for _ in range(100)]
        views = [numpy.from_dlpack(t) for t in kept[:50]]
        capsules = [t.__dlpack__() for t in kept]
        sys.kept = kept[10:20]
        for t in kept[50:60]:
            testing_release_later(t, 0.0)
        for t in kept[60:70]:
            testing_release_later(t, 0.3)
        over = []
        work = lambda: [bowline.testing.echo(numpy.zeros(3)) for _ in iter(lambda: len(over), 1)]
        thread = threading.Thread(target=work, daemon=True)
        # Until then: CPython up to 3.13 frees the states of daemon threads that use them still.
        atexit.register(lambda: (over.append(True), thread.join()))
        thread.start()
        time.sleep(0.05)
        print("end")
        """
    ).stdout
    assert out.split() == ["end"]


# ---- what a tensor offers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keywords", "kind"),
    [
        ({}, Managed),
        ({"max_version": None}, Managed),
        ({"max_version": (0, 8)}, Managed),
        ({"max_version": (1, 0)}, ManagedVersioned),
        ({"max_version": (7, 3)}, ManagedVersioned),
        ({"stream": None, "copy": None, "dl_device": None}, Managed),
        ({"dl_device": (1, 0)}, Managed),
        ({"copy": False}, Managed),
        ({"copy": True}, Managed),
        ({"copy": True, "max_version": (1, 0)}, ManagedVersioned),
    ],
    ids=str,
)
def test_export(keywords, kind):
    tensor = from_dlpack(array(2, 3))
    capsule = tensor.__dlpack__(**keywords)
    assert name_of(capsule) == kind.name
    managed = content_of(capsule, kind)
    described = managed.dl_tensor
    assert described.ndim == 2
    assert [described.shape[i] for i in range(2)] == [2, 3]
    assert [described.strides[i] for i in range(2)] == [3, 1]
    assert (described.code, described.bits, described.lanes, described.device_type) == (0, 64, 1, 1)
    copied = keywords.get("copy") is True
    assert (described.data + described.byte_offset == tensor.data_ptr()) != copied
    if kind is ManagedVersioned:
        assert (managed.major, managed.flags) == (1, 2 if copied else 0)
    assert bowline.structural_equal(from_dlpack(capsule), tensor)


@pytest.mark.parametrize(
    ("keywords", "error", "text"),
    [
        ({"dl_device": (2, 0)}, BufferError, r"device \(2, 0\)"),
        ({"dl_device": (1, 1)}, BufferError, r"device \(1, 1\)"),
        ({"dl_device": "cpu"}, TypeError, "dl_device"),
        ({"max_version": 1}, TypeError, "max_version"),
        ({"copy": "yes"}, TypeError, "copy"),
        ({"other": 1}, TypeError, "other"),
    ],
    ids=str,
)
def test_export_errors(keywords, error, text):
    with pytest.raises(error, match=text):
        from_dlpack(array(2)).__dlpack__(**keywords)


def test_a_capsule_keeps_the_tensor_until_it_goes():
    tensor = from_dlpack(array(2))
    count = bowline._core.strong_count
    before = count(tensor)
    capsules = [tensor.__dlpack__(), tensor.__dlpack__(max_version=(1, 0))]
    assert count(tensor) == before + 2
    taken = [from_dlpack(capsule) for capsule in capsules]
    del capsules
    assert count(tensor) == before + 2
    del taken
    assert count(tensor) == before


def test_dlpack_device():
    assert from_dlpack(array(2)).__dlpack_device__() == (1, 0)


def test_a_tensor_is_its_own():
    tensor = from_dlpack(array(2, 3))
    assert from_dlpack(tensor) is tensor
    with pytest.raises(RuntimeError, match="contiguous"):
        from_dlpack(from_dlpack(array(2, 3).T), require_contiguous=True)


# ---- requirements ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("alignment", [0, 1, 2, 8, 64])
def test_alignment_that_is_met(alignment):
    tensor = bowline.testing.make_tensor(bowline.int8, [4])
    assert from_dlpack(tensor, require_alignment=alignment) is tensor


@pytest.mark.parametrize("alignment", [2, 3, 64])
def test_alignment_that_is_not_met(alignment):
    memory = numpy.zeros(200, "int8")
    start = -memory.ctypes.data % 192 + 1
    with pytest.raises(RuntimeError, match=f"aligned to {alignment} bytes"):
        from_dlpack(memory[start : start + 4], require_alignment=alignment)


@pytest.mark.parametrize(("alignment", "error"), [(-1, ValueError), ("8", TypeError), (2**70, OverflowError)])
def test_alignment_that_is_none(alignment, error):
    with pytest.raises(error):
        from_dlpack(array(2), require_alignment=alignment)


@pytest.mark.parametrize("view", [lambda a: a.T, lambda a: a[:, ::2], lambda a: a[::-1]], ids=["T", "step", "reversed"])
def test_contiguity(view):
    there = view(array(3, 4))
    assert from_dlpack(there).shape == there.shape
    with pytest.raises(RuntimeError, match="not contiguous"):
        from_dlpack(there, require_contiguous=True)
    assert from_dlpack(there.copy(), require_contiguous=True).is_contiguous()


# ---- capsules ----------------------------------------------------------------------------------------------------------


@KINDS
def test_a_capsule_is_used_up(kind):
    library = Library()
    capsule = library.capsule(kind)
    tensor = from_dlpack(capsule)
    assert name_of(capsule) == kind.used
    assert (tensor.shape, tensor.strides, tensor.dtype) == ((2, 3), (3, 1), "int16")
    with pytest.raises(ValueError, match="consumed once"):
        from_dlpack(capsule)
    with pytest.raises(ValueError, match="consumed once"):
        echo(Exporter(capsule))
    del capsule
    assert library.ends == 0
    del tensor
    settle()
    assert library.ends == 1


def hostile_sizes():
    big = 2**62
    return [
        ({"shape": (-1,)}, "size -1"),
        ({"shape": (2, -(2**63))}, "size -9223372036854775808"),
        ({"shape": (big, 4)}, "more memory"),
        ({"shape": (2**31, 2**31, 2**31)}, "more memory"),
        ({"shape": (0, 2**63 - 1, 2)}, "more memory"),
        ({"ndim": -1}, "-1 dimensions"),
        ({"ndim": 2**31 - 1}, "2147483647 dimensions"),
        ({"ndim": 257}, "257 dimensions"),
        ({"shape_": None}, "no shape"),
        ({"data": None}, "no memory"),
        ({"bits": 0}, "0 bits"),
        ({"lanes": 0}, "0 lanes"),
        ({"strides_": (2**62, 1)}, "out of memory"),
        ({"strides_": (-(2**63), 1)}, "out of memory"),
    ]


@KINDS
@pytest.mark.parametrize(("members", "text"), hostile_sizes(), ids=str)
@pytest.mark.parametrize("take", [from_dlpack, lambda c: echo(Exporter(c))], ids=["from_dlpack", "argument"])
def test_a_tensor_that_cannot_be_stays_in_its_capsule(kind, members, text, take):
    library = Library()
    members = dict(members)
    if "shape_" in members:
        members["shape"] = ()
        members["ndim"] = 2
        del members["shape_"]
    strides = members.pop("strides_", None)
    capsule = library.capsule(kind, **members)
    described = content_of(capsule, kind).dl_tensor
    if members.get("shape") == ():
        described.shape = None
    if strides is not None:
        kept = (ctypes.c_int64 * 2)(*strides)
        described.strides = ctypes.cast(kept, ctypes.POINTER(ctypes.c_int64))
    with pytest.raises(ValueError, match=text):
        take(capsule)
    assert name_of(capsule) == kind.name
    assert library.ends == 0


@pytest.mark.parametrize("name", [b"", b"other", b"dltensor_", b"used", b"arrow_array"])
def test_a_capsule_of_something_else(name):
    capsule = Library().capsule(name=name)
    with pytest.raises(TypeError, match="another capsule"):
        from_dlpack(capsule)
    with pytest.raises(TypeError, match="another capsule"):
        echo(Exporter(capsule))
    # By itself it is an object as any.
    assert echo(capsule) is capsule


def test_another_major_version():
    library = Library()
    capsule = library.capsule(ManagedVersioned, version=(2, 0), ndim=-5)
    with pytest.raises(BufferError, match="major version"):
        from_dlpack(capsule)
    assert (name_of(capsule), library.ends) == (ManagedVersioned.name, 0)


def test_a_newer_minor_version_and_no_deleter():
    library = Library()
    capsule = library.capsule(ManagedVersioned, version=(1, 99), flags=1 << 40)
    ctypes.memset(ctypes.addressof(content_of(capsule, ManagedVersioned)) + 16, 0, 8)
    assert from_dlpack(capsule).shape == (2, 3)
    settle()
    assert library.ends == 0


@KINDS
def test_threads_race_for_a_capsule(kind):
    """Thousands of them, so that threads are stopped amid taking one, and others come; too late, it is used up."""
    library = Library()
    capsules = library.capsules(kind, 40_000)
    taken = []

    def take():
        mine = 0
        for capsule in capsules:
            try:
                from_dlpack(capsule)
                mine += 1
            except ValueError:
                pass
        taken.append(mine)

    run_threads(*[take] * 8)
    settle()
    assert sum(taken) == len(capsules) == library.ends


# ---- arguments ---------------------------------------------------------------------------------------------------------


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
    """What stands for an object, or is a stream, goes before `__dlpack__`, and that before whatever else an object is."""
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


# ---- threads and leaks -------------------------------------------------------------------------------------------------


def test_threads_share_tensors():
    tensor = from_dlpack(array(3, 4))
    holder = bowline.Array([tensor])
    seen = set()

    def work():
        for _ in range(200):
            assert holder[0] is tensor
            assert echo(tensor) is tensor
            back = numpy.from_dlpack(tensor)
            assert back[2, 3] == 11
            seen.add(from_dlpack(back).data_ptr())
            assert tensor.shape == (3, 4)

    run_threads(*[work] * 8)
    assert seen == {tensor.data_ptr()}


def test_threads_make_and_drop():
    ends = []

    class Counted(numpy.ndarray):
        def __del__(self):
            if self.base is None or not isinstance(self.base, Counted):
                ends.append(None)

    def work():
        for _ in range(200):
            tensor = from_dlpack(numpy.zeros(8).view(Counted))
            capsule = tensor.__dlpack__(max_version=(1, 0))
            del tensor
            if threading.get_ident() % 2:
                from_dlpack(capsule)

    run_threads(*[work] * 8)
    settle()
    assert len(ends) == 1600


def test_nothing_leaks():
    there = array(16)
    alive = weakref.ref(there)

    def use():
        tensor = from_dlpack(there)
        echo(there)
        numpy.from_dlpack(tensor)
        tensor.__dlpack__(copy=True)
        with pytest.raises(RuntimeError):
            from_dlpack(there.reshape(4, 4).T, require_contiguous=True)

    use()
    settle()
    before = bowline.stats()["objects_alive"]
    for _ in range(100):
        use()
    settle()
    assert bowline.stats()["objects_alive"] == before
    del there, use
    settle()
    assert alive() is None


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
def test_without_memory(lasting):
    there = array(4)
    alive = weakref.ref(there)

    def use():
        tensor = from_dlpack(there)
        return numpy.from_dlpack(from_dlpack(tensor.__dlpack__())).shape == echo(tensor).shape

    assert use()
    for nth in range(1, 60):
        returned, result, seen = bowline._core.testing_scarce(use, nth, lasting)
        assert result is True if returned else isinstance(result, MemoryError | BufferError | SystemError), result
        del result
        if returned and seen < nth:
            break
    else:
        raise AssertionError("allocations without end")
    del there, use
    settle()
    assert alive() is None
