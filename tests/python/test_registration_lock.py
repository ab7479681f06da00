"""User code that a registration runs finds no lock of ours taken.

That holds on its own thread, and on others that it waits for.
"""

import sys
import threading

import bowline
import pytest
from bowline import Object, py_class
from bowline.dataclasses import _waiting
from support import new_key, run_script, run_threads


class Asked(type):
    """A metaclass that runs code whenever a class is asked for its module."""

    action = None

    def __getattribute__(cls, name):
        if name == "__module__" and Asked.action is not None:
            Asked.action()
        return type.__getattribute__(cls, name)


class Meta(type(Object), Asked):
    pass


class Mixin(metaclass=Asked):
    __slots__ = ()


class Unregistered(Object):
    pass


def register(action):
    Asked.action = staticmethod(action)
    try:

        @py_class(new_key())
        class Registered(Object, Mixin, metaclass=Meta):
            n: int

    finally:
        Asked.action = None
    return Registered


def test_an_instance_of_another_class():
    # In a process of its own: what it is about ended in a deadlock.
    run_script(
        """
        import test_registration_lock as test
        calls = []
        def action():
            calls.append(test.Unregistered.__new__(test.Unregistered))
        assert test.register(action)(1).n == 1 and calls
        """
    )


def test_an_instance_of_another_class_on_another_thread():
    def action():
        run_threads(lambda: Unregistered.__new__(Unregistered), timeout=20)

    assert register(action)(2).n == 2


def test_a_class_that_gets_an_instance_amid_its_registration():
    made = []

    def action():
        if made:
            return
        made.append(None)
        made.extend(cls.__new__(cls) for cls in Object.__subclasses__() if cls.__name__ == "Registered")

    cls = register(action)
    assert len(made) > 1
    made.clear()
    assert cls(3).n == 3


def test_a_class_that_is_made_meanwhile():
    def action():
        if threading.current_thread() is main:
            type(Object)("Other", (Object,), {"__module__": __name__})
            bowline.List([Object, Unregistered])

    main = threading.current_thread()
    assert register(action)(4).n == 4


def plain(name=None, **annotations):
    """Register a class whose annotations are text."""
    name = name or new_key().replace(".", "_")
    cls = type(Object)(name, (Object,), {"__module__": __name__, "__annotations__": annotations})
    return py_class(new_key())(cls)


def elsewhere(work):
    """Do something on another thread, and wait for it as user code may."""
    run_threads(work, timeout=20)


class Evaluated:
    """Stands in a scope for a name in an annotation. It runs code when that is evaluated."""

    def __init__(self, action):
        self.action = action

    def __or__(self, other):
        self.action()
        return int | None


def test_other_threads_register_meanwhile():
    made = []
    Late = Evaluated(lambda: elsewhere(lambda: made.append(plain(a="int"))))
    assert Late is not None

    @py_class(new_key())
    class Registered(Object):
        n: "Late | None"

    assert Registered(5).n == 5
    assert made[0](6).a == 6


def test_other_threads_complete_other_classes_meanwhile():
    stem = new_key().replace(".", "_")
    waiting = plain(a=f"{stem}_late")
    setattr(sys.modules[__name__], f"{stem}_late", int)
    made = []
    Late = Evaluated(lambda: elsewhere(lambda: made.append(waiting(7))))
    assert Late is not None

    @py_class(new_key())
    class Registered(Object):
        n: "Late | None"

    delattr(sys.modules[__name__], f"{stem}_late")
    assert made[0].a == 7


def test_a_class_that_another_thread_completes():
    stem = new_key().replace(".", "_")
    waiting = plain(a=f"{stem}_late | None")
    begun, go_on = threading.Event(), threading.Event()

    def action():
        begun.set()
        assert go_on.wait(20)

    setattr(sys.modules[__name__], f"{stem}_late", Evaluated(action))
    made = []

    def second():
        assert begun.wait(20)
        threading.Timer(0.2, go_on.set).start()
        made.append(waiting(2))

    run_threads(lambda: made.append(waiting(1)), second, timeout=40)
    delattr(sys.modules[__name__], f"{stem}_late")
    assert sorted(one.a for one in made) == [1, 2]


def test_threads_that_would_wait_for_each_other():
    stem = new_key().replace(".", "_")
    left, right = plain(a=f"{stem}_left | None"), plain(a=f"{stem}_right | None")
    both = threading.Barrier(2)
    errors = []

    def crossing(other):
        def action():
            both.wait(20)
            try:
                other(1)
            except TypeError as error:
                errors.append(str(error))

        return action

    module = sys.modules[__name__]
    setattr(module, f"{stem}_left", Evaluated(crossing(right)))
    setattr(module, f"{stem}_right", Evaluated(crossing(left)))
    made = []
    run_threads(lambda: made.append(left(1)), lambda: made.append(right(1)), timeout=40)
    delattr(module, f"{stem}_left")
    delattr(module, f"{stem}_right")
    assert len(made) == 2 and 1 <= len(errors) <= 2
    assert all("waits for what this one registers" in error for error in errors)
    assert not _waiting._BLOCKED


def test_an_instance_of_the_class_that_is_being_completed():
    stem = new_key().replace(".", "_")
    waiting = plain(a=f"{stem}_late | None")
    errors = []

    def action():
        with pytest.raises(TypeError, match="is being registered") as raised:
            waiting(1)
        errors.append(str(raised.value))

    setattr(sys.modules[__name__], f"{stem}_late", Evaluated(action))
    assert waiting(4).a == 4
    delattr(sys.modules[__name__], f"{stem}_late")
    assert errors


def test_one_class_twice_at_once():
    results = []

    def action():
        try:
            results.append(py_class(new_key())(cls))
        except TypeError as error:
            results.append(error)

    Late = Evaluated(lambda: elsewhere(action))
    assert Late is not None

    class Plain(Object):
        n: "Late | None"

    cls = Plain
    assert py_class(new_key())(cls)(8).n == 8
    assert "already being registered" in str(results[0])


def test_a_class_made_for_want_of_one():
    # Runs a user's `__init_subclass__`, which may wait for other threads that need such a class.
    run_script(
        """
        import bowline.testing, threading
        from bowline import Object, get_global_func
        made = []

        @bowline.register_object("testing.TestUnregisteredBaseObject")
        class Base(Object):
            def __init_subclass__(cls):
                thread = threading.Thread(target=lambda: made.append(bowline._fallback.make_fallback(bowline._core.type_index("testing.TestDeepCopyEdges"))))
                thread.start()
                thread.join(20)
                assert not thread.is_alive()

        value = get_global_func("testing.make_unregistered_object")()
        assert isinstance(value, Base) and made
        assert type(get_global_func("testing.make_unregistered_object")()) is type(value)
        """
    )


def test_threads_that_need_one_class():
    run_script(
        """
        import bowline.testing
        from bowline import get_global_func
        from support import run_threads
        make, found = get_global_func("testing.make_unregistered_object"), []
        run_threads(*[lambda: found.append(make())] * 8)
        assert len({type(value) for value in found}) == 1
        assert all((value.v1, value.v2) == (41, 42) for value in found)
        """
    )
