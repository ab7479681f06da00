"""Libraries that show an exchange API. Their tensors go in without a capsule, and results come out as theirs."""

import ctypes
import pickle
import time

import bowline
import pytest
from bowline import Tensor, convert_func, from_dlpack, get_global_func, get_raw_stream, testing
from dlpack import Library, framework
from support import run_threads, settle

echo = get_global_func("testing.echo")


@pytest.fixture
def library():
    made = Library()
    yield made
    settle()
    assert made.ends == made.made


@pytest.fixture
def cls(library):
    return framework(library)


# ---- tensors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_address", [False, True], ids=["capsule", "address"])
def test_arguments(library, as_address):
    cls = framework(library, as_address)
    for use in (from_dlpack, bowline.convert):
        tensor = use(cls())
        assert type(tensor) is Tensor
        assert tensor.shape == (2, 3)
    assert testing.schema_tensor_view_input(cls()) is None
    assert testing.optional_tensor_view_has_value(cls()) is True
    assert library.made == 4


def test_results(cls):
    assert type(echo(cls())) is cls
    assert type(testing.schema_id_tensor(cls())) is cls
    assert type(testing.apply(echo, cls())) is cls
    assert cls.shown == 3
    # Without its tensors among the arguments there is no saying.
    tensor = from_dlpack(cls())
    assert echo(tensor) is tensor
    # One suffices.
    assert type(testing.apply(convert_func(lambda a, b: a), tensor, cls())) is cls


def test_subclasses(cls):
    class Derived(cls):
        pass

    assert type(echo(Derived())) is cls


def test_what_fails(library):
    failing = framework(library, fail=True)
    for use in (from_dlpack, echo, bowline.convert, lambda one: bowline.Array([one])):
        with pytest.raises(LookupError, match="no export today"):
            use(failing())
    cls = framework(library)

    def fail_later(value):
        cls.failing = True
        return value

    with pytest.raises(RuntimeError, match="expected the exchange API to import a tensor"):
        testing.apply(fail_later, cls())


@pytest.mark.parametrize(
    ("shown", "error", "text"),
    [
        ("text", TypeError, "expected a capsule or an address"),
        (0, BufferError, "no table"),
        (None, TypeError, "NoneType"),
        (-1, OverflowError, "negative"),
        (Library().capsule(), ValueError, "PyCapsule"),
    ],
    ids=["text", "null", "None", "negative", "other capsule"],
)
def test_what_is_no_exchange(shown, error, text):
    class Fake:
        __dlpack_c_exchange_api__ = shown

    for use in (from_dlpack, echo, lambda one: convert_func(echo, type(one))):
        with pytest.raises(error, match=text):
            use(Fake())


def test_versions(library):
    one = framework(library)
    newer = framework(library, version=(2, 0), former=ctypes.pointer(one.table))
    assert from_dlpack(newer()).shape == (2, 3)
    with pytest.raises(BufferError, match="no table of DLPack 1"):
        from_dlpack(framework(library, version=(2, 0))())


# ---- containers --------------------------------------------------------------------------------------------------------

READS = {
    "item": ("make_array_with_mixed", lambda c: c[0]),
    "negative": ("make_array_with_mixed", lambda c: c[-3]),
    "iteration": ("make_array_with_mixed", lambda c: next(iter(c))),
    "reversed": ("make_array_with_mixed", lambda c: list(reversed(c))[-1]),
    "slice": ("make_array_with_mixed", lambda c: c[:1][0]),
    "list item": ("make_list_with_tensor", lambda c: c[0]),
    "list iteration": ("make_list_with_tensor", lambda c: next(iter(c))),
    "list pop": ("make_list_with_tensor", lambda c: c.pop(0)),
    "list slice": ("make_list_with_tensor", lambda c: c[::2][0]),
    "map item": ("make_map_with_tensor", lambda c: c["tensor"]),
    "map get": ("make_map_with_tensor", lambda c: c.get("tensor")),
    "map values": ("make_map_with_tensor", lambda c: next(iter(c.values()))),
    "map items": ("make_map_with_tensor", lambda c: next(iter(c.items()))[1]),
    "dict item": ("make_dict_with_tensor", lambda c: c["tensor"]),
    "dict pop": ("make_dict_with_tensor", lambda c: c.pop("tensor")),
    "dict setdefault": ("make_dict_with_tensor", lambda c: c.setdefault("tensor", 1)),
    "dict values": ("make_dict_with_tensor", lambda c: next(iter(c.values()))),
    "nested array": ("make_nested_array_with_tensor", lambda c: c[0][0]),
    "nested iteration": ("make_nested_array_with_tensor", lambda c: next(iter(next(iter(c))))),
    "nested map": ("make_nested_map_with_tensor", lambda c: c["map"]["t"]),
    "nested values": ("make_nested_map_with_tensor", lambda c: next(iter(c.values()))[1]),
}


