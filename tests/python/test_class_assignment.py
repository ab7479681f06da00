"""What a wrapper is an instance of, and what its class derives from, stays.

It does so for code that goes round the front doors, too.
"""

import copyreg
import gc
import pickle
import sys
import types

import pytest
import shapes
from bowline import Object, py_class
from support import new_key, run_script


@py_class(new_key())
class Lean(Object):
    n: int


@py_class(new_key())
class OtherLean(Object):
    n: int


@py_class(new_key())
class Rich(Object):
    __slots__ = ("__dict__",)
    n: int


@py_class(new_key())
class OtherRich(Object):
    __slots__ = ("__dict__",)
    n: int


class Plain:
    """No class of ours."""


class OtherPlain:
    """Another."""


PAIRS = [(Lean, OtherLean), (Rich, OtherRich), (Lean, Rich), (Rich, Lean), (Lean, Plain)]
set_class = object.__dict__["__class__"].__set__
set_bases = type.__dict__["__bases__"].__set__

WAYS_TO_A_CLASS = {
    "assignment": lambda ob, cls: setattr(ob, "__class__", cls),
    "object.__class__": set_class,
    "object.__setattr__": lambda ob, cls: object.__setattr__(ob, "__class__", cls),
    "super": lambda ob, cls: super(type(ob), ob).__setattr__("__class__", cls),
    "CObject.__class__": lambda ob, cls: type.__getattribute__(Object.__base__, "__dict__")["__class__"].__set__(ob, cls),
}


@pytest.mark.parametrize("way", WAYS_TO_A_CLASS)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(cls.__name__ for cls in pair))
def test_the_class_of_a_wrapper(way, pair):
    mine, other = pair
    ob = mine(1)
    counts = [sys.getrefcount(cls) for cls in pair]
    for _ in range(50):
        with pytest.raises(TypeError, match=rf"__class__ of a native object's wrapper \(.*{mine.__name__}\) cannot be"):
            WAYS_TO_A_CLASS[way](ob, other)
    assert type(ob) is mine and ob.n == 1
    after = [sys.getrefcount(cls) for cls in pair]
    assert all(abs(a - b) < 20 for a, b in zip(counts, after, strict=True))


def test_the_class_of_an_empty_wrapper_and_of_an_unregistered_class():
    class Sub(Lean):
        pass

    class OtherSub(Lean):
        pass

    for ob in (Lean.__new__(Lean), Sub(1), Sub.__new__(Sub)):
        with pytest.raises(TypeError, match="cannot be assigned"):
            set_class(ob, OtherSub)


def test_classes_of_other_objects_change_as_ever():
    ob = Plain()
    set_class(ob, OtherPlain)
    assert type(ob) is OtherPlain
    ob.__class__ = Plain
    assert type(ob) is Plain
    for wrong, cls in [(5, Plain), (ob, 5), (ob, Lean), (object(), Lean)]:
        with pytest.raises(TypeError) as raised:
            set_class(wrong, cls)
        assert "native object" not in str(raised.value)
    with pytest.raises(TypeError, match="__class__"):
        del ob.__class__


def test_other_metaclasses():
    class Meta(type(Object)):
        pass

    class Foreign(type):
        pass

    class C(Object, metaclass=Meta):
        pass

    with pytest.raises(TypeError):
        C.__class__ = Foreign
    with pytest.raises(TypeError):
        set_class(C, Foreign)


@pytest.mark.parametrize("assign", [lambda cls, bases: setattr(cls, "__bases__", bases), set_bases])
def test_the_bases_of_a_class(assign):
    class Finalized:
        __slots__ = ()

        def __del__(self):
            pass

    class Sub(Lean):
        pass

    for cls, bases in [
        (Lean, (OtherLean,)),
        (Lean, (Object, Finalized)),
        (Rich, (OtherRich,)),
        (Sub, (OtherLean,)),
        (Object, (Object.__base__, Finalized)),
    ]:
        mro = cls.__mro__
        with pytest.raises(TypeError, match=r"__bases__ of a class of native objects \(.*\) cannot be assigned"):
            assign(cls, bases)
        assert cls.__mro__ == mro
    assert Lean(2).n == 2


def test_the_bases_of_other_classes_change_as_ever():
    class A:
        pass

    class B:
        pass

    class C(A):
        pass

    C.__bases__ = (B,)
    assert C.__mro__ == (C, B, object)
    with pytest.raises(TypeError):
        C.__bases__ = ()


def test_a_finalizer_that_comes_round_the_metaclass():
    for way in (
        lambda: type.__setattr__(Lean, "__del__", print),
        lambda: setattr(Lean, "__del__", print),
        lambda: super(type(Object), Lean).__setattr__("__del__", print),
        lambda: super(type(Object).__base__, Lean).__setattr__("__del__", print),
        lambda: type.__dict__["__setattr__"](Lean, "__del__", print),
    ):
        with pytest.raises(TypeError):
            way()
    assert "__del__" not in Lean.__dict__


def test_makers_that_go_round_the_class():
    for wrong in (
        lambda: object.__new__(Lean),
        lambda: types.SimpleNamespace.__new__(Lean),
        lambda: copyreg.__newobj__(object, Lean).n,
    ):
        with pytest.raises((TypeError, AttributeError)):
            wrong()
    empty = copyreg.__newobj__(Lean)
    assert type(empty) is Lean and not empty.__chandle__()
    with pytest.raises((AttributeError, TypeError, ValueError)):
        empty.n
    for ob in (shapes.Plain(3),):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            reduced = object.__reduce_ex__(ob, protocol)
            assert isinstance(reduced, tuple)


def test_an_instance_has_nothing_to_exchange():
    ob = Lean(1)
    for name in ("__dict__", "__weakref__"):
        with pytest.raises(AttributeError):
            object.__getattribute__(ob, name)
        with pytest.raises((AttributeError, TypeError)):
            object.__setattr__(ob, name, {})
    with pytest.raises(AttributeError):
        object.__setattr__(ob, "other", 1)


def test_a_frozen_heap():
    run_script(
        """
        import gc, shapes
        holder = shapes.Holder(shapes.Plain(1))
        address = id(holder.value)
        gc.freeze()
        assert id(holder.value) == address and holder.value is holder.value
        del holder
        gc.collect(); gc.unfreeze(); gc.collect()
        """
    )
    assert gc.isenabled()
