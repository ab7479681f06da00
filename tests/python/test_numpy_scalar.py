"""Numbers and truths of NumPy, wherever a Python one would do."""

from typing import Any, Optional, Union

import bowline
import numpy
import pytest
from bowline import Array, Dict, List, Map, get_global_func, py_class
from bowline.core import TypeSchema

TRUE, FALSE = numpy.bool_(True), numpy.bool_(False)


@py_class("numpy_scalar.Flag")
class Flag(bowline.Object):
    on: bool = False
    some: Optional[bool] = None
    one: Union[str, bool] = ""
    items: list[bool] = bowline.field(default_factory=list)
    any: Any = None
    n: int = 0
    x: float = 0.0


def is_truth(value, expected):
    return type(value) is bool and value == expected


@pytest.mark.parametrize("truth", [TRUE, FALSE, numpy.arange(3).sum() > 2, numpy.array([True])[0]], ids=repr)
def test_a_bool(truth):
    flag = Flag(truth, truth, truth, [truth], truth, truth, truth)
    expected = bool(truth)
    assert all(is_truth(value, expected) for value in (flag.on, flag.some, flag.one, flag.items[0], flag.any))
    assert (flag.n, flag.x) == (int(truth), float(truth))
    flag.on = flag.some = truth
    assert is_truth(flag.on, expected) and is_truth(flag.some, expected)


@pytest.mark.parametrize("time", [numpy.timedelta64(5, "s"), numpy.timedelta64("NaT", "s"), numpy.datetime64(5, "s")])
def test_a_time_is_no_number(time):
    for held in (List([time])[0], Dict({0: time})[0], Flag(any=time).any):
        assert type(held) is type(time) and str(held) == str(time)
    for field in ("on", "some", "one", "n", "x"):
        with pytest.raises(TypeError, match=field):
            Flag(**{field: time})


def test_in_containers_and_calls():
    for made in (Array([TRUE]), List([TRUE]), Map({0: TRUE}), Dict({0: TRUE})):
        assert is_truth(made[0], True)
    items = List([])
    items.append(FALSE)
    assert is_truth(items[0], False)
    assert is_truth(bowline.convert(lambda value: value)(TRUE), True)
    assert is_truth(bowline.convert(TRUE), True)
    assert Map({True: 1})[TRUE] == 1
    assert get_global_func("ffi.RecursiveEq")([TRUE], [True])


def test_schemas():
    for schema in (TypeSchema.from_annotation(bool), TypeSchema.from_annotation(Optional[bool])):
        schema.check_value(TRUE)
        assert is_truth(schema.convert(TRUE).to_py() if hasattr(schema.convert(TRUE), "to_py") else schema.convert(TRUE), True)


@pytest.mark.parametrize("make", [numpy.int8, numpy.uint16, numpy.int64])
def test_ints(make):
    flag = Flag(any=make(5), n=make(5), x=make(5))
    assert (flag.any, flag.n, flag.x) == (5, 5, 5.0)
    assert type(flag.any) is int


@pytest.mark.parametrize("make", [numpy.float16, numpy.float32, numpy.float64])
def test_floats(make):
    flag = Flag(any=make(1.5), x=make(1.5))
    assert (flag.any, flag.x) == (1.5, 1.5)
    assert type(flag.any) is float
    with pytest.raises(TypeError, match="expected int"):
        Flag(n=make(1.5))


def test_what_only_has_the_name_is_none():
    class bool_:
        pass

    with pytest.raises(TypeError, match="expected bool"):
        Flag(bool_())
