"""P8: what would make kept storage serve another class, or skip a finalizer, is refused."""

import abc

import bowline
import pytest
from bowline import py_class
from shapes import Del, Dict, Holder, Plain, Sub
from support import new_key


def test_class_assignment_is_refused():
    class Same(Plain):
        pass

    one = Plain(1)
    for cls in (Same, Sub, object):
        with pytest.raises(TypeError, match="__class__"):
            one.__class__ = cls
        with pytest.raises(TypeError):
            object.__setattr__(one, "__class__", cls)
    assert type(one) is Plain
    assert one.__class__ is Plain


def test_class_assignment_between_classes_with_a_dict():
    class One(Dict):
        pass

    class Two(Dict):
        pass

    one = One(1)
    with pytest.raises(TypeError):
        one.__class__ = Two
    assert type(one) is One


def test_a_finalizer_cannot_come_later():
    @py_class(new_key())
    class Lean(bowline.Object):
        n: int = 0

    def finalizer(self):
        pytest.fail("called")

    with pytest.raises(TypeError, match="__del__"):
        Lean.__del__ = finalizer
    with pytest.raises(TypeError):
        type.__setattr__(Lean, "__del__", finalizer)
    assert not hasattr(Lean, "__del__")
    held = Holder(Lean(1))
    assert held.value.n == 1


def test_nor_through_a_parent():
    @py_class(new_key())
    class Upper(bowline.Object):
        n: int = 0

    @py_class(new_key())
    class Lower(Upper):
        pass

    for cls in (Upper, bowline.Object):
        with pytest.raises(TypeError, match="__del__"):
            cls.__del__ = lambda self: None
    assert not hasattr(Lower, "__del__")


def test_a_rich_class_may_change_its_finalizer():
    calls = []

    @py_class(new_key())
    class Rich(bowline.Object):
        __slots__ = ("__dict__",)
        n: int = 0

    Rich.__del__ = lambda self: calls.append(self.n)
    held = Holder(Rich(1))
    assert held.value.n == 1
    assert calls == []
    held.value = None
    assert calls == [1]
    held = Holder(Rich(2))
    assert held.value.n == 2
    del Rich.__del__
    held.value = None
    assert calls == [1]


def test_other_class_attributes_may_be_set():
    Plain.label = "label"
    try:
        assert Plain(1).label == "label"
    finally:
        del Plain.label


def test_a_class_is_registered_once():
    with pytest.raises(TypeError):
        py_class(new_key())(Plain)


def test_a_subclass_made_after_instances():
    one = Plain(1)

    class Later(Plain):
        __slots__ = ("extra",)

    two = Later(2)
    two.extra = 5
    held = Holder(two)
    assert held.value is two
    del two
    assert type(held.value) is Later
    assert held.value.extra == 5
    assert one.n == 1


def test_many_bases():
    with pytest.raises(TypeError):
        type(bowline.Object)("Both", (Plain, Del), {"__module__": __name__}).__new__(int)
    with pytest.raises(TypeError):
        type(bowline.Object)("Foreign", (Plain, int), {"__module__": __name__})


def test_abstract_classes_have_no_instances():
    @py_class(new_key())
    class Abstract(bowline.Object):
        n: int = 0

        @abc.abstractmethod
        def method(self):
            pass

    @py_class(new_key())
    class Concrete(Abstract):
        def method(self):
            return self.n

    with pytest.raises(TypeError, match="abstract"):
        Abstract(1)
    assert Concrete(1).method() == 1
    assert Holder(Concrete(2)).value.method() == 2


def test_a_wrapper_holds_what_its_class_says():
    """Not by a pickle that lies, nor by a move. The object would be found as an instance of the wrong class."""
    entries, items = bowline.Map({"a": 1}), bowline.List([1])
    make_map, (_, pairs), _ = entries.__reduce_ex__(2)
    one = Plain.__new__(Plain)
    for bind in (
        lambda: make_map(Plain, pairs),
        lambda: one.__move_handle_from__(items),
        lambda: one.__init_handle_by_constructor__(bowline.convert(lambda: items)),
        lambda: Sub.__new__(Sub).__move_handle_from__(Plain(1)),
    ):
        with pytest.raises(TypeError, match="expected an object of shapes"):
            bind()
    assert one.__chandle__() == 0
    assert list(items) == [1]
    assert Holder(items).value is items
    # A class above the object's own promises nothing that the object lacks.
    one.__move_handle_from__(Sub(3))
    assert one.n == 3
