"""How instances of a `py_class` are made: ``__init__``, and sometimes ``__replace__``.

Upholds: what is computed once the fields are set is computed for every object, a changed copy included.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .. import _core
from .._constructor import GENERATED, assign, generated_init, give_init, unexpected_keyword
from ..core import Object
from ._init_property import compute


def add_init(cls: type, init: bool) -> None:
    """Give a class what makes its instances, unless it defines that itself."""
    own = cls.__dict__.get("__init__")
    if own is not None:
        cls.__init__ = _allocating(own)  # type: ignore[misc]
        for ancestor in cls.__mro__[1:]:
            if ancestor in GENERATED:
                ancestor.__init__ = _as_parent(ancestor)  # type: ignore[misc]
    elif init:
        give_init(cls, _completion(cls))
    elif not _inherits_own_init(cls):
        cls.__init__ = refusing(cls)  # type: ignore[misc]
    if "__replace__" not in cls.__dict__:
        # An `__init__` of the user's completes what it makes itself, or not.
        wanted = _replacing if own is None and init and _completion(cls) else _core.CObject.__replace__
        present: Any = cls.__replace__  # type: ignore[attr-defined]
        if present in (_replacing, _core.CObject.__replace__) and present is not wanted:
            cls.__replace__ = wanted  # type: ignore[attr-defined]


def _completion(cls: type) -> Callable[[Any], None] | None:
    """What a generated ``__init__`` of a class does once the fields are set, if anything."""
    has_properties = any("__bowline_init_properties__" in c.__dict__ for c in cls.__mro__)
    if not has_properties and not hasattr(cls, "__post_init__"):
        return None
    return functools.partial(_complete, cls, has_properties)


def _complete(cls: type, has_properties: bool, obj: Any) -> None:
    if has_properties:
        compute(obj, cls)
    if hasattr(obj, "__post_init__"):
        obj.__post_init__()


def _replacing(self: Any, /, **changes: Any) -> Any:
    """Return a new object with some field values changed. What is computed of them is computed anew."""
    cls: Any = type(self)
    index = _core.index_of_class(cls)
    if not self.__chandle__():
        return _core.CObject.__replace__(self, **changes)
    infos = {info.name: info for info in _core.fields_of(index)}
    for name in changes:
        if name not in infos:
            raise unexpected_keyword(f"{_core.type_key(index)}.__replace__()", name, infos)
        if not infos[name].init:
            raise TypeError(f"field '{name}' is not one that the constructor takes: it cannot be specified with replace()")
    values = {name: _core.field_property(f.owner, name).get(self) for name, f in infos.items() if f.init}
    made = cls.__new__(cls)
    made.__ffi_init__(**(values | changes))
    state = self.__getstate__()
    if len(state) == 3:
        # The wrapper's own attributes, as for a copy.
        made.__setstate__((None, *state[1:]))
    complete = _completion(cls)
    if complete is not None:
        complete(made)
    return made


def _as_parent(cls: type) -> Any:
    """Return the generated ``__init__`` of a class that subclasses may call on an existing object."""
    generated = generated_init(cls, _completion(cls))

    @functools.wraps(generated)
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        if type(self) is not cls and self.__chandle__():
            assign(self, cls, args, kwargs)
        else:
            generated(self, *args, **kwargs)

    return __init__


def _allocating(own: Callable[..., None]) -> Callable[..., None]:
    """A user's ``__init__``, which finds the object allocated and its fields at their defaults."""

    @functools.wraps(own)
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        if not self.__chandle__():
            self.__ffi_alloc__()
        own(self, *args, **kwargs)

    return __init__


def _inherits_own_init(cls: type) -> bool:
    for ancestor in cls.__mro__[1:]:
        if ancestor is Object:
            return False
        if "__init__" in ancestor.__dict__:
            return ancestor not in GENERATED
    return False


def refusing(cls: type) -> Callable[..., None]:
    """Return the ``__init__`` of a class that is made by other means."""

    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        raise TypeError(f"{cls.__qualname__} has no __init__: it was made with init=False")

    return __init__
