"""The variants of enumerations: how they are declared, found, and made.

Upholds: a variant is made once: where its code runs again, one of the same name and values is the former one.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

from .. import _core, _declared
from .._exclusive import Exclusive
from .._one_testing import find_type_index
from .._place import OvertakenError, expect_same, is_defined_here, line_of, roll_back
from ..core import ObjectMeta
from ..registry import former_on_failure, register_object
from . import _annotation, _waiting
from ._py_class import register_py_class
from ._registration import complete, take_over

_INT64 = range(-(2**63), 2**63)
# While the variants of an enumeration are replaced, which runs no user code.
_SWAP = Exclusive()


_T = TypeVar("_T")


class _EnumEntry:
    """A variant to be: what its fields shall hold."""

    __slots__ = ("args", "kwargs")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args = args
        self.kwargs = kwargs

    if TYPE_CHECKING:
        # By the time that it is read its class has the variant in its place.
        def __get__(self, obj: Any, cls: type[_T]) -> _T: ...

    def __repr__(self) -> str:
        given = [*(repr(value) for value in self.args), *(f"{name}={value!r}" for name, value in self.kwargs.items())]
        return f"entry({', '.join(given)})"


def entry(*args: Any, **kwargs: Any) -> _EnumEntry:
    """Declare a variant in the body of an `Enum`.

    Parameters
    ----------
    *args, **kwargs
        Values of the fields that the class declares.
    """
    return _EnumEntry(args, kwargs)


def auto() -> _EnumEntry:
    """Declare a variant without fields of its own in the body of an `Enum`."""
    return _EnumEntry((), {})


def state_of(cls: type) -> Any:
    """Return the native object that has the variants of an enumeration."""
    return _core.enum_state(_core.index_of_class(cls))


def is_out_of_range(value: Any) -> bool:
    """Whether a value is an integer that native code cannot hold."""
    return type(value) is int and value not in _INT64


def check_range(value: Any) -> None:
    """Raise an OverflowError for such a value."""
    if is_out_of_range(value):
        raise OverflowError(f"enum integer index {value} is outside the int64 range")


def find(cls: type, value: Any) -> Any:
    """Return the variant of a number or a name; None if there is none."""
    # Only exact kinds: True is not 1.
    if type(value) not in (int, str) or is_out_of_range(value):
        return None
    return state_of(cls).indexes.get(value)


def check_abstract(cls: Any) -> None:
    """Refuse variants in an enumeration without a key, which is abstract."""
    for name, value in cls.__dict__.items():
        if name[:1] != "_" and _is_declaration(cls, value):
            raise TypeError(f"{cls.__name__}.{name}: an enumeration with variants needs a type_key in its class statement")


def declare(cls: Any, key: str) -> None:
    """Register an enumeration and make its variants. On failure a former one of the key stays what it was."""
    binders = [name for name in _class_vars(cls) if name not in cls.__dict__]
    _check_body(cls)
    declared = {name: value for name, value in cls.__dict__.items() if _is_declaration(cls, value) and name[:2] != "__"}
    for name in declared:
        delattr(cls, name)
    index = find_type_index(key)
    if index is not None and not is_defined_here(index):
        _declare_native(cls, key, index, binders, declared)
    else:
        _declare_own(cls, key, {name: _EnumEntry((), {}) for name in binders} | declared)


def _declare_native(cls: Any, key: str, index: int, binders: list[str], declared: dict[str, Any]) -> None:
    """Make a class that of a native enumeration. It keeps its variants, and gets those declared here."""
    variants = _core.enum_state(index).indexes
    for name in binders:
        if name not in variants:
            raise RuntimeError(f"{cls.__name__}.{name}: native `{key}` has no variant with string index {name!r}")
    with former_on_failure(index):
        register_object(key, init=False)(cls)
        for name in binders:
            ObjectMeta.__setattr__(cls, name, find(cls, name))
        for name, value in declared.items():
            number, text, fields = _values(cls, name, value, len(state_of(cls).entries))
            known = find(cls, number if getattr(cls, "_payload", None) is int else text)
            if known is None:
                known = _make(cls, name, number, text, fields)
                _core.enum_add(index, known)
            elif any(getattr(known, field) != said for field, said in fields.items()):
                raise ValueError(f"{cls.__name__}.{name}: native `{key}` has another variant of this name")
            ObjectMeta.__setattr__(cls, name, known)


def _declare_own(cls: Any, key: str, declared: dict[str, Any]) -> None:
    """Register a class's own enumeration, or take over a former one of the same code."""
    frame = _frame(cls)
    scope = {} if frame is None or frame.f_locals is frame.f_globals else dict(frame.f_locals)
    where = line_of(frame)
    options: dict[str, Any] = {"structural_eq": "singleton", "repr": False, "frozen": True}
    while True:
        # The type of another thread that runs the same code is shared once whole. One that came since the look has its class
        # when that thread has done.
        _waiting.let_finish_key(key)
        former = find_type_index(key)
        _waiting.let_finish_key(key)
        former_class: Any = None if former is None else _core.class_of(former)
        if former is not None:
            expect_same(cls, key, former)
        # Of other fields it is another type, which shares no variant with the former.
        same = former is not None and former_class is not None and take_over(cls, key, scope, where, former, **options)
        if same:
            break
        try:
            register_py_class(cls, key, scope, where, former, **options)
        except OvertakenError:
            continue
        complete(cls)
        break
    index: Any = _core.exact_index(cls)
    try:
        while True:
            state = _core.enum_state(index)
            variants = _variants(cls, declared, state.indexes)
            # Another thread may have run the code as well. Then its variants are those to compare with.
            if _SWAP.run(_swap, index, state, variants):
                break
    except BaseException:
        if same:
            _core.register_class(former_class, index, True)
        else:
            _core.unregister_class(index)
            roll_back(index)
            if former is not None:
                _core.take_key(former)
        raise


