"""Tensors as objects: what they say of themselves, identity, content, copies."""

import copy
import gc
import pickle

import bowline
import numpy
import pytest
from bowline import Array, Tensor, from_dlpack, get_global_func, structural_equal, structural_hash, testing
from bowline.testing import make_tensor
from support import run_threads, settle

echo = get_global_func("testing.echo")


def tensor(*shape, dtype="int64"):
    return from_dlpack(numpy.arange(numpy.prod(shape, dtype=int)).reshape(shape).astype(dtype))


def numbers(one):
    return numpy.from_dlpack(one).tolist()


# ---- what it says ------------------------------------------------------------------------------------------------------


def test_attributes():
    one = tensor(2, 3, dtype="float32")
    assert isinstance(one, bowline.Object)
    assert type(one) is Tensor is bowline.core.Tensor
    assert type(one.shape) is bowline.Shape
    assert type(one.strides) is tuple
    assert type(one.dtype) is bowline.dtype
    assert type(one.device) is bowline.Device
    assert (one.ndim, one.numel(), one.is_contiguous()) == (2, 6, True)
    assert one.data_ptr() != one.__chandle__() != 0


@pytest.mark.parametrize(("at", "size"), [(0, 2), (1, 3), (-1, 3), (-2, 2), (True, 3)])
def test_size(at, size):
    assert tensor(2, 3).size(at) == size


@pytest.mark.parametrize(
    ("at", "error"), [(2, IndexError), (-3, IndexError), (2**70, OverflowError), ("0", TypeError), (1.0, TypeError)]
)
def test_size_of_no_dimension(at, error):
    with pytest.raises(error):
        tensor(2, 3).size(at)
    with pytest.raises(IndexError, match="Dimension 2 out of range for tensor with 2 dimensions"):
        tensor(2, 3).size(2)


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (lambda: tensor(3, 4, dtype="float32"), "float32[3, 4]@cpu:0"),
        (lambda: tensor(dtype="bool"), "bool[]@cpu:0"),
        (lambda: tensor(0, 2), "int64[0, 2]@cpu:0"),
        (lambda: make_tensor(bowline.dtype("float32x4"), [2]), "float32x4[2]@cpu:0"),
        (lambda: Array([tensor(1)]), "(int64[1]@cpu:0,)"),
        (lambda: bowline.Map({"t": tensor(1)}), '{"t": int64[1]@cpu:0}'),
        (lambda: Tensor.__new__(Tensor), "Tensor(chandle=None)"),
    ],
)
def test_repr(one, text):
    one = one()
    assert repr(one) == str(one) == text


def test_an_attribute_cannot_be_set():
    one = tensor(2)
    for name in ("shape", "dtype", "anything"):
        with pytest.raises(AttributeError):
            setattr(one, name, 1)


@pytest.mark.parametrize("args", [(), (3,), (numpy.zeros(3),), ([1, 2],)], ids=["none", "int", "array", "list"])
def test_no_constructor(args):
    with pytest.raises(TypeError, match="from_dlpack"):
        Tensor(*args)


MEMBERS = {
    "shape": lambda t: t.shape,
    "strides": lambda t: t.strides,
    "dtype": lambda t: t.dtype,
    "device": lambda t: t.device,
    "ndim": lambda t: t.ndim,
    "data_ptr": lambda t: t.data_ptr(),
    "numel": lambda t: t.numel(),
    "is_contiguous": lambda t: t.is_contiguous(),
    "size": lambda t: t.size(0),
    "__dlpack__": lambda t: t.__dlpack__(),
    "__dlpack_device__": lambda t: t.__dlpack_device__(),
}


@pytest.mark.parametrize("member", MEMBERS)
def test_an_empty_wrapper(member):
    with pytest.raises(TypeError, match="expected a Tensor, got an empty Tensor"):
        MEMBERS[member](Tensor.__new__(Tensor))


def test_a_moved_tensor():
    one = tensor(2)
    other = testing.apply(echo, one._move())
    assert other.shape == (2,)
    with pytest.raises(TypeError, match="empty Tensor"):
        _ = one.shape


# ---- identity ----------------------------------------------------------------------------------------------------------


def test_one_wrapper():
    one = tensor(2)
    assert echo(one) is one
    assert bowline.convert(one) is one
    assert testing.schema_id_tensor(one) is one
    held = Array([one, [one], {"x": one}])
    assert held[0] is held[1][0] is held[2]["x"] is one
    address = id(one)
    del one
    gc.collect()
    assert id(held[0]) == address


def test_equality_is_identity():
    one, other = tensor(2), tensor(2)
    assert one == one
    assert one != other
    assert one != 3
    assert len({one, other, echo(one)}) == 2
    assert one.same_as(one) and not one.same_as(other)
    assert bool(one)
    with pytest.raises(TypeError):
        len(one)


