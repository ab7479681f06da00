"""Element types, devices and shapes: values that have a class of their own."""

import copy
import ctypes
import pickle
from typing import Any

import bowline
import numpy
import pytest
from bowline import Bytes, Device, DLDeviceType, Shape, String, device, dtype, get_global_func
from support import new_key

echo = get_global_func("testing.echo")


@pytest.mark.parametrize(
    ("name", "code", "bits", "lanes", "itemsize"),
    [
        ("int32", 0, 32, 1, 4),
        ("float32x4", 2, 32, 4, 16),
        ("uint8", 1, 8, 1, 1),
        ("bool", 6, 8, 1, 1),
        ("bfloat16", 4, 16, 1, 2),
        ("handle", 3, 64, 1, 8),
        ("float8_e4m3fn", 10, 8, 1, 1),
        ("float4_e2m1fnx2", 17, 4, 2, 1),
        ("int1", 0, 1, 1, 1),
        ("complex64", 5, 64, 1, 8),
        ("code200_24", 200, 24, 1, 3),
    ],
)
def test_dtype(name, code, bits, lanes, itemsize):
    one = dtype(name)
    assert (one.type_code, one.bits, one.lanes, one.itemsize) == (code, bits, lanes, itemsize)
    assert one == name
    assert str(one) == name
    assert repr(one) == f"dtype('{name}')"
    assert hash(one) == hash(name)
    back = echo(one)
    assert type(back) is dtype
    assert back == one
    assert dtype.from_dlpack_data_type((code, bits, lanes)) == one
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.copy(one) == one


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("i8", "int8"),
        ("u64", "uint64"),
        ("f32x4", "float32x4"),
        ("bf16", "bfloat16"),
        ("f8_e4m3fn", "float8_e4m3fn"),
        ("fp8_e5m2x4", "float8_e5m2x4"),
        ("fp6_e3m2fn", "float6_e3m2fn"),
        ("f4_e2m1fn_x2", "float4_e2m1fnx2"),
        ("float4_e2m1fn_x2", "float4_e2m1fnx2"),
    ],
)
def test_short_names(short, full):
    one, other = dtype(short), dtype(full)
    assert str(one) == short
    assert (one.type_code, one.bits, one.lanes) == (other.type_code, other.bits, other.lanes)
    assert echo(one) == other


def test_dtype_kinds():
    kinds = {name: (t.is_bool, t.is_integer, t.is_float, t.is_handle) for name in ("bool", "uint8", "bfloat16", "handle")
             for t in [dtype(name)]}
    assert kinds == {
        "bool": (True, False, False, False),
        "uint8": (False, True, False, False),
        "bfloat16": (False, False, True, False),
        "handle": (False, False, False, True),
    }
    assert dtype.is_dtype(dtype("int8"))
    assert dtype.is_dtype("int8") and not dtype.is_dtype("not_a_dtype") and not dtype.is_dtype(object())
    assert dtype("int32").with_lanes(4) == "int32x4"
    assert dtype("int32x4").with_lanes(2) == "int32x2" and dtype("int32x4").with_lanes(1) == "int32"


@pytest.mark.parametrize("bad", ["nope", "int32y", "float8_e9", "i", "fp32", "int8_x2"])
def test_dtype_unknown(bad):
    with pytest.raises(ValueError, match=bad):
        dtype(bad)


def test_dtype_of_what_is_none():
    with pytest.raises(TypeError, match="list"):
        dtype([])


@pytest.mark.parametrize("name", sorted(bowline._DTYPES))
def test_dtype_literals(name):
    assert type(getattr(bowline, name)) is dtype
    assert getattr(bowline, name) == name


@pytest.mark.parametrize(
    ("args", "kind", "index", "text"),
    [
        (("cpu",), 1, 0, "cpu:0"),
        (("cuda:3",), 2, 3, "cuda:3"),
        (("cuda", 1), 2, 1, "cuda:1"),
        (("cuda", numpy.int32(1)), 2, 1, "cuda:1"),
        ((1, 2), 1, 2, "cpu:2"),
        ((DLDeviceType.kDLCUDA,), 2, 0, "cuda:0"),
        (("mps",), 8, 0, "metal:0"),
    ],
)
def test_device(args, kind, index, text):
    one = device(*args)
    assert type(one) is Device
    assert (one.dlpack_device_type(), one.index, str(one)) == (kind, index, text)
    assert one.type == text.partition(":")[0]
    assert repr(one) == f"device(type='{one.type}', index={index})"
    assert echo(one) == one
    assert hash(echo(one)) == hash(one)
    assert pickle.loads(pickle.dumps(one)) == one


