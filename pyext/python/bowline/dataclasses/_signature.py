"""The parameters of a generated constructor.

Imports `bowline.core` only.
Upholds: the order of parameters that the native constructor follows: required before defaulted, positional before
keyword only, inherited before own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .. import _core
from ..core import MISSING

# Classes whose `__init__` takes field values by the rules of this module.
GENERATED: set[type] = set()


def parameters(index: int) -> tuple[list[Any], list[Any]]:
    """Return the fields that a constructor takes by position, and those that it takes by keyword only."""
    taken = [field for field in _core.fields_of(index) if field.init]
    positional = [field for field in taken if not field.kw_only]
    keyword = [field for field in taken if field.kw_only]
    # A stable sort: required ones first.
    positional.sort(key=lambda field: field.has_default)
    keyword.sort(key=lambda field: field.has_default)
    return positional, keyword


def give_init(cls: type, then: Callable[[Any], None] | None = None) -> None:
    """Give a class the ``__init__`` that takes its fields.

    Parameters
    ----------
    cls : type
        A registered class.
    then : callable, optional
        What is called with the object once its fields are set.
    """
    GENERATED.add(cls)
    cls.__init__ = generated_init(cls, then)  # type: ignore[misc]


def generated_init(cls: type, then: Callable[[Any], None] | None = None) -> Any:
    """Return what `give_init` gives."""
    about = {
        "__name__": "__init__",
        "__qualname__": f"{cls.__qualname__}.__init__",
        "__module__": cls.__module__,
        "__doc__": "Make the native object from values of its fields.",
        "__signature__": _signature_of(cls),
    }
    if then is None:
        return _core.make_constructor(about)
    __init__ = _init_and(then)
    for name, value in about.items():
        setattr(__init__, name, value)
    return __init__


_construct = _core.CObject.__ffi_init__


def _init_and(then: Callable[[Any], None]) -> Any:
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        _construct(self, *args, **kwargs)
        then(self)

    return __init__


def _signature_of(cls: type) -> inspect.Signature:
    positional, keyword = parameters(_core.index_of_class(cls))

    def parameter(field: Any, kind: Any) -> inspect.Parameter:
        return inspect.Parameter(field.name, kind, default=MISSING if field.has_default else inspect.Parameter.empty)

    return inspect.Signature(
        [
            inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY),
            *(parameter(field, inspect.Parameter.POSITIONAL_OR_KEYWORD) for field in positional),
            *(parameter(field, inspect.Parameter.KEYWORD_ONLY) for field in keyword),
        ]
    )


def assign(obj: Any, cls: type, args: tuple, kwargs: dict[str, Any]) -> None:
    """Set the fields of a live object from the arguments of `cls`'s generated constructor.

    Fields without an argument keep their values, so that a call without arguments changes nothing.

    Raises
    ------
    TypeError
        For arguments that the constructor does not take.
    """
    index = _core.index_of_class(cls)
    positional, keyword = parameters(index)
    if len(args) > len(positional):
        raise TypeError(f"{cls.__name__}.__init__() takes {len(positional)} positional argument(s), got {len(args)}")
    values = {field.name: value for field, value in zip(positional, args, strict=False)}
    known = {field.name: field for field in (*positional, *keyword)}
    for name, value in kwargs.items():
        if name not in known:
            raise TypeError(f"{cls.__name__}.__init__() got an unexpected keyword argument '{name}'")
        if name in values:
            raise TypeError(f"{cls.__name__}.__init__() got multiple values for argument '{name}'")
        values[name] = value
    for name, value in values.items():
        if value is not MISSING:
            _core.field_property(known[name].owner, name).set(obj, value)
