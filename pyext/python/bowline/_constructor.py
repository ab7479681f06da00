"""The parameters of a generated constructor.

Upholds: the order of parameters that the native constructor follows: required before defaulted, positional before
keyword only, inherited before own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from keyword import iskeyword
from typing import Any

from . import _core
from ._declared import annotations_if_known
from .core import MISSING

# Classes whose `__init__` takes field values by the rules of this module.
GENERATED: set[type] = set()


def parameters(index: int) -> tuple[list[Any], list[Any]]:
    """Return the fields that a constructor takes by position, and those by keyword only."""
    taken = [field for field in _core.fields_of(index) if field.init]
    positional = [field for field in taken if not field.kw_only]
    keyword = [field for field in taken if field.kw_only]
    # A stable sort: required ones first.
    positional.sort(key=lambda field: field.has_default)
    keyword.sort(key=lambda field: field.has_default)
    return positional, keyword


def give_init(cls: type, then: Callable[[Any], None] | None = None, index: int | None = None) -> None:
    """Give a class the ``__init__`` that takes its fields.

    Parameters
    ----------
    cls : type
        A registered class, or one that is about to be.
    then : callable, optional
        What is called with the object once its fields are set.
    index : int, optional
        The index of its type, where it is not registered yet.
    """
    GENERATED.add(cls)
    cls.__init__ = generated_init(cls, then, index)  # type: ignore[misc]


def generated_init(cls: type, then: Callable[[Any], None] | None = None, index: int | None = None) -> Any:
    """Return what `give_init` gives."""
    if index is None:
        index = _core.index_of_class(cls)
    signature = _signature_of(index)
    about = {
        "__name__": "__init__",
        "__qualname__": f"{cls.__qualname__}.__init__",
        "__module__": cls.__module__,
        "__doc__": "Make the native object from values of its fields.",
        "__signature__": signature,
        "__annotations__": {
            **{p.name: p.annotation for p in signature.parameters.values() if p.annotation is not p.empty},
            "return": None,
        },
        # What it belongs to, as other descriptors say it.
        "__objclass__": cls,
    }
    construct = _core.make_constructor(about, index)
    if then is None:
        return construct
    __init__ = _init_and(construct, then)
    for name, value in about.items():
        setattr(__init__, name, value)
    return __init__


def _init_and(construct: Callable[..., None], then: Callable[[Any], None]) -> Any:
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        construct(self, *args, **kwargs)
        then(self)

    return __init__


def _signature_of(index: int) -> inspect.Signature:
    """Return the signature, with defaults as they were written. That of a factory's value is `MISSING`, which may be passed."""
    positional, keyword = parameters(index)
    # One that a dynamic class or a native type has, and Python's syntax has not.
    if not all(field.name.isidentifier() and not iskeyword(field.name) for field in (*positional, *keyword)):
        rest = (("args", inspect.Parameter.VAR_POSITIONAL), ("kwargs", inspect.Parameter.VAR_KEYWORD))
        taken = [inspect.Parameter(name, kind) for name, kind in rest]
    else:
        annotations = _annotations_of({field.owner for field in (*positional, *keyword)})
        taken = [_parameter(field, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotations) for field in positional]
        taken += [_parameter(field, inspect.Parameter.KEYWORD_ONLY, annotations) for field in keyword]
    receiver = "self"
    while any(parameter.name == receiver for parameter in taken):
        receiver = f"_{receiver}"
    return inspect.Signature([inspect.Parameter(receiver, inspect.Parameter.POSITIONAL_ONLY), *taken], return_annotation=None)


def _annotations_of(owners: set[int]) -> dict[tuple[int, str], Any]:
    """Return the annotations of the fields of types, by type index and field name."""
    found = {}
    for index in owners:
        cls = _core.class_of(index)
        if cls is None:
            continue
        declared = cls.__dict__.get("__bowline_fields__")
        own = annotations_if_known(cls) or {} if declared is None else {name: field.type for name, field in declared.items()}
        found.update({(index, name): annotation for name, annotation in own.items() if annotation is not None})
    return found


def _parameter(field: Any, kind: Any, annotations: dict[tuple[int, str], Any]) -> inspect.Parameter:
    return inspect.Parameter(
        field.name,
        kind,
        default=field.default if field.has_default else inspect.Parameter.empty,
        annotation=annotations.get((field.owner, field.name), inspect.Parameter.empty),
    )


def assign(obj: Any, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
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
            raise unexpected_keyword(f"{cls.__name__}.__init__()", name, known)
        if name in values:
            raise TypeError(f"{cls.__name__}.__init__() got multiple values for argument '{name}'")
        values[name] = value
    for name, value in values.items():
        if value is not MISSING:
            _core.field_property(known[name].owner, name).set(obj, value)


def unexpected_keyword(callee: str, name: str, known: Iterable[str]) -> TypeError:
    """Return the error of a keyword that nothing takes, with the one that is closest."""
    import difflib

    # As long as CPython looks for one. The search takes time and memory for each character.
    close = difflib.get_close_matches(name, list(known), 1) if len(name) <= 40 else []
    meant = f". Did you mean '{close[0]}'?" if close else ""
    return TypeError(f"{callee} got an unexpected keyword argument '{name}'{meant}")
