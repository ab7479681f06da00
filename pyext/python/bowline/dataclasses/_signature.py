"""The parameters of a generated constructor.

Imports `bowline.core` only.
Upholds: the order of parameters that the native constructor follows: required before defaulted, positional before
keyword only, inherited before own.
"""

from __future__ import annotations

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


def signature_of(cls: type) -> Any:
    """Return the signature of a class with a generated ``__init__``.

    Raises
    ------
    AttributeError
        If the class has another ``__init__``, which speaks for itself.
    """
    import inspect

    for ancestor in cls.__mro__:
        if ancestor in GENERATED:
            break
        if "__init__" in ancestor.__dict__:
            raise AttributeError("__signature__")
    else:
        raise AttributeError("__signature__")
    positional, keyword = parameters(_core.index_of_class(ancestor))

    def parameter(field: Any, kind: Any) -> inspect.Parameter:
        default = inspect.Parameter.empty
        if field.has_default:
            default = field.default if field.default is not MISSING else MISSING
        return inspect.Parameter(field.name, kind, default=default)

    return inspect.Signature(
        [
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
