"""Fields, methods and constructors of objects that C++ made, by the headers of tvm-ffi."""

import copy
import ctypes
import gc
import pickle
import sys

import bowline
import pytest
from bowline import get_global_func, load_module
from bowline.serialization import from_json_graph_str, to_json_graph_str
from support import cpp_library, run_script, run_threads

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="libraries are found by their soname on Linux only")

LIBRARY: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def library(tmp_path_factory):
    path = cpp_library(tmp_path_factory.mktemp("fields"), "fields")
    module = load_module(path)
    LIBRARY.append(str(path))
    bowline.register_object("test.fields.Expr")(Base)
    bowline.register_object("test.fields.Own")(Own)
    for name in ["Box", "Boxes", "Number", "Add", "All", "Child", "WithDefaults", "Own", "Hidden"]:
        class_of(name)
    # What is known of a type is kept when there is more.
    fields_come_later()
    # So is what the first copy finds out about a type.
    copy.deepcopy(add(number(1), number(2)))
    return module


def make(name, *arguments):
    return get_global_func(f"test.fields.{name}")(*arguments)


def number(value):
    return class_of("Number").make(value)


def class_of(name):
    key = f"test.fields.{name}"
    return bowline._core.ensure_class(bowline._core.type_index(key))


def add(a, b):
    return class_of("Add")(a, b)


def test_a_field_of_each_kind():
    it = make("all")
    assert (it.i64, it.i32, it.u8, it.f64, it.f32, it.flag) == (1, 2, 3, 4.5, 5.5, True)
    assert it.flag is True
    assert it.text == "a text that is long enough for the heap"
    assert (it.bytes, it.any, it.plain) == (b"\0bytes", "any", "std")
    assert (it.maybe_int, it.maybe_text, it.maybe_expr, it.object) == (None, None, None, None)
    assert (list(it.array), dict(it.map)) == ([1, 2], {"k": 1})
    assert (str(it.dtype), it.device, it.pointer.value) == ("float32", bowline.Device("cpu", 0), None)


def test_writing_a_field_of_each_kind():
    it = make("all")
    values = {
        "i64": -(2**63),
        "i32": -(2**31),
        "u8": 255,
        "f64": 0.1,
        "f32": 0.5,
        "flag": False,
        "text": "short",
        "bytes": b"long enough to be on the heap",
        "any": 3.5,
        "maybe_int": 7,
        "maybe_text": "not so short a text",
        "maybe_expr": number(1),
        "plain": "other",
        "object": number(2),
    }
    for name, value in values.items():
        setattr(it, name, value)
        assert getattr(it, name) == value, name
    assert it.maybe_expr is values["maybe_expr"]
    assert it.object is values["object"]
    for name in ("maybe_int", "maybe_text", "maybe_expr", "object", "any"):
        setattr(it, name, None)
        assert getattr(it, name) is None
    it.array = [1, "two", number(3)]
    assert [*it.array][:2] == [1, "two"]
    it.map = {"a": 1}
    assert dict(it.map) == {"a": 1}
    it.dtype, it.device = "int8", "cpu:1"
    assert (str(it.dtype), it.device) == ("int8", bowline.Device("cpu", 1))
    it.pointer = ctypes.c_void_p(64)
    assert it.pointer.value == 64


def test_what_a_field_refuses():
    it = make("all")
    for name, value in [("i64", "x"), ("i32", None), ("text", 3), ("maybe_expr", it), ("array", 3), ("flag", "x")]:
        before = getattr(it, name)
        with pytest.raises(TypeError):
            setattr(it, name, value)
        assert getattr(it, name) == before
    sum_ = add(number(1), number(2))
    with pytest.raises(TypeError):
        sum_.b = None
    with pytest.raises(TypeError):
        sum_.b = it
    assert sum_.b.value == 2
    with pytest.raises(AttributeError, match="cannot assign to frozen field 'a'"):
        sum_.a = number(3)
    with pytest.raises(AttributeError):
        del sum_.b


