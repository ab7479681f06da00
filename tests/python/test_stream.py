"""Current streams, by thread and device. The addresses are numbers: nothing looks at what is there."""

import contextlib
import ctypes
import sys
import threading
import types

import bowline
import pytest
from bowline import StreamContext, get_global_func, get_raw_stream, use_raw_stream, use_torch_stream
from support import new_key, run_threads

echo = get_global_func("testing.echo")

DEVICES = ["cpu", "cpu:1", "cuda", "cuda:7", "rocm", "metal:3", "ext_dev"]


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("stream", [0, 1, 0xDEAD0, 2**63, 2**64 - 1])
def test_set_and_restored(name, stream):
    device = bowline.device(name)
    assert get_raw_stream(device) == 0
    with use_raw_stream(device, stream) as context:
        assert type(context) is StreamContext
        assert get_raw_stream(device) == stream
        for other in DEVICES:
            if bowline.device(other) != device:
                assert get_raw_stream(bowline.device(other)) == 0
    assert get_raw_stream(device) == 0


@pytest.mark.parametrize("value", [None, 0, 64])
def test_pointers(value):
    device = bowline.device("cuda")
    with use_raw_stream(device, ctypes.c_void_p(value)):
        assert get_raw_stream(device) == (value or 0)


def test_nested():
    device = bowline.device("cuda")
    outer, inner = use_raw_stream(device, 1), use_raw_stream(device, 2)
    with outer:
        with inner, outer:
            assert get_raw_stream(device) == 1
        assert get_raw_stream(device) == 1
        with inner:
            with use_raw_stream(device, 0):
                assert get_raw_stream(device) == 0
            assert get_raw_stream(device) == 2
    assert get_raw_stream(device) == 0


def test_restored_after_an_error():
    device = bowline.device("cuda")
    with pytest.raises(KeyError), use_raw_stream(device, 3):
        raise KeyError
    assert get_raw_stream(device) == 0


@pytest.mark.parametrize(
    ("device", "stream", "error", "text"),
    [
        ("cuda", 1, TypeError, "device must be a Device, got str"),
        (2, 1, TypeError, "got int"),
        (bowline.device("cuda"), "1", TypeError, "stream must be int or c_void_p, got str"),
        (bowline.device("cuda"), None, TypeError, "got NoneType"),
        (bowline.device("cuda"), 1.0, TypeError, "got float"),
        (bowline.device("cuda"), -1, OverflowError, "-1"),
        (bowline.device("cuda"), 2**64, OverflowError, "18446744073709551616"),
    ],
    ids=str,
)
def test_errors(device, stream, error, text):
    with pytest.raises(error, match=text):
        use_raw_stream(device, stream)


def test_no_device():
    with pytest.raises(TypeError, match="device must be a Device"):
        get_raw_stream(3)


def test_left_without_being_entered():
    context = use_raw_stream(bowline.device("cuda"), 5)
    with pytest.raises(RuntimeError, match="not entered"):
        context.__exit__(None, None, None)
    with context:
        errors = []

        def leave():
            try:
                context.__exit__(None, None, None)
            except RuntimeError as error:
                errors.append(error)

        run_threads(leave)
        assert len(errors) == 1


def test_a_thread_has_its_own():
    device = bowline.device("cuda")
    shared = use_raw_stream(device, 999)
    together = threading.Barrier(8)

    def work(number):
        for _ in range(20):
            assert get_raw_stream(device) == 0
            with use_raw_stream(device, number):
                together.wait(60)
                assert get_raw_stream(device) == number
                with shared:
                    assert get_raw_stream(device) == 999
                assert get_raw_stream(device) == number

    with use_raw_stream(device, 77):
        run_threads(*[lambda number=number: work(number) for number in range(1, 9)])
        assert get_raw_stream(device) == 77


def test_seen_by_callbacks():
    device = bowline.device("cuda")
    with use_raw_stream(device, 42):
        assert bowline.testing.apply(bowline.convert(lambda: get_raw_stream(device))) == 42


# ---- torch -------------------------------------------------------------------------------------------------------------


def test_without_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="needs torch"):
        use_torch_stream()


@pytest.fixture
def torch(monkeypatch):
    """Something that looks like torch from here."""
    module = types.ModuleType("torch")
    current = [types.SimpleNamespace(device="cuda:1", cuda_stream=11)]

    @contextlib.contextmanager
    def stream(address):
        current.append(types.SimpleNamespace(device="cuda:1", cuda_stream=address))
        try:
            yield
        finally:
            current.pop()

    module.cuda = types.SimpleNamespace(current_stream=lambda: current[-1], stream=stream, current=current)
    monkeypatch.setitem(sys.modules, "torch", module)
    return module


def test_torch_streams(torch):
    device = bowline.device("cuda:1")
    with use_torch_stream():
        assert get_raw_stream(device) == 11
    assert get_raw_stream(device) == 0
    with use_torch_stream(torch.cuda.stream(22)):
        assert get_raw_stream(device) == 22
        assert len(torch.cuda.current) == 2
    assert get_raw_stream(device) == 0
    assert len(torch.cuda.current) == 1


def test_torch_contexts_are_left_after_errors(torch):
    with pytest.raises(KeyError), use_torch_stream(torch.cuda.stream(22)):
        raise KeyError
    assert len(torch.cuda.current) == 1
    torch.cuda.current[0].device = "no device"
    torch.cuda.current_stream = lambda: torch.cuda.current[0]
    with pytest.raises(ValueError, match="no device"), use_torch_stream(torch.cuda.stream(22)):
        pass
    assert len(torch.cuda.current) == 1


# ---- arguments ---------------------------------------------------------------------------------------------------------


class Stream:
    def __init__(self, given):
        self.given = given

    def __cuda_stream__(self):
        if isinstance(self.given, BaseException):
            raise self.given
        return self.given


@pytest.mark.parametrize(("given", "address"), [((0, 77), 77), (("cuda", 5), 5), ((1, 2**64 - 1), 2**64 - 1), ((0, 0), None)])
def test_stream_arguments(given, address):
    back = echo(Stream(given))
    assert type(back) is ctypes.c_void_p
    assert back.value == address


@pytest.mark.parametrize("given", [77, None, (1,), (1, 2, 3), (1, -1), (1, "x")], ids=str)
def test_stream_arguments_that_are_none(given):
    with pytest.raises(TypeError, match=r"\(version, handle\) from __cuda_stream__"):
        echo(Stream(given))


def test_stream_arguments_that_raise():
    with pytest.raises(LookupError, match="lost"):
        echo(Stream(LookupError("lost")))


def test_streams_of_the_cuda_package():
    class CUstream:
        def __int__(self):
            return 77

    assert type(echo(CUstream())) is CUstream
    CUstream.__module__ = "cuda.bindings.driver"
    assert echo(CUstream()).value == 77

    @bowline.py_class(new_key())
    class Holder(bowline.Object):
        v: ctypes.c_void_p

    assert Holder(CUstream()).v.value == 77


def test_convert_leaves_streams_alone():
    one = Stream((0, 1))
    assert bowline.convert(one) is one


def test_stream_fields():
    @bowline.py_class(new_key())
    class Holder(bowline.Object):
        v: ctypes.c_void_p

    assert Holder(Stream((0, 77))).v.value == 77
    with pytest.raises(TypeError, match="__cuda_stream__"):
        Holder(Stream(5))
