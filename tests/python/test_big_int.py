"""Integers beyond 64 bits. They are values, items and keys, and are refused where there is no room for them."""

import copy
import enum
import pickle
from typing import Any

import bowline
import pytest
from bowline import Array, Dict, Map, structural_equal, structural_hash
from bowline.core import CAny
from bowline.dataclasses import py_class
from bowline.serialization import from_json_graph_str, to_json_graph_str
from support import new_key

BIG = [2**63, -(2**63) - 1, 2**64, -(2**64), 2**70, -(2**200) + 17, 10**60]
echo = bowline.get_global_func("testing.echo")
less = bowline.get_global_func("ffi.RecursiveLt")
same = bowline.get_global_func("ffi.RecursiveEq")
hash_of = bowline.get_global_func("ffi.RecursiveHash")


@pytest.mark.parametrize("number", BIG)
def test_as_a_value(number):
    assert echo(number) == number
    assert type(echo(number)) is int
    assert Array([number])[0] == Dict({"x": number})["x"] == number
    assert bowline.convert(lambda x: x + 1)(number) == number + 1
    assert CAny(number).type_index == 78
    assert repr(Array([number, number])) == f"({number}, {number})"
    assert from_json_graph_str(to_json_graph_str(Array([number])))[0] == number
    assert pickle.loads(pickle.dumps(Array([number])))[0] == copy.deepcopy(Array([[number]]))[0][0] == number


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_64_bits_are_no_object(number):
    assert echo(number) == number
    assert CAny(number).type_index == 1


def test_by_content():
    for number in BIG:
        again = int(str(number))
        assert structural_equal([number], [again])
        assert same([number], [again])
        assert structural_hash([number]) == structural_hash([again])
        assert hash_of([number]) == hash_of([again])
        assert Map({number: "x"})[again] == "x"
        assert not structural_equal(number, number + 1)
        assert structural_hash(number) != structural_hash(number + 1)
        assert number + 1 not in Map({number: "x"})
    numbers = sorted([*BIG, 0, 5, -5, 2**63 - 1, -(2**63)])
    for at, number in enumerate(numbers):
        assert [less(number, other) for other in numbers] == [at < place for place in range(len(numbers))]


def test_types_of_64_bits():
    @py_class(new_key("big"))
    class Holder(bowline.Object):
        whatever: Any
        number: int = 0

    assert Holder(2**70).whatever == 2**70
    with pytest.raises(TypeError, match="int64 range"):
        Holder(None, 2**70)
    with pytest.raises(TypeError, match=r"testing\.add_one.*`int` but got `ffi\.BigInt`"):
        bowline.get_global_func("testing.add_one")(2**70)


def test_subclasses_of_int():
    class Odd(int):
        def bit_length(self):
            return 3

        def to_bytes(self, *_, **__):
            raise AssertionError

    assert echo(Odd(2**70)) == 2**70
    assert echo(enum.IntEnum("Sizes", {"HUGE": 2**80}).HUGE) == 2**80
    assert echo(True) is True


def test_json_that_is_wrong():
    text = to_json_graph_str(2**70).replace(str(2**70), "12x")
    with pytest.raises(ValueError, match="decimal digits"):
        from_json_graph_str(text)
