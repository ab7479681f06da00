"""Registering a class takes as many steps as registering the first did.

It does not matter how many there are and what waits.
"""

import sys
import types

import pytest
from bowline import Object, py_class
from bowline.dataclasses._registration import is_waiting
from support import new_key


def steps(work):
    """Count the lines of the package and of what it calls that run in `work`."""
    count = 0

    def line(frame, event, argument):
        nonlocal count
        count += event == "line"
        return line

    sys.settrace(line)
    try:
        work()
    finally:
        sys.settrace(None)
    return count


def define(name, parent=Object, **annotations):
    """Register a class of a module in which it is no global. One in a function is none."""
    cls = type(parent)(name, (parent,), {"__module__": __name__, "__annotations__": annotations})
    cls.__qualname__ = name
    return py_class(new_key())(cls)


def linear(define_one, rounds=60, block=5):
    """The last blocks take no more steps than the first ones."""
    counts = [steps(lambda at=at: [define_one(at * block + n) for n in range(block)]) for at in range(rounds)]
    early, late = sorted(counts[2:12])[5], sorted(counts[-10:])[5]
    assert late <= early * 1.2, counts


def test_classes_with_annotations_that_are_text():
    stem = new_key().replace(".", "_")
    linear(lambda n: define(f"{stem}_{n}", a="int", b="Object | None", c="list[Object]"))


def test_classes_that_name_the_one_before():
    stem = new_key().replace(".", "_")
    define(f"{stem}_before", a="int")
    linear(lambda n: define(f"{stem}_{n}", a=f"{stem}_{n - 1 if n else 'before'} | None"))


def test_classes_that_wait_for_names_that_do_not_come():
    stem = new_key().replace(".", "_")
    linear(lambda n: define(f"{stem}_{n}", a=f"{stem}_never_{n}"))


def test_classes_that_wait_for_one_another():
    stem = new_key().replace(".", "_")
    made = []
    linear(lambda n: made.append(define(f"{stem}_{n}", a=f"{stem}_{n + 1} | None")))
    last = define(f"{stem}_{len(made)}", a="int")
    assert made[-1](last(3)).a.a == 3
    assert made[0](None).a is None


def test_a_long_line_of_children_that_wait():
    stem = new_key().replace(".", "_")
    root = parent = define(f"{stem}_root", a=f"{stem}_late | None")
    children = []
    for n in range(300):
        parent = define(f"{stem}_{n}", parent)
        children.append(parent)
    define(f"{stem}_late")
    for cls in (root, children[0], children[-1]):
        assert not is_waiting(cls)
        assert cls(None).a is None


def test_an_instance_completes_its_own_class_only():
    stem = new_key().replace(".", "_")
    one, other = (define(f"{stem}_{n}", a=f"{stem}_Alias") for n in range(2))
    module = sys.modules[__name__]
    setattr(module, f"{stem}_Alias", int)
    try:
        assert one(3).a == 3
        assert is_waiting(other)
        assert other(4).a == 4
    finally:
        delattr(module, f"{stem}_Alias")


def test_what_a_failed_parent_leaves():
    stem = new_key().replace(".", "_")
    parent = define(f"{stem}_parent", a=f"{stem}_Odd")
    child = define(f"{stem}_child", parent)
    module = sys.modules[__name__]
    setattr(module, f"{stem}_Odd", complex)
    try:
        for cls in (child, parent, child):
            with pytest.raises(TypeError, match="complex|could not be registered"):
                cls(1)
    finally:
        delattr(module, f"{stem}_Odd")


def test_modules_have_names_of_their_own():
    stem = new_key().replace(".", "_")
    waiting = define(f"{stem}_a", a=f"{stem}_b | None")
    elsewhere = types.ModuleType(f"{stem}_module")
    cls = type(Object)(f"{stem}_b", (Object,), {"__module__": elsewhere.__name__})
    py_class(new_key())(cls)
    assert is_waiting(waiting)
    # For an instance, a name that one module alone has will do.
    assert waiting(cls()).a is not None