def _swap(index: int, state: Any, variants: list[Any]) -> bool:
    """Give an enumeration other variants, unless its state is another by now."""
    is_it = _core.enum_state(index) is state
    if is_it:
        _core.enum_replace(index, variants)
    return is_it


def _variants(cls: Any, declared: dict[str, Any], known: Any) -> list[Any]:
    """Give a class its variants: known ones that are as declared, and new ones."""
    found: dict[Any, Any] = {}
    for name, value in declared.items():
        number, text, fields = _values(cls, name, value, len(found))
        way = number if getattr(cls, "_payload", None) is int else text
        if way not in found:
            made = _make(cls, name, number, text, fields)
            former = known.get(text)
            found[way] = former if former is not None and _alike(former, made) else made
        ObjectMeta.__setattr__(cls, name, found[way])
    return list(found.values())


def _is_declaration(cls: Any, value: Any) -> bool:
    payload = getattr(cls, "_payload", None)
    return isinstance(value, _EnumEntry) or (payload is not None and type(value) is payload)


def _check_body(cls: Any) -> None:
    """Refuse what an enumeration of values cannot have."""
    payload = getattr(cls, "_payload", None)
    if payload is None:
        return
    annotated = _declared.unevaluated(cls)
    if "value" in annotated:
        raise TypeError(f"{cls.__name__} cannot declare a field of this name: {_base(cls)} reserves `value`")
    for name, value in cls.__dict__.items():
        if name[:1] != "_" and name not in annotated and type(value) in _LITERALS - {payload}:
            raise TypeError(f"{cls.__name__}.{name}: expected {payload.__name__}, got {type(value).__name__} {value!r}")


# What declares a variant in the body of an enumeration of values. It has to be of the right type.
_LITERALS = {int, str, bool, float, bytes}


def _base(cls: Any) -> str:
    return "IntEnum" if cls._payload is int else "StrEnum"


def _class_vars(cls: type) -> list[str]:
    """The names that a class itself annotates as ClassVar, in order."""
    raw = _declared.unevaluated(cls)
    return [
        name
        for name, annotation in raw.items()
        if _annotation.is_class_var(annotation)
        or (isinstance(annotation, str) and annotation.replace("typing.", "").startswith("ClassVar"))
    ]


def _frame(cls: type) -> Any:
    """Where the class statement stands."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") != cls.__module__:
        frame = frame.f_back
    return frame


def _values(cls: Any, name: str, value: Any, position: int) -> tuple[int, str, dict[str, Any]]:
    """Return the number and the text of a variant, and the values of its fields."""
    payload = getattr(cls, "_payload", None)
    given = value if isinstance(value, _EnumEntry) else _EnumEntry((), {})
    fields = dict(given.kwargs)
    number, text = position, name
    if payload is not None:
        if isinstance(value, _EnumEntry):
            values = [*given.args, *(fields.pop(key) for key in ("value",) if key in fields)]
            if len(values) != 1:
                raise TypeError(f"{cls.__name__}.{name}: expected one {payload.__name__}, got {len(values)} values")
            (value,) = values
            if type(value) is not payload:
                raise TypeError(f"{cls.__name__}.{name}: expected one {payload.__name__}, got {value!r}")
            given = _EnumEntry((), fields)
        check_range(value)
        fields["value"] = value
        if payload is int:
            number = value
        else:
            text = value
    declared = [f.name for f in _core.fields_of(_core.index_of_class(cls)) if f.init and f.name not in _OWN]
    if len(given.args) > len(declared):
        raise TypeError(f"{cls.__name__}.{name}: takes {len(declared)} values, got {len(given.args)}")
    for field_name, field_value in zip(declared, given.args, strict=False):
        if field_name in fields:
            raise TypeError(f"{cls.__name__}.{name}: got multiple values for field '{field_name}'")
        fields[field_name] = field_value
    return number, text, fields


_OWN = ("_int_index", "_str_index", "value")


def _make(cls: Any, name: str, number: int, text: str, fields: dict[str, Any]) -> Any:
    variant = cls.__new__(cls)
    try:
        variant.__ffi_init__(_int_index=number, _str_index=text, **fields)
    except TypeError as error:
        raise TypeError(f"{cls.__name__}.{name}: invalid enum entry: {error}") from None
    return variant


def _alike(known: Any, made: Any) -> bool:
    """Whether two variants have the same values."""
    infos = _core.fields_of(_core.index_of_class(type(made)))
    properties = [_core.field_property(info.owner, info.name) for info in infos]
    return all(field.get(known) == field.get(made) for field in properties)