@pytest.mark.parametrize("way", READS)
def test_reads(cls, way):
    name, read = READS[way]
    make = getattr(testing, name)
    more = {"make_array_with_mixed": (5,), "make_list_with_tensor": (5,)}.get(name, ())
    if name == "make_nested_map_with_tensor":
        more = (cls(),)
    assert type(read(make(cls(), *more))) is cls
    # Others' containers stay as they are, also now.
    tensor = testing.make_tensor(bowline.int8, [1])
    plain = make(tensor, *(tensor if type(one) is cls else one for one in more))
    assert read(plain) is tensor


def test_a_dict_entry(cls):
    made = testing.make_dict_with_tensor(cls())
    assert made.popitem() == ("value", 42)
    key, one = made.popitem()
    assert (key, type(one)) == ("tensor", cls)


def test_what_is_no_tensor(cls):
    made = testing.make_array_with_mixed(cls(), 7)
    assert made[1:] == [7, "hello"]
    assert list(made)[1] == 7
    assert list(testing.make_empty_array_with_tensor_input(cls())) == []
    assert testing.make_map_with_tensor(cls())["name"] == "test"


def test_a_container_passes_it_on(cls):
    made = testing.make_array_with_tensor(cls())
    assert type(testing.apply(convert_func(lambda items: items[0]), made)) is cls
    assert echo(made) is made
    assert type(echo(made)[0]) is cls


def test_native_content_stays(cls):
    made = testing.make_nested_array_with_tensor(cls())
    other = testing.make_nested_array_with_tensor(from_dlpack(cls()))
    text = "int16[2, 3]@cpu:0"
    assert repr(made) == f"(({text}, 42), {text})"
    assert made == other
    assert hash(made) == hash(other)
    assert type(pickle.loads(pickle.dumps(made))[1]) is Tensor
    assert repr(testing.make_map_with_tensor(cls())).startswith(f'{{"tensor": {text}, ')
    assert cls.shown == 0


def test_each_read_makes_one(cls):
    made = testing.make_array_with_tensor(cls())
    first, second = made[0], made[0]
    assert first is not second
    assert first.owned != second.owned
    assert cls.shown == 2


def test_another_library(cls):
    other = framework(Library())
    made = testing.make_array_with_tensor(cls())
    assert type(made[0]) is cls
    # The last call says.
    assert echo(made) is made
    assert type(testing.apply(convert_func(lambda c, t: c), made, other())[0]) is cls
    assert type(testing.apply(convert_func(lambda t, c: c), other(), made)[0]) is other


def test_containers_are_forgotten(cls):
    before = bowline.stats()["objects_alive"]
    for _ in range(100):
        testing.make_nested_array_with_tensor(cls())[0]
    settle()
    assert bowline.stats()["objects_alive"] == before


def test_many_containers_are_remembered_in_linear_time(cls):
    tensor = cls()

    def keep(count):
        """The time that one of the next so many takes, at its best."""
        best = float("inf")
        while count > 0:
            start = time.perf_counter()
            kept.extend(testing.make_array_with_mixed(tensor, 7) for _ in range(100))
            best = min(best, (time.perf_counter() - start) / 100)
            count -= 100
        return best

    kept = []
    early = keep(500)
    keep(7000)
    # Where each copied all that were kept, this was 15.
    assert keep(500) < 6 * early
    assert all(type(one[0]) is cls for one in kept[::100])
    plain = testing.make_array_with_mixed(testing.make_tensor(bowline.int8, [1]), 7)
    assert type(plain[0]) is Tensor and echo(plain) is plain


