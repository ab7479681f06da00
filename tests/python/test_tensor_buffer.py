"""Pickles of tensors with their memory out of band, and tensors over buffers."""

import gc
import pickle

import bowline
import numpy
import pytest
from bowline import Array, Tensor, from_dlpack
from support import settle


def numbers(one):
    return numpy.from_dlpack(one).tolist()


def test_buffers_out_of_band():
    """Nothing is copied: the pickle has no content, what is loaded has the memory given."""
    source = numpy.arange(1000.0)
    one = from_dlpack(source)
    buffers = []
    text = pickle.dumps([one, Array([one])], 5, buffer_callback=buffers.append)
    assert len(text) < 500 and [buffer.raw().nbytes for buffer in buffers] == [8000]
    first, (again,) = pickle.loads(text, buffers=buffers)
    assert first is again and first.data_ptr() == one.data_ptr() == source.ctypes.data
    # In band as well, from each protocol, into memory of its own.
    for protocol in range(2, 6):
        found = pickle.loads(pickle.dumps(one, protocol))
        assert bowline.structural_equal(found, one) and found.data_ptr() != one.data_ptr() and not found._is_read_only


def test_a_buffer_lasts_as_long_as_its_tensor():
    block = bytearray(16)
    one = bowline._core._tensor_of(Tensor, "int64", [2], block)
    with pytest.raises(BufferError):
        block.extend(b"more")
    numpy.from_dlpack(one)[1] = 7
    assert block[8] == 7
    # On a thread that Python does not know it is given back later.
    bowline._core.testing_release_on_thread(bowline._core._tensor_of(Tensor, "int8", [16], block))
    del one
    gc.collect()
    bowline.settle()
    block.extend(b"more")


def test_the_memory_of_a_tensor_lasts_as_long_as_its_buffer():
    buffers = []
    text = pickle.dumps(from_dlpack(numpy.arange(3)), 5, buffer_callback=buffers.append)
    gc.collect()
    settle()
    assert numbers(pickle.loads(text, buffers=buffers)) == [0, 1, 2]


def test_buffers_that_may_not_be_written_or_read_in_place():
    source = numpy.arange(2)
    source.flags.writeable = False
    buffers = []
    text = pickle.dumps(from_dlpack(source), 5, buffer_callback=buffers.append)
    assert buffers[0].raw().readonly
    assert pickle.loads(text, buffers=buffers)._is_read_only
    off = memoryview(bytearray(b"?" + source.tobytes()))[1:]
    assert numbers(bowline._core._tensor_of(Tensor, "int64", [2], off)) == [0, 1]
    # Without elements, with gaps, on no buffer.
    empty = pickle.loads(pickle.dumps(from_dlpack(numpy.zeros((0, 3))), 5))
    assert tuple(empty.shape) == (0, 3)
    turned = from_dlpack(numpy.arange(6).reshape(2, 3).T)
    assert bowline.structural_equal(pickle.loads(pickle.dumps(turned, 5, buffer_callback=buffers.append), buffers=()), turned)
