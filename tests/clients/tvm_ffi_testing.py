"""libtvm_ffi_testing.so, as apache-tvm-ffi ships it: its functions, types, errors and containers."""

import copy
import gc
import sys
import threading
from pathlib import Path

import bowline
import numpy as np
from bowline.dataclasses import c_class

before = set(bowline.registry.list_global_func_names())
bowline.load_module(Path(sys.argv[1], "tvm_ffi/lib/libtvm_ffi_testing.so"))
functions = sorted(set(bowline.registry.list_global_func_names()) - before)
print(f"{len(functions)} functions came with it")
assert len(functions) > 50, functions


def testing(name):
    return bowline.get_global_func(f"testing.{name}")


@c_class("testing.TestObjectBase")
class Base(bowline.Object):
    pass


@c_class("testing.TestObjectDerived")
class Derived(Base):
    pass


@c_class("testing.TestObjectPtrHolder")
class Holder(bowline.Object):
    pass


@c_class("testing.TestIntPair")
class Pair(bowline.Object):
    pass


@c_class("testing.TestCompare", eq=True, order=True)
class Compare(bowline.Object):
    pass


@c_class("testing.TestCustomHash")
class CustomHash(bowline.Object):
    pass


@c_class("testing.TestDeepCopyEdges")
class Edges(bowline.Object):
    pass


@c_class("testing.TestCxxKwOnly")
class KwOnly(bowline.Object):
    pass


@c_class("testing.TestCxxClassBase")
class High(bowline.Object):
    pass


@c_class("testing.TestCxxClassDerived")
class Middle(High):
    pass


@c_class("testing.TestCxxClassDerivedDerived")
class Deep(Middle):
    pass


def calls():
    tensor = bowline.from_dlpack(np.arange(6, dtype="int32"))
    for value in (None, True, 7, -(2**63), 0.5, "short", "a text beyond the inline ones", b"\0\1", [1, [2, "x"]], {"k": [1]}):
        assert bowline.structural_equal(testing("echo")(value), value), value
    assert testing("echo")(tensor) is tensor
    assert testing("echo")(lambda x: x + 1)(2) == 3
    assert testing("add_one")(41) == 42
    assert testing("apply")(lambda *numbers: sum(numbers), 1, 2, 3) == 6
    texts = bowline.Array(["a" * at for at in range(20)])
    for name, value in {
        "schema_id_arr_str": texts, "schema_id_list_obj": bowline.List([Pair(1, 2)]), "schema_id_map_str_obj": bowline.Map({"p": Pair(1, 2)}),
        "schema_id_dict_str_str": bowline.Dict({"a": "b" * 30}), "schema_id_opt_str": None, "schema_id_bytes": b"x" * 100,
        "schema_id_variant_int_str": "text", "schema_id_func": testing("echo"), "schema_id_tensor": tensor,
    }.items():  # fmt: skip
        got = testing(name)(value)
        assert got is value or got == value, (name, got)
    for name in ("make_array_with_tensor", "make_nested_array_with_tensor", "make_map_with_tensor"):
        made = testing(name)(tensor)
        assert len(made) > 0
    assert testing("make_list_with_tensor")(tensor, 5)[1] == 5
    assert testing("optional_tensor_view_has_value")(tensor) and not testing("optional_tensor_view_has_value")(None)
    other = testing("make_unregistered_object")()
    assert other.get_v1_plus_one() == other.v1 + 1
    for wrong in (lambda: testing("add_one")("x"), lambda: testing("schema_id_arr_int")(["x"]), lambda: testing("schema_no_args")(1)):
        try:
            wrong()
        except TypeError:
            continue
        raise AssertionError("a wrong argument was taken")


def errors():
    for kind in (ValueError, KeyError, RuntimeError):
        try:
            testing("test_raise_error")(kind.__name__, "what " * 20)
        except kind as error:
            assert "what what" in str(error)
        else:
            raise AssertionError("nothing was raised")

    def fails(*_):
        raise LookupError("from Python")

    try:
        testing("apply")(testing("apply"), fails, 1)
    except LookupError as error:
        assert error.args == ("from Python",)
    else:
        raise AssertionError("nothing was raised")


def objects():
    one = Base(v_i64=3)
    assert (one.v_i64, one.v_f64, one.v_str, one.add_i64(4)) == (3, 10.0, "hello", 7)
    one.v_i64, one.v_str = 5, "a text beyond the inline ones"
    assert (one.v_i64, one.v_str) == (5, "a text beyond the inline ones")
    derived = Derived(v_i64=1, v_map=bowline.Map({"one": one}), v_array=bowline.Array([one, one]))
    assert derived.v_map["one"] is one and derived.v_array[0] is derived.v_array[1] is one
    held = Holder(one)
    assert held.value is one and held.value is held.value and held.optional_value is None
    held.optional_value = derived
    assert held.optional_value is derived
    address = id(held.value)
    del one
    gc.collect()
    assert id(held.value) == address
    assert copy.copy(held).value is held.value and copy.deepcopy(held).value is not held.value
    assert testing("TestIntPairSum")(Pair(3, 4)) == 7
    assert Compare(1, "a", 5) == Compare(1, "a", 6) and Compare(1, "a", 5) < Compare(2, "a", 5)
    table = bowline.Dict({CustomHash(at, "x"): at for at in range(100)})
    assert len(table) == 100 and sorted(table.values()) == list(range(100))
    edges = Edges(v_any=None, v_obj=held)
    edges.v_any = [edges.v_obj, "text"]
    assert copy.deepcopy(edges).v_any[1] == "text"
    assert KwOnly(x=1, y=2, z=3).w == 100
    deep = Deep(v_i64=1, v_i32=2, v_f64=3.0, v_bool=True)
    assert (deep.v_f32, deep.v_str, deep.v_bool) == (8.0, "default", True)
    try:
        bowline.structural_equal(Pair(1, 2), Pair(1, 2))
    except TypeError as error:
        assert "how its structure is compared" in str(error)
    else:
        raise AssertionError("it says nothing of its structure")
    assert "TestIntPair" in repr(Pair(1, 2))
    bowline._core.testing_release_on_thread(Holder(Base(v_i64=3)))


def alive():
    gc.collect()
    bowline.settle()
    bowline.trim()
    return bowline.stats()["objects_alive"], bowline.stats()["side_slots"]


def all_of_it(times=1):
    for _ in range(times):
        calls()
        errors()
        objects()


all_of_it(2)
start, failures = alive(), []


def work():
    try:
        all_of_it(20)
    except BaseException as error:
        failures.append(error)
        raise


threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failures
assert alive() == start, (start, alive())
print("libtvm_ffi_testing.so on bowline: calls, errors and objects, on one thread and on four")
