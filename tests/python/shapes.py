"""One registered class of each shape that a wrapper can have. A holder is for instances of any."""

from __future__ import annotations

from typing import Any

import bowline


@bowline.py_class("shapes.Plain")
class Plain(bowline.Object):
    """Empty slots: the class is lean."""

    n: int = 0


@bowline.py_class("shapes.Slot")
class Slot(bowline.Object):
    __slots__ = ("extra",)
    n: int = 0


@bowline.py_class("shapes.Weak")
class Weak(bowline.Object):
    __slots__ = ("__weakref__",)
    n: int = 0


@bowline.py_class("shapes.Dict")
class Dict(bowline.Object):
    __slots__ = ("__dict__",)
    n: int = 0


@bowline.py_class("shapes.DictWeak")
class DictWeak(bowline.Object):
    __slots__ = ("__dict__", "__weakref__")
    n: int = 0


@bowline.py_class("shapes.Del")
class Del(bowline.Object):
    n: int = 0
    deaths = []

    def __del__(self):
        self.deaths.append(self.__chandle__())


@bowline.py_class("shapes.All")
class All(bowline.Object):
    __slots__ = ("__dict__", "__weakref__", "extra")
    n: int = 0
    deaths = []

    def __del__(self):
        self.deaths.append(self.__chandle__())


@bowline.py_class("shapes.Sub")
class Sub(Plain):
    m: int = 0


@bowline.py_class("shapes.SubSub")
class SubSub(Sub):
    k: int = 0


@bowline.py_class("shapes.SubSlot")
class SubSlot(Plain):
    __slots__ = ("extra",)


@bowline.py_class("shapes.SubOfSlot")
class SubOfSlot(Slot):
    __slots__ = ("another",)


@bowline.py_class("shapes.Holder")
class Holder(bowline.Object):
    value: bowline.Object | None = None


@bowline.py_class("shapes.FrozenHolder", frozen=True)
class FrozenHolder(bowline.Object):
    value: bowline.Object | None = None


@bowline.py_class("shapes.AnyHolder")
class AnyHolder(bowline.Object):
    value: Any = None


REGISTERED = [Plain, Slot, Weak, Dict, DictWeak, Del, All, Sub, SubSub, SubSlot, SubOfSlot]
HOLDERS = [Holder, FrozenHolder, AnyHolder]


class UnregisteredSub(Plain):
    """Of no type of its own: its objects are those of `Plain`."""


class UnregisteredDict(Plain):
    __slots__ = ("__dict__",)


class UnregisteredSubSub(UnregisteredSub):
    __slots__ = ("extra",)


UNREGISTERED = [UnregisteredSub, UnregisteredDict, UnregisteredSubSub]
