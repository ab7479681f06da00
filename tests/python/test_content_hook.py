"""Hooks of classes amid native walks: equality, order, hash, text, copies. Hostile ones end in an error at worst."""

import copy
import threading
from typing import Any

import bowline
import pytest
from bowline import Array, List, get_global_func, py_class
from support import new_key, run_script

pytestmark = pytest.mark.keeps_objects(reason="hooks are attributes of types")


def ffi(name, *args):
    return get_global_func(f"ffi.{name}")(*args)


def hooked(**hooks):
    """A class with these hooks and one field."""

    class Hooked(bowline.Object):
        part: Any

    for name, hook in hooks.items():
        setattr(Hooked, name, hook)
    return py_class(new_key("content_hook"))(Hooked)


# What leads to each hook, given two objects.
CALLS = {
    "__ffi_eq__": lambda a, b: ffi("RecursiveEq", a, b),
    "__ffi_compare__": lambda a, b: ffi("RecursiveLt", a, b),
    "__ffi_hash__": lambda a, b: ffi("RecursiveHash", a),
    "__ffi_repr__": lambda a, b: ffi("ReprPrint", a),
    "__ffi_shallow_copy__": lambda a, b: copy.deepcopy(a),
}
each_hook = pytest.mark.parametrize("name", CALLS)
each_walk = pytest.mark.parametrize("name", [name for name in CALLS if name != "__ffi_shallow_copy__"])


@each_hook
def test_what_a_hook_raises_comes_out(name):
    class Odd(Exception):
        pass

    def hook(self, *args):
        raise Odd(name)

    cls = hooked(**{name: hook})
    with pytest.raises(Odd, match=name):
        CALLS[name](List([1, cls(1)]), List([1, cls(1)]))


@each_hook
def test_a_hook_that_returns_nonsense(name):
    cls = hooked(**{name: lambda self, *args: object()})
    with pytest.raises(TypeError):
        CALLS[name](List([cls(1)]), List([cls(1)]))


@each_hook
def test_a_hook_that_changes_what_is_walked(name):
    lists, dicts = [List([]), List([])], [bowline.Dict({}), bowline.Dict({})]
    results = {"__ffi_eq__": True, "__ffi_compare__": 0, "__ffi_hash__": 1, "__ffi_repr__": "x"}

    def hook(self, *args):
        for one in lists:
            one.clear()
        for one in dicts:
            one.clear()
        return results.get(name) if name in results else cls(1)

    cls = hooked(**{name: hook})
    for one, other in zip(lists, dicts, strict=True):
        other["a"], other["b"] = cls(1), cls(2)
        one.extend([cls(1), other, cls(2), [cls(3)]])
    CALLS[name](*lists)
    assert len(lists[0]) == 0


@each_walk
def test_a_hook_that_goes_on_twice_and_elsewhere(name):
    """The walk comes back whole, whatever was asked of it."""
    found = []

    def hook(self, *args):
        *others, go_on = args
        inner = [self.part, *(other.part for other in others)]
        first = go_on(*inner)
        found.append(first == go_on(*inner))
        # Another walk altogether amid this one.
        CALLS[name](List([1]), List([1]))
        return first

    cls = hooked(**{name: hook})
    CALLS[name](List([cls([1]), cls([2])]), List([cls([1]), cls([2])]))
    assert found
    assert all(found)


@each_walk
def test_a_hook_that_swallows_an_error_goes_on(name):
    class Odd(Exception):
        pass

    inner = hooked(**{name: lambda self, *args: (_ for _ in ()).throw(Odd())})
    results = {"__ffi_eq__": True, "__ffi_compare__": 0, "__ffi_hash__": 1, "__ffi_repr__": "x"}

    def hook(self, *args):
        *others, go_on = args
        with pytest.raises(Odd):
            go_on(*([List([1, inner(2)])] + [List([1, inner(2)]) for _ in others]))
        with pytest.raises(TypeError):
            go_on()
        return results[name]

    cls = hooked(**{name: hook})
    a, b = (List([cls(1), cls(2), 3]) for _ in range(2))
    CALLS[name](a, b)


@each_walk
def test_the_function_that_a_hook_gets_ends_with_it(name):
    kept = []
    results = {"__ffi_eq__": True, "__ffi_compare__": 0, "__ffi_hash__": 1, "__ffi_repr__": "x"}

    def hook(self, *args):
        kept.append(args[-1])
        return results[name]

    cls = hooked(**{name: hook})
    CALLS[name](cls(1), cls(1))
    with pytest.raises(RuntimeError, match="until the hook ends"):
        kept[0](1, 1)