def test_a_marked_container_among_arguments_that_take_the_short_way(cls):
    """`echo` lends its arguments without a count unless there is something to remember."""
    made, plain = testing.make_array_with_tensor(cls()), bowline.List([1])
    assert echo(plain) is plain and echo(made) is made
    # What comes of a call with a container that remembers is shown as the library's.
    assert type(testing.apply(convert_func(lambda items, other: other), made, from_dlpack(cls()))) is cls
    for container in bowline.Map({1: made}), bowline.Dict({1: made}), bowline.List([made]), bowline.Array([made]):
        values = list(container.values()) if hasattr(container, "values") else list(container)
        assert values[0] is made and type(values[0][0]) is cls


def test_slices_of_a_container_that_goes_meanwhile(cls):
    made = [testing.make_list_with_tensor(cls(), 5)]

    part = made[0][0:2]
    made.clear()
    assert type(part[0]) is cls and part[1] == 5


def test_threads(cls):
    shared = testing.make_nested_array_with_tensor(cls())

    def work():
        for _ in range(50):
            assert type(shared[0][0]) is cls
            assert type(testing.make_array_with_tensor(cls())[0]) is cls
            tensor = testing.make_tensor(bowline.int8, [1])
            assert testing.make_array_with_tensor(tensor)[0] is tensor

    run_threads(*[work] * 8)


# ---- callbacks ---------------------------------------------------------------------------------------------------------


def test_callbacks_get_the_librarys_tensors(cls):
    seen = []

    @lambda f: convert_func(f, cls)
    def callback(tensor, items, number):
        seen.append((type(tensor), type(items[0]), number))
        return tensor

    tensor = from_dlpack(cls())
    back = testing.apply(callback, tensor, [tensor], 5)
    assert seen == [(cls, cls, 5)]
    # Nothing among the arguments was the library's.
    assert type(back) is Tensor
    assert type(callback(tensor, [tensor], 6)) is Tensor
    assert isinstance(callback, bowline.Function)


def test_callbacks_without_a_class(cls):
    seen = []
    testing.apply(convert_func(lambda tensor: seen.append(type(tensor))), cls())
    assert seen == [Tensor]


def test_callbacks_that_fail(cls):
    def fail(tensor):
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        convert_func(fail, cls)(from_dlpack(cls()))
    cls.failing = True
    with pytest.raises(RuntimeError, match="expected the exchange API to import a tensor"):
        convert_func(echo, cls)(from_dlpack(cls()))


@pytest.mark.parametrize("wrong", [3, int, "Tensor", object()], ids=str)
def test_classes_without_exchange(wrong):
    with pytest.raises(TypeError, match="__dlpack_c_exchange_api__"):
        convert_func(len, tensor_cls=wrong)


def test_callables_only(cls):
    with pytest.raises(TypeError, match="callable"):
        convert_func(3, cls)


# ---- streams -----------------------------------------------------------------------------------------------------------


def test_the_librarys_stream_is_current(library):
    cuda = bowline.device("cuda:3")
    cls = framework(library, device=(2, 3), stream=0xABC0)
    seen = []
    look = convert_func(lambda *_: seen.append(get_raw_stream(cuda)))
    testing.apply(look, cls())
    testing.apply(look, 1, from_dlpack(testing.make_tensor(bowline.int8, [1])), cls())
    assert seen == [0xABC0, 0xABC0]
    assert get_raw_stream(cuda) == 0
    with bowline.use_raw_stream(cuda, 5):
        testing.apply(look, cls())
        assert get_raw_stream(cuda) == 5
        testing.apply(look, from_dlpack(cls()))
    assert seen[2:] == [0xABC0, 5]


def test_no_stream_for_the_processor(library):
    cls = framework(library, stream=0xABC0)
    seen = []
    testing.apply(convert_func(lambda _: seen.append(get_raw_stream(bowline.device("cpu")))), cls())
    assert seen == [0]


def test_a_stream_is_put_back_after_errors(library):
    cls = framework(library, device=(2, 0), stream=0xABC0)
    with pytest.raises(ValueError, match="oops"):
        testing.apply(convert_func(lambda _: testing.test_raise_error("ValueError", "oops")), cls())
    assert get_raw_stream(bowline.device("cuda")) == 0
    cls = framework(library, device=(2, 0), stream=-1)
    with pytest.raises(RuntimeError, match="stream"):
        echo(cls())
