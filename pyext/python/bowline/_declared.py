"""Classes that are registered or on their way there, and what their annotations evaluate to.

Upholds: an unknown name is a `NameError`; what was defined again is found before what it succeeded.
"""

from __future__ import annotations

import sys
import typing
from collections.abc import Callable
from typing import Any

from . import _core
from ._interrupt import is_interrupt

# Classes whose registration is under way, with their type index. A class stays while a name in it is unknown.
DECLARED: dict[type, int] = {}

# Registered and declared classes by module and name. String annotations may name them besides the module's globals.
_BY_MODULE: dict[str, dict[str, type]] = {}
# Of these the ones that were defined again.
_AGAIN: dict[str, dict[str, type]] = {}


def declare(cls: type, index: int) -> type | None:
    """Make a class known to annotations before its fields are. Returns the class that had its name."""
    DECLARED[cls] = index
    names = _BY_MODULE.setdefault(cls.__module__, {})
    former = names.get(cls.__name__)
    names[cls.__name__] = cls
    if former is not None:
        _AGAIN.setdefault(cls.__module__, {})[cls.__name__] = cls
    return former


def withdraw(cls: type, former: type | None) -> None:
    """Take a declaration back; `former` has its name again."""
    DECLARED.pop(cls, None)
    names = _BY_MODULE.get(cls.__module__, {})
    if names.get(cls.__name__) is cls:
        del names[cls.__name__]
        if former is not None:
            names[cls.__name__] = _AGAIN[cls.__module__][cls.__name__] = former


def type_index_of(cls: type) -> int | Any:
    """Return the type index of the nearest registered or declared class in a class's `__mro__`."""
    for ancestor in cls.__mro__:
        index = DECLARED.get(ancestor)
        if index is not None:
            return index
        index = exact_index(ancestor)
        if index is not None:
            return index
    return None


def exact_index(cls: type) -> int | None:
    """Return the type index of exactly this class. It may be one of which another class has taken the place."""
    return _core.exact_index(cls)


def is_known(cls: type) -> bool:
    """Whether exactly this class is registered or declared."""
    return cls in DECLARED or exact_index(cls) is not None


def is_own(cls: type) -> bool:
    """Whether exactly this class is that of a type of ours. Other makers' types do not count."""
    index = exact_index(cls)
    return index is not None and not _core.is_foreign(index)


def expect_one_line(cls: type, is_known: Callable[[type], bool]) -> None:
    """Refuse a class whose nearest known ancestor does not derive from another known one.

    An object has one line of types. Types of other makers may be left to their libraries, whose Python classes may have other
    ancestors than the types.
    """
    known = [ancestor for ancestor in cls.__mro__[1:] if is_known(ancestor)]
    other = next((ancestor for ancestor in known if ancestor not in known[0].__mro__), None)
    if other is not None:
        raise TypeError(
            f"{cls.__qualname__} derives from two registered classes, {known[0].__qualname__} and {other.__qualname__}, but an "
            "object has one parent type: make one of the two a mixin, which is not registered (its fields become those of the "
            "class), or hold an object of it in a field"
        )


def nearest(cls: type) -> type:
    """Return the registered class that a class to be is a child of.

    Raises
    ------
    TypeError
        If there is none, or a base is registered and neither that nor an ancestor of it: an object has one line of types.
    """
    parent = next((c for c in cls.__mro__[1:] if is_known(c)), None)
    if parent is None:
        raise TypeError(f"{cls.__qualname__} must inherit from a registered class")
    expect_one_line(cls, is_known)
    return parent


def own_annotations(cls: type, scope: dict[str, Any], anywhere: bool = False) -> dict[str, Any]:
    """Return the evaluated annotations that a class itself has.

    Parameters
    ----------
    cls : type
        The class.
    scope : dict
        Local names where the class statement stands, for annotations that are strings.
    anywhere : bool
        Whether a name may be that of a class of another module, registered under it by that module alone.

    Raises
    ------
    NameError
        If a name in them does not exist yet.
    SyntaxError
        If a text is no expression. It names the field.
    """
    raw = _raw_annotations(cls)
    if not raw:
        return {}
    for name, annotation in raw.items():
        # `typing` of 3.11 looks for its first letter.
        if annotation == "":
            raise SyntaxError(f"field '{name}' of {cls.__qualname__}: the annotation is an empty text")
    # `get_type_hints` evaluates strings at any depth, but of all ancestors; this class has none.
    try:
        return evaluated(_carrier(cls, raw), cls, scope, anywhere)
    except SyntaxError:
        # It says what the text was, but not whose. Those before it can be evaluated.
        for name, annotation in raw.items():
            try:
                evaluated(_carrier(cls, {name: annotation}), cls, scope, anywhere)
            except SyntaxError as error:
                raise SyntaxError(f"field '{name}' of {cls.__qualname__}: {error.msg}") from None
        raise


