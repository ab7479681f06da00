"""Changed copies: what is computed of the fields is computed anew."""

import copy
import sys
from typing import Any

import bowline
import pytest
from bowline import Object, field, py_class
from bowline.dataclasses import init_property, replace
from support import new_key


@py_class("replace.Call", frozen=True)
class Call(Object):
    args: Any

    @init_property
    def arity(self) -> int:
        return len(self.args)

    @init_property
    def twice(self) -> int:
        return 2 * self.arity


@py_class("replace.Logged")
class Logged(Object):
    __slots__ = ("__dict__",)
    n: int
    log: list[int] = field(default_factory=list, init=False)

    def __post_init__(self):
        self.log.append(self.n)
        self.text = f"n is {self.n}"


def test_computed_fields():
    call = Call([1, 2, 3])
    changed = replace(call, args=[])
    assert (changed.arity, changed.twice, call.arity) == (0, 0, 3)
    if sys.version_info >= (3, 13):
        assert copy.replace(call, args=[1]).arity == 1
    # A plain copy has what the original has.
    assert copy.copy(call).arity == 3


def test_what_the_constructor_does_not_take():
    for name in ("arity", "twice"):
        with pytest.raises(TypeError, match=name):
            replace(Call([]), **{name: 5})
    with pytest.raises(TypeError, match="log"):
        replace(Logged(1), log=[])
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'agrs'\. Did you mean 'args'"):
        replace(Call([]), agrs=[])
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'nn'\. Did you mean 'n'"):
        replace(Logged(1), nn=5)


def test_post_init():
    one = Logged(1)
    two = replace(one, n=2)
    assert (list(one.log), list(two.log)) == ([1], [2])
    assert (one.text, two.text) == ("n is 1", "n is 2")
    one.other = "kept"
    assert replace(one).other == "kept"


def test_subclasses():
    class Plain(Call):
        pass

    assert type(replace(Plain([1]), args=[])) is Plain and replace(Plain([1]), args=[]).arity == 0

    @py_class(new_key())
    class Child(Call):
        own: int

        @init_property
        def arity(self) -> int:
            return 100

    changed = replace(Child([1], 5), own=6)
    assert (changed.arity, changed.twice, changed.own, list(changed.args)) == (100, 200, 6, [1])

    @py_class(new_key())
    class OwnInit(Call):
        def __init__(self, n):
            super().__init__([0] * n)

    assert list(replace(OwnInit(2), args=[1]).args) == [1]


def test_a_replace_of_ones_own():
    @py_class(new_key())
    class Own(Object):
        n: int

        def __post_init__(self):
            pass

        def __replace__(self, /, **changes):
            return "own"

    assert replace(Own(1), n=2) == "own"


def test_an_error_while_completing():
    @py_class(new_key())
    class Fails(Object):
        n: int

        def __post_init__(self):
            if self.n < 0:
                raise ValueError("negative")

    one = Fails(1)
    with pytest.raises(ValueError, match="negative"):
        replace(one, n=-1)
    with pytest.raises(TypeError):
        replace(one, n="no int")
    assert one.n == 1
    with pytest.raises(TypeError):
        bowline._core.CObject.__replace__(Fails.__new__(Fails))
    with pytest.raises(TypeError):
        replace(Fails.__new__(Fails), n=1)