def test_a_librarys_class_of_devices():
    class Own(Device):
        pass

    former = bowline.core._CLASS_DEVICE
    assert former is Device
    bowline.core._set_class_device(Own)
    try:
        assert bowline.core._CLASS_DEVICE is Own
        assert type(device("cuda:1")) is type(echo(device("cuda:1"))) is Own
        assert device("cuda:1") == Device("cuda:1")
    finally:
        bowline.core._set_class_device(former)
    assert type(device("cpu")) is type(echo(Own("cpu"))) is Device
    for bad in (str, "Device", None):
        with pytest.raises(TypeError, match="expected a class that derives from Device, got"):
            bowline.core._set_class_device(bad)


def test_device_errors():
    for name in ("nope", "llvm", "gpu", "nvptx", "cl"):
        with pytest.raises(ValueError, match=f"^Unknown device: {name}$"):
            device(name)
    with pytest.raises(TypeError, match="index must be int, got str"):
        device("cpu", "0")
    with pytest.raises(TypeError, match="index must be int, got float"):
        device("cpu", 0.0)
    with pytest.raises(ValueError, match="index"):
        device("cuda:1", 2)
    with pytest.raises(TypeError, match="NoneType"):
        device(None)
    assert device("cpu") != device("cuda")
    assert device("cpu") != "cpu"


def test_shape():
    one = Shape([2, 3])
    assert one == (2, 3)
    assert isinstance(one, tuple)
    back = echo(one)
    assert type(back) is Shape
    assert back == one
    assert echo(Shape(())) == ()
    assert pickle.loads(pickle.dumps(one)) == one
    with pytest.raises(ValueError, match="tuple of integers"):
        Shape([1, "x"])


@pytest.mark.parametrize(("named", "plain", "other"), [(String, "text", b"text"), (Bytes, b"text", "text")])
def test_strings_and_bytes(named, plain, other):
    kind = type(plain)
    assert named(plain) == plain
    for value in (named(plain), echo(named(plain)), echo(plain * 50), bowline.convert(plain)):
        assert isinstance(value, named)
        assert isinstance(value, kind)
    assert not isinstance(other, named)
    assert issubclass(named, kind)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert type(pickle.loads(pickle.dumps(named(plain), protocol))) is kind

    class Sub(named):
        pass

    assert isinstance(Sub(plain), Sub)
    assert isinstance(Sub(plain), named)
    assert not isinstance(plain, Sub)
    assert not isinstance(named(plain), Sub)


def holder(annotation):
    @bowline.py_class(new_key())
    class Holder(bowline.Object):
        v: annotation

    return Holder


@pytest.mark.parametrize(
    ("annotation", "given", "found"),
    [
        (dtype, "int8", dtype("int8")),
        (dtype, dtype("int8"), dtype("int8")),
        (Device, "cuda:1", device("cuda:1")),
        (Device, device("cpu"), device("cpu")),
        (Any, dtype("int8"), dtype("int8")),
        (Any, Shape((1, 2)), Shape((1, 2))),
    ],
    ids=repr,
)
def test_fields(annotation, given, found):
    value = holder(annotation)(given).v
    assert value == found
    assert type(value) is type(found)


@pytest.mark.parametrize(
    ("annotation", "given", "text"),
    [
        (dtype, "nope", "invalid dtype string 'nope'"),
        (dtype, 3, "expected dtype, got int"),
        (Device, "nope", "invalid device string 'nope'"),
        (Device, dtype("int8"), "expected Device"),
    ],
)
def test_field_errors(annotation, given, text):
    with pytest.raises(TypeError, match=text):
        holder(annotation)(given)


def test_protocols():
    class Typed:
        def __dlpack_data_type__(self):
            return (0, 16, 2)

    class Placed:
        def __dlpack_device__(self):
            return (2, 5)

    class Both:
        def __dlpack_data_type__(self):
            return (1, 2)

    assert echo(Typed()) == bowline.convert(Typed()) == "int16x2"
    assert echo(Placed()) == device("cuda:5")
    with pytest.raises(ValueError):
        echo(Both())
    pointer = echo(ctypes.c_void_p(16))
    assert type(pointer) is ctypes.c_void_p
    assert pointer.value == 16


def test_texts_for_typed_functions():
    """They name element types and devices where nothing else can be meant."""
    device_of, dtype_of = (bowline.get_global_func(f"testing.schema_id_{kind}") for kind in ("device", "dtype"))
    assert device_of("cuda:1") == device("cuda:1")
    assert dtype_of("float32x4") == dtype("float32x4")
    for call, text in [(device_of, "nowhere"), (dtype_of, "number"), (device_of, ""), (dtype_of, None)]:
        with pytest.raises(TypeError, match="Mismatched type on argument #0"):
            call(text)


def test_numpy_dtypes():
    assert dtype(numpy.dtype("float32")) == "float32"
    assert echo(numpy.dtype("int8")) == "int8"
