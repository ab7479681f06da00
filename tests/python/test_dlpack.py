"""Tensors that come from other libraries and go there."""

import gc
import threading
import weakref

import bowline
import numpy
import pytest
from bowline import Tensor, from_dlpack, get_global_func
from dlpack import Managed, ManagedVersioned, array, content_of, name_of
from support import run_script, run_threads, settle

echo = get_global_func("testing.echo")

DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()


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
        returned, result, seen = bowline._core.testing_nomemory(use, nth, lasting)
        assert result is True if returned else isinstance(result, MemoryError | BufferError | SystemError), result
        del result
        if returned and seen < nth:
            break
    else:
        raise AssertionError("allocations without end")
    del there, use
    settle()
    assert alive() is None
