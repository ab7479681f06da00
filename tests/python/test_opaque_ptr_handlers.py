"""`core._OPAQUE_PTR_HANDLERS`: the address of an instance whose class cannot say it itself."""

import ctypes

import bowline
import pytest
from bowline.core import _OPAQUE_PTR_HANDLERS as HANDLERS
from bowline.core import TypeSchema

echo = bowline.get_global_func("testing.echo")


class Foreign:
    __slots__ = ("address",)

    def __init__(self, address):
        self.address = address


class Below(Foreign):
    def __call__(self):
        return None


@pytest.fixture
def handled():
    # Another file has one of its own.
    before = dict(HANDLERS)
    HANDLERS[Foreign] = lambda value: value.address
    yield HANDLERS
    HANDLERS.clear()
    HANDLERS.update(before)


def test_an_address(handled):
    found = echo(Foreign(0xCAFE))
    assert type(found) is ctypes.c_void_p and found.value == 0xCAFE
    assert echo(Foreign(None)).value is None
    assert echo(Foreign(0)).value is None
    schema = TypeSchema.from_annotation(ctypes.c_void_p)
    schema.check_value(Foreign(1))
    assert bowline.core._to_py_class_value(schema.convert(Foreign(5))).value == 5
    assert [item.value for item in echo([Foreign(1), Foreign(2)])] == [1, 2]
    one = Foreign(3)
    assert bowline.convert(one) is one


def test_exact_classes_only(handled):
    below = Below(1)
    assert type(echo(below)) is bowline.Function
    with pytest.raises(TypeError, match="expected ctypes.c_void_p"):
        TypeSchema.from_annotation(ctypes.c_void_p).check_value(below)


def test_what_a_class_says_comes_first(handled):
    class Says:
        def __tvm_ffi_opaque_ptr__(self):
            return 7

    handled[Says] = lambda value: 8
    assert echo(Says()).value == 7


def test_taken_out_again(handled):
    value = Foreign(1)
    del handled[Foreign]
    assert echo(value) is value
    assert type(bowline.convert(value)) is bowline.core.OpaquePyObject


def test_what_a_handler_does_wrong(handled):
    def fails(value):
        raise KeyError("here")

    handled[Foreign] = fails
    with pytest.raises(KeyError, match="here"):
        echo(Foreign(1))
    handled[Foreign] = lambda value: "text"
    with pytest.raises(TypeError):
        echo(Foreign(1))
    handled[Foreign] = lambda value: 2**64
    with pytest.raises(OverflowError):
        echo(Foreign(1))