def _carrier(cls: type, annotations: dict[str, Any]) -> type:
    """A class without ancestors that has these annotations."""
    return type(cls.__name__, (), {"__annotations__": annotations, "__module__": cls.__module__})


def annotations_if_known(cls: type) -> dict[str, Any] | None:
    """Return the evaluated annotations that a class itself has; None while they cannot be evaluated."""
    try:
        return own_annotations(cls, {}, anywhere=True)
    except Exception as error:
        # Names that are not there, at least not yet. An expression may raise anything else, too.
        if is_interrupt(error):
            raise
        return None


def evaluated(annotated: Any, cls: type, scope: dict[str, Any], anywhere: bool = False) -> dict[str, Any]:
    """Return the evaluated annotations of a function in a class's body, or of a carrier.

    Parameters
    ----------
    annotated : type or function
        What has the annotations.
    cls : type
        The class.
    scope : dict
        Local names where the class statement stands.
    anywhere : bool
        As for `own_annotations`.

    Raises
    ------
    NameError
        If a name in them does not exist yet.
    """
    module = sys.modules.get(cls.__module__)
    globals_ = getattr(annotated, "__globals__", None) or (vars(module) if module is not None else {})
    # What the module says wins over what a function of it registered under that name. The latter is asked for when there is no
    # such name. All of it in a dict beforehand would cost a registration as much as there are classes.
    registered = _BY_MODULE.get(cls.__module__, {})
    names = {**scope, cls.__name__: cls}
    # What was defined again wins over the former class. It is not bound to the name yet in the former's place.
    for name, newest in list(_AGAIN.get(cls.__module__, {}).items()):
        if _is_former(names.get(name, globals_.get(name)), newest):
            names[name] = newest
    while True:
        try:
            return typing.get_type_hints(annotated, globals_, names, include_extras=True)
        except NameError as error:
            found = registered.get(error.name) if error.name is not None else None
            if found is None and anywhere:
                found = _elsewhere(error.name)
            if found is None or error.name is None or error.name in names:
                raise
            names[error.name] = found


def _is_former(found: Any, newest: type) -> bool:
    """Whether what has a name is a class that another one succeeded."""
    if found is newest or not isinstance(found, type):
        return False
    same = (found.__module__, found.__qualname__) == (newest.__module__, newest.__qualname__)
    index = exact_index(found)
    return same and index is not None and index < (type_index_of(newest) or 0)


def is_there(name: Any, cls: type) -> bool:
    """Return whether the name or class that an annotation lacked exists now."""
    if not isinstance(name, str):
        return name is not None and name not in DECLARED
    module = sys.modules.get(cls.__module__)
    return name in _BY_MODULE.get(cls.__module__, {}) or name in vars(module or sys)


def _elsewhere(name: str | None) -> type | None:
    """The class of a name, if only one module has registered one."""
    found = [names[name] for names in list(_BY_MODULE.values()) if name in names]
    return found[0] if len(found) == 1 else None


def unresolved(cls: type, scope: dict[str, Any]) -> list[str]:
    """Return the annotations of a class that cannot be evaluated, each as ``name: text``."""
    found = []
    for name, annotation in unevaluated(cls).items():
        try:
            evaluated(_carrier(cls, {name: annotation}), cls, scope, True)
        except Exception as error:
            if is_interrupt(error):
                raise
            found.append(f"{name}: {getattr(annotation, '__forward_arg__', annotation)}")
    return found


def _raw_annotations(cls: type) -> dict[str, Any]:
    if sys.version_info >= (3, 14):
        import annotationlib

        # Not `__annotations__` if there is code for it. That is kept as it was first: a name may mean another class now.
        annotate = cls.__annotate__
        if annotate is not None:
            return annotationlib.call_annotate_function(annotate, annotationlib.Format.VALUE, owner=cls)
        return annotationlib.get_annotations(cls, format=annotationlib.Format.VALUE)
    return dict(cls.__dict__.get("__annotations__", {}))


def unevaluated(cls: type) -> dict[str, Any]:
    """Return a class's own annotations. Those that cannot be evaluated yet are texts or forward references."""
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return dict(cls.__dict__.get("__annotations__", {}))