def test_identity():
    a, b = number(1), number(2)
    sum_ = add(a, b)
    assert sum_.a is a and sum_.b is b and sum_.a is sum_.a
    address = id(sum_.b)
    del b
    gc.collect()
    assert id(sum_.b) == address
    sum_.b = a
    assert sum_.b is a
    before = bowline.stats()["objects_alive"]
    for _ in range(1000):
        sum_.b = number(3)
    gc.collect()
    assert bowline.stats()["objects_alive"] - before <= 1


def test_methods():
    one = number(1)
    assert one.add(2) == 3
    assert one.add.__doc__ == "Adds to the value."
    assert class_of("Number")().value == 0
    with pytest.raises(TypeError):
        one.add("x")


def test_constructors():
    assert add(number(1), number(2)).a.value == 1
    with pytest.raises(TypeError):
        add(number(1), None)
    made = class_of("WithDefaults")(1)
    assert (made.needed, made.given, made.keyword) == (1, 7, "k")
    made = class_of("WithDefaults")(1, 2, keyword="x")
    assert (made.needed, made.given, made.keyword) == (1, 2, "x")
    for arguments, keywords in [((), {}), ((1, 2, 3), {}), ((1,), {"other": 1})]:
        with pytest.raises(TypeError):
            class_of("WithDefaults")(*arguments, **keywords)
    with pytest.raises(TypeError, match="cannot be constructed directly"):
        class_of("Hidden")()


class Base(bowline.Object):
    pass


class Own(Base):
    def __init__(self, value, other=None):
        self.__ffi_init__(0, value, other)

    @property
    def twice(self):
        return 2 * self.value


def test_a_class_of_its_own():
    it = Own(4)
    assert (it.value, it.twice, it.line) == (4, 8, 0)
    assert Own(5, it).other is it
    it.line = 3
    assert it.line == 3


def test_inheritance():
    one = number(1)
    assert isinstance(one, class_of("Expr"))
    one.line = 5
    assert one.line == 5


def test_other_ancestors_in_python():
    # As apache-tvm's `SliceDoc`, whose type does not derive from that of `ExprDoc`.
    class Hidden(Own):
        pass

    former = class_of("Hidden")
    try:
        assert bowline.register_object("test.fields.Hidden")(Hidden) is class_of("Hidden")
    finally:
        bowline.register_object("test.fields.Hidden")(former)


def test_walks():
    left, right = (add(number(1), add(number(2), number(3))) for _ in range(2))
    left.line = 9
    assert bowline.structural_equal(left, right)
    assert bowline.structural_hash(left) == bowline.structural_hash(right)
    right.b = number(4)
    assert not bowline.structural_equal(left, right)
    assert "value=1" in repr(left)


def test_copies():
    left = add(number(1), number(2))
    shallow = copy.copy(left)
    assert shallow is not left and shallow.a is left.a
    deep = copy.deepcopy(left)
    assert deep.a is not left.a and deep.a.value == 1


def test_replacing_fields():
    left = add(number(1), number(2))
    other = left.__replace__(b=number(3))
    assert (other.a is left.a, other.b.value, left.b.value) == (True, 3, 2)
    with pytest.raises(TypeError):
        left.__replace__(a=make("all"))
    with pytest.raises(TypeError):
        left.__replace__(a=None)
    with pytest.raises(TypeError, match="unexpected keyword"):
        left.__replace__(c=1)


def test_pickles():
    shared = Own(1)
    shared.line = 2
    again = pickle.loads(pickle.dumps([Own(3, shared), shared]))
    assert again[0].other is again[1]
    assert (again[0].value, again[1].value, again[1].line) == (3, 1, 2)


def test_json():
    shared = number(5)
    text = to_json_graph_str(add(shared, add(shared, number(6))))
    again = from_json_graph_str(text)
    assert again.a is again.b.a
    assert (again.a.value, again.b.b.value) == (5, 6)


def fields_come_later():
    child = make("child")
    assert child.second == 2
    assert not hasattr(child, "first")
    make("register_parent")
    bowline.registry.catch_up()
    assert (child.first, child.second) == (1, 2)


def test_fields_that_came_later():
    child = make("child")
    assert (child.first, child.second) == (1, 2)
    assert "first=1" in repr(child)


def test_a_python_type_below_one_of_another_maker():
    with pytest.raises(TypeError, match=r"cannot extend `test\.fields\.Expr`"):

        @bowline.py_class("test.fields.Python")
        class Below(class_of("Expr")):
            x: int


