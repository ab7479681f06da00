"""Calls that raise, or may."""

from __future__ import annotations

from typing import Any

import bowline
from bowline import _core
from world import Holder, Leaf

from .worker import Worker, expect, operation


class _Boom(Exception):
    pass


@operation(3)
def callback_raises(worker: Worker) -> None:
    root = worker.root()

    def raising(value: Any) -> None:
        expect(value is one, root, value)
        raise _Boom(value)

    one = root.get()
    try:
        bowline.convert(raising)(one)
    except _Boom as error:
        expect(error.args[0] is one, root)
    else:
        raise AssertionError("nothing was raised")


@operation(2)
def wrong_field(worker: Worker) -> None:
    for make in (lambda: Leaf("no number"), lambda: Holder(7), lambda: setattr(Holder(), "value", worker.lane)):
        try:
            make()
        except TypeError:
            continue
        raise AssertionError("a wrong value was taken")


@operation(2)
def global_function(worker: Worker) -> None:
    root, name = worker.root(), f"stress.f{worker.random.randrange(2)}"
    bowline.register_global_func(name, lambda: root.get(), override=True)
    function = bowline.get_global_func(name, allow_missing=True)
    if function is not None:
        expect(function().n >= 0)
    if worker.random.random() < 0.3:
        _core.remove_global_func(name)