def test_threads_find_one_wrapper():
    held = [Array([tensor(3)]) for _ in range(200)]
    found = [[] for _ in held]

    def look():
        for one, there in zip(held, found, strict=True):
            there.append(one[0])

    run_threads(*[look] * 8)
    assert all(len({id(one) for one in there}) == 1 for there in found)


# ---- content -----------------------------------------------------------------------------------------------------------


def test_content_of_containers():
    a, b = tensor(2, 3), tensor(2, 3)
    other = from_dlpack(numpy.ones((2, 3), "int64"))
    assert Array([a]) == Array([b])
    assert Array([a]) == [b]
    assert Array([a]) != Array([other])
    assert Array([a]) != Array([tensor(3, 2)])
    assert Array([a]) != Array([tensor(2, 3, dtype="int32")])
    assert Array([a]) != [3]
    assert hash(Array([a])) == hash(Array([b]))
    assert hash(Array([a])) != hash(Array([other]))


@pytest.mark.parametrize(
    ("make", "equal", "skipping"),
    [
        (lambda: tensor(2, 3), True, True),
        (lambda: from_dlpack(numpy.arange(6).reshape(3, 2).T.copy().T.copy().reshape(2, 3)), True, True),
        (lambda: from_dlpack(numpy.arange(12).reshape(2, 6)[:, ::2] // 2), True, True),
        (lambda: from_dlpack(numpy.array([[0, 9, 1], [9, 2, 9]], "int64").repeat(1)[:6].reshape(2, 3)), False, True),
        (lambda: tensor(3, 2), False, False),
        (lambda: tensor(6), False, False),
        (lambda: tensor(2, 3, dtype="uint64"), False, False),
        (lambda: 5, False, False),
    ],
    ids=["same", "copied", "part", "other content", "other shape", "flat", "other type", "int"],
)
def test_structure(make, equal, skipping):
    one, other = tensor(2, 3), make()
    assert structural_equal(one, other) is equal
    assert structural_equal(one, other, skip_tensor_content=True) is skipping
    assert (structural_hash(one) == structural_hash(other)) is equal
    assert (structural_hash(one, skip_tensor_content=True) == structural_hash(other, skip_tensor_content=True)) is skipping
    assert structural_equal([1, one], [1, other]) is equal


def test_structure_of_other_orders():
    """As numbers are, not as they lie."""
    there = numpy.arange(6).reshape(2, 3)
    turned = from_dlpack(numpy.asfortranarray(there))
    assert not turned.is_contiguous()
    assert structural_equal(from_dlpack(there), turned)
    assert structural_hash(from_dlpack(there)) == structural_hash(turned)


def test_where_they_differ():
    first = bowline.get_first_structural_mismatch
    assert first(tensor(2), tensor(2)) is None
    assert [repr(path) for path in first(tensor(2), tensor(3))] == ["<root>", "<root>"]
    here, there = first([1, {"x": tensor(2)}], [1, {"x": from_dlpack(numpy.ones(2, "int64"))}])
    assert repr(here) == repr(there) == '<root>[1]["x"]'


def test_structural_keys():
    table = {bowline.StructuralKey(tensor(2)): "found"}
    assert table[bowline.StructuralKey(tensor(2))] == "found"
    assert bowline.StructuralKey(tensor(3)) not in table


def test_content_that_changes():
    there = numpy.zeros(2)
    one = from_dlpack(there)
    before = structural_hash(one)
    there[0] = 1
    assert structural_hash(one) != before


# ---- copies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["bool", "int8", "float16", "float64", "complex64"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)], ids=str)
@pytest.mark.parametrize("again", [lambda t: pickle.loads(pickle.dumps(t)), copy.deepcopy], ids=["pickle", "deepcopy"])
def test_copies(again, shape, dtype):
    one = tensor(*shape, dtype=dtype)
    other = again(one)
    assert type(other) is Tensor
    assert other is not one
    assert (other.shape, other.dtype) == (one.shape, one.dtype)
    assert other.data_ptr() != one.data_ptr()
    assert structural_equal(one, other)


def test_copies_of_other_orders():
    there = numpy.arange(6).reshape(2, 3).T
    for again in (lambda t: pickle.loads(pickle.dumps(t)), copy.deepcopy):
        other = again(from_dlpack(there))
        assert other.is_contiguous()
        assert numbers(other) == there.tolist()


def test_a_shallow_copy_shares_memory():
    one = tensor(2)
    other = copy.copy(one)
    assert other is not one
    assert not other.same_as(one)
    assert other.data_ptr() == one.data_ptr()
    del one
    settle()
    assert numbers(other) == [0, 1]


def test_copies_keep_sharing():
    one = tensor(2)
    a, b, c = pickle.loads(pickle.dumps((one, Array([one]), one)))
    assert a is b[0] is c
    a, b = copy.deepcopy((one, Array([one])))
    assert a is b[0]


@pytest.mark.parametrize(
    ("parts", "error", "text"),
    [
        ((Tensor, "nope", [2], b""), ValueError, "nope"),
        ((Tensor, "int8", [2], b"123"), ValueError, "expected 2 bytes"),
        ((Tensor, "int8", [-2], b""), ValueError, "size -2"),
        ((Tensor, "int8", [2**62, 2**62], b""), ValueError, "more memory"),
        ((Tensor, "int8", [2**40], b""), ValueError, "expected 1099511627776 bytes"),
        ((Tensor, "int8", [1] * 1000, b"1"), ValueError, "1000 dimensions"),
        ((Tensor, "int8", [2**70], b""), OverflowError, None),
        ((Tensor, "int8", "2", b""), TypeError, None),
        ((Tensor, "int8", [2], "12"), TypeError, "bytes-like"),
        ((Tensor, "int8", [2], bytearray(3)), ValueError, "expected 2 bytes"),
        ((Tensor, "int8", [2], memoryview(b"1234")[::2]), BufferError, "non-contiguous"),
        ((Array, "int8", [2], b"12"), TypeError, "ffi.Tensor"),
        ((int, "int8", [2], b"12"), TypeError, None),
    ],
    ids=str,
)
def test_hostile_pickles(parts, error, text):
    with pytest.raises(error, match=text):
        bowline._core._tensor_of(*parts)


def test_json_has_no_tensors():
    for value in (tensor(2), Array([tensor(2)])):
        with pytest.raises(TypeError, match=r"`ffi\.Tensor` does not support ToJSONGraph"):
            bowline.serialization.to_json_graph_str(value)
    with pytest.raises(TypeError, match="FromJSONGraph"):
        bowline.serialization.from_json_graph_str('{"root_index":0,"nodes":[{"type":"ffi.Tensor","data":{}}]}')


# ---- functions for tests -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "more", "text"),
    [
        ("make_array_with_tensor", (), "({},)"),
        ("make_array_with_mixed", (3,), '({}, 3, "hello")'),
        ("make_nested_array_with_tensor", (), "(({}, 42), {})"),
        ("make_list_with_tensor", (7,), "[{}, 7]"),
        ("make_map_with_tensor", (), '{{"tensor": {}, "value": 42, "name": "test"}}'),
        ("make_dict_with_tensor", (), '{{"tensor": {}, "value": 42}}'),
        ("make_empty_array_with_tensor_input", (), "()"),
        ("make_nested_map_with_tensor", (numpy.zeros(1),), '{{"array": ({}, float64[1]@cpu:0), "map": {{"t": {}}}, "scalar": 99}}'),
    ],
)
def test_containers_with_tensors(name, more, text):
    one = tensor(2)
    made = getattr(testing, name)(one, *more)
    shown = "int64[2]@cpu:0"
    assert repr(made) == text.format(shown, shown)
    assert repr(getattr(testing, name)(numpy.arange(2), *more)) == repr(made)
    with pytest.raises(TypeError, match="argument #0"):
        getattr(testing, name)(3, *more)


def test_the_tensor_in_containers_is_the_argument():
    one = tensor(2)
    assert testing.make_array_with_tensor(one)[0] is one
    nested = testing.make_nested_array_with_tensor(one)
    assert nested[0][0] is nested[1] is one
    assert testing.make_dict_with_tensor(one)["tensor"] is one
    assert testing.make_nested_map_with_tensor(one, one)["map"]["t"] is one


def test_views():
    for given in (tensor(2), numpy.arange(2)):
        assert testing.schema_tensor_view_input(given) is None
        assert testing.optional_tensor_view_has_value(given) is True
        with pytest.raises(RuntimeError, match=r"DLTensor\* owns nothing"):
            testing.schema_id_dltensor(given)
    assert testing.optional_tensor_view_has_value(None) is False
    for function in (testing.schema_tensor_view_input, testing.schema_id_dltensor, testing.optional_tensor_view_has_value):
        with pytest.raises(TypeError, match=r"DLTensor\*"):
            function(3)


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("schema_id_tensor", "Callable[[Tensor], Tensor]"),
        ("schema_id_dltensor", "Callable[[Tensor], Tensor]"),
        ("schema_tensor_view_input", "Callable[[Tensor], None]"),
        ("optional_tensor_view_has_value", "Callable[[Tensor | None], bool]"),
        ("make_list_with_tensor", "Callable[[Tensor, int], List[Any]]"),
        ("make_map_with_tensor", "Callable[[Tensor], Map[str, Any]]"),
    ],
)
def test_schemas(name, schema):
    text = bowline.get_global_func_metadata(f"testing.{name}")["type_schema"]
    assert repr(bowline.core.TypeSchema.from_json_str(text)) == schema


def test_make_tensor():
    one = make_tensor(bowline.float64, [2, 3])
    assert numbers(one) == [[0, 0, 0], [0, 0, 0]]
    assert one.data_ptr() % 64 == 0
    with pytest.raises(ValueError, match="size -1"):
        make_tensor(bowline.float64, [-1])
    with pytest.raises(MemoryError, match="no memory for a tensor"):
        make_tensor(bowline.float64, [2**57 - 1])
