"""The nth allocation of a call fails. This says how it may end, and `at_each_allocation` checks all of them."""

import importlib.util
import os
import pathlib
import pickle
import re
import sys

import bowline
from support import ASSERTS

scarce = bowline._core.testing_nomemory

# Up to 3.13 assertions fail where CPython loses an exception: see OWN.
SKIPPED = ASSERTS and sys.version_info < (3, 14)
REASON = "assertions of CPython abort where it loses an exception (`take_ownership` in Python/frame.c: see OWN in no_memory.py)"

# Without memory for a traceback a Python function of CPython's fails without an exception. Assertions abort at that.
LASTING = [False] if ASSERTS else [False, True]

# Up to 3.11 CPython ends the process where it cannot make a second MemoryError. Another is on its way then
# (`_PyErr_NormalizeException` in Python/errors.c: "Cannot recover from MemoryErrors while normalizing exceptions"), as in a
# generator within a generator.
ONCE = {"bowline.dataclasses.asdict[0]", "bowline.dataclasses.astuple[0]"} if sys.version_info < (3, 12) else set()

# Allocations that fail one by one; behind these each seventh does. Classes take thousands.
EACH = 120

# How Python code may end besides, for which nothing of ours is needed.
OWN = {
    # A traceback keeps frames, which want an object for each caller's. Without memory for it the exception on its way is lost
    # (`take_ownership` in Python/frame.c).
    # The last: `super()` in an enumeration's class on 3.13t, a call within CPython alone; where it is lost there is not known yet.
    SystemError: re.compile(
        "error return without exception set|returned NULL without setting an exception"
        "|<class 'super'> returned a result with an exception set"
        # On 3.13t, of the standard library's JSON alone.
        "|<_json.Encoder object at .*> returned a result with an exception set"
    ),
    # The dict of a class cannot grow (`type_update_dict` in Objects/typeobject.c, from 3.13 on).
    AttributeError: re.compile("type object '.*' has no attribute '.*'"),
    # A path whose `__fspath__` is not found for want of memory. (`PyOS_FSPath` in Modules/posixmodule.c, up to 3.13.)
    TypeError: re.compile("path should be string, bytes, os.PathLike or integer, not|expected str, bytes or os.PathLike object, not"),
    # Whatever an import fails with (`save_global` in Modules/_pickle.c, up to 3.13).
    pickle.PicklingError: re.compile("import of module .* failed"),
}


def ends_of_its_own(lasting):
    """Which of `OWN` this interpreter shows without anything of ours: only these are let pass."""

    # None of these makes a function: see `spare_codes`.
    def raising(key="no such key"):
        return {}[key]

    def refused(key="no such key"):
        try:
            return raising(key)
        except KeyError:
            return None

    def called_from_c():
        return list(map(refused, "ab"))

    def growing():
        made = type("Made", (), {})
        for n in range(100):
            setattr(made, f"n{n}", n)

    def pickled():
        return pickle.dumps(importlib.util.find_spec)

    def path_of(path=pathlib.PurePosixPath("a")):
        return os.fspath(path)

    ends = set()
    for call in (refused, called_from_c, growing, pickled, path_of):
        call()
        for nth in range(1, 200):
            returned, outcome, _ = scarce(call, nth, lasting)
            if not returned and type(outcome) in OWN and OWN[type(outcome)].search(str(outcome)):
                ends.add(type(outcome))
            del outcome
    return ends


OWN_ENDS = {lasting: set() if SKIPPED else ends_of_its_own(lasting) for lasting in LASTING}


def is_own(outcome, lasting=True):
    """Whether plain Python code ends so, too, on this interpreter."""
    return type(outcome) in OWN_ENDS[lasting] and OWN[type(outcome)].search(str(outcome)) is not None


def each(nth):
    """Say which allocation is the next to fail: each of the first, then every seventh."""
    return nth + (1 if nth < EACH else 7)


def sampled(nth):
    """Say the same for calls whose later allocations are alike. Those are each of the first 40, then ever fewer."""
    return nth + max(1, nth // 40) if nth < EACH else nth + nth // 4


def at_each_allocation(name, call, usual=(), following=each):
    """Call it with each allocation failing in turn. It gives a result, a MemoryError, or an exception of the `usual` kinds."""
    for lasting in LASTING:
        if lasting and name in ONCE:
            continue
        nth = 1
        while True:
            returned, outcome, seen = scarce(call, nth, lasting)
            own = is_own(outcome, lasting)
            assert returned or type(outcome) in (MemoryError, *usual) or own, (name, nth, lasting, repr(outcome)[:500])
            if not returned:
                outcome.__traceback__ = None
            del outcome
            if seen < nth:
                break
            assert nth < 20_000_000, "it never succeeds"
            nth = following(nth)
    bowline.settle()
    # What is left was asked for by what keeps it. That is a thread's place in a collector, a table of classes.
    assert bowline._core.testing_reserve_used() < 512, name