@each_walk
def test_threads_share_the_function_that_a_hook_gets(name):
    """One goes on at a time; the others are told so."""
    outcomes = []

    def hook(self, *args):
        *others, go_on = args
        inner = [self.part, *(other.part for other in others)]

        def work():
            for _ in range(50):
                try:
                    outcomes.append(go_on(*inner))
                except RuntimeError:
                    outcomes.append(None)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return go_on(*inner)

    cls = hooked(**{name: hook})
    CALLS[name](cls([1, 2]), cls([1, 2]))
    assert len(outcomes) == 200
    assert {repr(outcome) for outcome in outcomes} - {"None"} != set()


@each_walk
def test_hooks_within_hooks_end_in_an_error(name):
    def hook(self, *args):
        *others, go_on = args
        return go_on(self.part, *(other.part for other in others))

    cls = hooked(**{name: hook})
    a = b = None
    for _ in range(5000):
        a, b = cls(a), cls(b)
    with pytest.raises(RuntimeError):
        CALLS[name](a, b)


SMALL_STACK = """
    import sys, threading
    from typing import Any
    import bowline
    from test_content_hook import CALLS, hooked

    name = sys.argv[1]

    def hook(self, *args):
        *others, go_on = args
        return go_on(self.part, *(other.part for other in others))

    def work():
        cls = hooked(**{name: hook})
        a = b = None
        for _ in range(2000):
            a, b = cls(a), cls(b)
        try:
            CALLS[name](a, b)
        except RuntimeError:
            print("refused")

    threading.stack_size(256 * 1024)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
"""


@each_walk
def test_hooks_within_hooks_on_a_small_stack(name):
    assert run_script(SMALL_STACK, name).stdout == "refused\n"


def test_equality_that_a_hook_found_within_an_unequal_pair_is_forgotten():
    """A hook that says equal although a part was not: that part stays unequal elsewhere."""

    def equal(self, other, go_on):
        go_on(self.part, other.part)
        return True

    cls = hooked(__ffi_eq__=equal)
    x, y = List([1, List([])]), List([2, List([])])
    assert ffi("RecursiveEq", cls(x), cls(y))
    assert not ffi("RecursiveEq", List([cls(x), x]), List([cls(y), y]))
    assert not ffi("RecursiveEq", List([x, cls(x)]), List([y, cls(y)]))


def test_cycles_through_hooks():
    cls = hooked(
        __ffi_eq__=lambda self, other, go_on: go_on(self.part, other.part),
        __ffi_hash__=lambda self, go_on: go_on(self.part),
        __ffi_repr__=lambda self, go_on: f"<{go_on(self.part)}>",
    )
    a, b = cls(None), cls(None)
    a.part, b.part = List([a]), List([a])
    assert ffi("RecursiveEq", a, b)
    assert ffi("RecursiveHash", a) == ffi("RecursiveHash", b)
    assert repr(a) == "<[...]>"
    a.part = b.part = None


def test_hooks_are_not_inherited():
    """A child has fields that its parent's hook does not know."""

    @py_class(new_key("content_hook"))
    class Parent(bowline.Object):
        n: int

        def __ffi_repr__(self, go_on):
            return "parent"

    key = new_key("content_hook")

    @py_class(key)
    class Child(Parent):
        more: int

    class Unregistered(Parent):
        pass

    assert repr(Parent(1)) == repr(Unregistered(1)) == "parent"
    assert repr(Child(1, 2)) == f"{key}(n=1, more=2)"


def test_a_shallow_copy_hook():
    made = []

    def hook(self):
        made.append(cls(self.part))
        return made[-1]

    cls = hooked(__ffi_shallow_copy__=hook)
    one = cls([1])
    two = copy.copy(one)
    assert two.same_as(made[-1])
    assert two.part is one.part
    three = copy.deepcopy(one)
    assert three.part == one.part
    assert three.part is not one.part


def test_a_shallow_copy_hook_of_another_type():
    cls = hooked(__ffi_shallow_copy__=lambda self: Array([1]))
    for copier in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="__ffi_shallow_copy__"):
            copier(cls(1))


def test_a_hook_for_equality_asks_for_one_for_the_hash():
    for name in ("__ffi_eq__", "__ffi_compare__"):
        cls = hooked(**{name: lambda self, other, go_on: True})
        with pytest.raises(ValueError, match=name):
            ffi("RecursiveHash", Array([cls(1)]))


def test_comparison_hooks_serve_equality():
    cls = hooked(__ffi_compare__=lambda self, other, go_on: go_on(self.part[0], other.part[0]))
    assert ffi("RecursiveEq", cls([1, 2]), cls([1, 3]))
    assert not ffi("RecursiveEq", cls([1]), cls([2]))
    assert ffi("RecursiveLt", cls([1, 9]), cls([2, 0]))