# Each ends by itself, or hangs: a child has to be killed then.
HOOKED = """
    import bowline, sys, threading, time
    bowline.load_module(sys.argv[1])
    boxes = bowline.get_global_func("test.fields.boxes")()
    # Beside another thread, so that locks are taken.
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()

    @bowline.get_global_func("test.fields.hook")
    def hook(value):
        # Code of the maker's may come back to the object.
        boxes.maybe, boxes.one, boxes.many, boxes.either, boxes.checked
        time.sleep(0.01)
        return value

    def read():
        for _ in range(100):
            boxes.maybe, boxes.many, boxes.called

    readers = [threading.Thread(target=read) for _ in range(2)]
    [reader.start() for reader in readers]
    boxes.one, boxes.maybe, boxes.either = 1, 2, 3
    boxes.many = [4, 5]
    assert (boxes.one.value, boxes.maybe.value, boxes.either.value) == (1, 2, 3)
    assert [box.value for box in boxes.many] == [4, 5]
    assert boxes.called == 0
    [reader.join() for reader in readers]
"""

DYING = """
    import bowline, sys, threading
    bowline.load_module(sys.argv[1])
    make = bowline.get_global_func("test.fields.all")
    it = make()

    class Dying:
        def __del__(self):
            it.maybe_int, it.plain

    def write():
        for _ in range(3000):
            other = make()
            other.any = Dying()
            it.object = other
            it.plain = "text"

    def read():
        for _ in range(20000):
            it.object, it.plain

    threads = [threading.Thread(target=work) for work in (write, write, read)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""


@pytest.mark.parametrize("source", [HOOKED, DYING], ids=["hooked", "dying"])
def test_user_code_within_code_of_the_maker(source):
    run_script(source, *LIBRARY, timeout=60)


def test_a_field_whose_type_is_not_told():
    fields = {field.name: field for field in bowline._core.fields_of(bowline._core.type_index("test.fields.Boxes"))}
    assert fields["checked"].metadata == {"type_schema": '{"type":"int"}'}
    assert str(fields["called"].schema) == "Any"
    assert "Box" in str(fields["maybe"].schema)


def test_fields_in_front_of_the_header():
    it = make("behind")
    assert (it.steps, it.last) == (3, None)
    for _ in range(3):  # the fast ways, too
        it.steps, it.last = 4, number(5)
        assert (it.steps, it.last.value) == (4, 5)
        assert it.last is it.last
    offsets = {field.name: field.offset for field in type(it).__tvm_ffi_type_info__.fields}
    assert offsets["steps"] < offsets["last"] < 0


def test_a_setter_that_refuses():
    boxes = make("boxes")
    boxes.checked = 3
    with pytest.raises(ValueError, match="less than nothing"):
        boxes.checked = -1
    assert boxes.checked == 3
    with pytest.raises(TypeError):
        boxes.either = 2.5
    boxes.either = "text"
    assert boxes.either == "text"


def test_a_state_that_is_refused():
    it = Own(1)
    it.line = 4
    values = (5, 2, 2.5)
    with pytest.raises(TypeError):
        it.__setstate__((values,))
    assert (it.line, it.value) == (4, 1)


def test_reads_beside_writes():
    it = make("all")
    numbers = [number(i) for i in range(8)]
    texts = [f"a text on the heap with number {i}" for i in range(8)]
    count = 3000

    def write(k):
        for i in range(count):
            it.object = numbers[(i + k) % 8]
            it.text = texts[i % 8]
            it.any = numbers[i % 8] if i % 2 else texts[i % 8]
            it.maybe_int = i
            it.maybe_text = texts[i % 8]
            # Lets go of one that only the field has.
            it.maybe_expr = number(i)

    def read():
        for _ in range(count):
            found = it.object
            assert found is None or found in numbers
            found = it.text
            assert found in texts or found.startswith("a text that")
            found = it.maybe_text
            assert found is None or found in texts
            found = it.any
            assert found in numbers or found in texts or found == "any"
            found = it.maybe_expr
            assert found is None or 0 <= found.value < count

    run_threads(lambda: write(0), lambda: write(1), read, read)
