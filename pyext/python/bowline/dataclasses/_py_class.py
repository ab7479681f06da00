"""`py_class`: from a Python class with annotations to a registered native type.

Imports `bowline.core` and the other files of this folder.
Upholds: a class is registered completely, or not at all and its key is free; a class with a name in its annotations
that does not exist yet waits, and cannot have an instance.
"""

from __future__ import annotations

import functools
import sys
import threading
import typing
from collections.abc import Callable
from typing import Any

from .. import _core
from ..core import MISSING, Object
from . import _annotation
from ._comparison import add_comparisons
from ._field import KW_ONLY, Field, field
from ._init_property import InitProperty, compute, is_computed
from ._method import methods_and_hooks
from ._signature import GENERATED, assign, generated_init, give_init, parameters

_STRUCTURAL = (None, "tree", "var", "dag", "const-tree", "singleton")

# One registration at a time; a registration may run user code that registers more.
LOCK = threading.RLock()
# Classes that wait for a name, in the order of their declaration.
_WAITING: dict[type, _Plan] = {}


class _Plan:
    """A class on its way to registration."""

    __slots__ = ("anywhere", "cls", "index", "key", "missing", "options", "parent", "scope")

    def __init__(self, cls: type, key: str, options: dict[str, Any], scope: dict[str, Any]) -> None:
        self.cls = cls
        self.key = key
        self.options = options
        self.scope = scope
        self.parent: type = Object
        self.index = -1
        self.missing: NameError | None = None
        # Whether names may be those of other modules: an import for type checkers only leaves none in the class's own.
        self.anywhere = False


@typing.dataclass_transform(field_specifiers=(field, Field), converter=None)
def py_class(
    key_or_cls: str | type | None = None,
    *,
    type_key: str | None = None,
    frozen: bool = False,
    init: bool = True,
    repr: bool = True,
    eq: bool = False,
    order: bool = False,
    unsafe_hash: bool = False,
    match_args: bool = True,
    kw_only: bool = False,
    structural_eq: str | None = "tree",
    slots: bool = True,
) -> Any:
    """Register a class whose annotated fields live in native objects.

    Parameters
    ----------
    key_or_cls : str or type, optional
        The type key, or the class if used as a bare decorator.
    type_key : str, optional
        The type key; ``module.qualname`` if neither is given.
    frozen : bool
        Fields cannot be set after construction.
    init, repr : bool
        Make ``__init__`` and ``__repr__``, unless the class defines them.
    eq, order, unsafe_hash : bool
        Compare, order and hash by content. With `eq` and `frozen`, or `unsafe_hash`, instances hash by content; with
        `eq` alone they are unhashable. Without them instances compare by identity.
    match_args : bool
        Set ``__match_args__``.
    kw_only : bool
        The constructor takes fields by keyword only.
    structural_eq : {"tree", "var", "dag", "const-tree", "singleton", None}
        How structural equality treats instances.
    slots : bool
        Ignored: instances never have a ``__dict__`` unless the class asks for one.

    Raises
    ------
    TypeError
        If the class does not derive from a registered class, or a field cannot be.
    ValueError
        If the key is taken.

    Examples
    --------
    >>> import bowline
    >>> @bowline.py_class("doc.py_class.Var", frozen=True)
    ... class Var(bowline.Object):
    ...     name: str
    >>> @bowline.py_class("doc.py_class.Add", frozen=True)
    ... class Add(bowline.Object):
    ...     a: Var
    ...     b: Var
    >>> x = Var("x")
    >>> double = Add(x, x)
    >>> double.a is double.b is x
    True
    >>> double
    doc.py_class.Add(a=doc.py_class.Var(name="x"), b=doc.py_class.Var(name="x"))
    """
    if key_or_cls is not None and not isinstance(key_or_cls, str | type):
        raise TypeError(f"expected a type key or a class, got {key_or_cls!r}")
    if structural_eq not in _STRUCTURAL:
        raise ValueError(f"structural_eq must be one of {list(_STRUCTURAL)}, got {structural_eq!r}")
    if order and not eq:
        raise ValueError("order=True requires eq=True")
    options = {
        "frozen": frozen,
        "init": init,
        "repr": repr,
        "eq": eq,
        "order": order,
        "unsafe_hash": unsafe_hash,
        "match_args": match_args,
        "kw_only": kw_only,
        "structural_eq": structural_eq,
    }
    key = key_or_cls if isinstance(key_or_cls, str) else type_key
    frame = sys._getframe(1)
    scope = {} if frame.f_locals is frame.f_globals else dict(frame.f_locals)
    del frame

    def decorate(cls: type) -> type:
        _register(_Plan(cls, key or f"{cls.__module__}.{cls.__qualname__}", options, scope))
        return cls

    return decorate(key_or_cls) if isinstance(key_or_cls, type) else decorate


def register_py_class(cls: type, key: str, scope: dict[str, Any], **options: Any) -> None:
    """Register a class as `py_class` does with its defaults for all options but these."""
    defaults = {"frozen": False, "init": True, "repr": True, "eq": False, "order": False, "unsafe_hash": False}
    defaults |= {"match_args": True, "kw_only": False, "structural_eq": "tree"}
    _register(_Plan(cls, key, defaults | options, scope))


def _register(plan: _Plan) -> None:
    cls = plan.cls
    if not isinstance(cls, type) or not issubclass(cls, Object):
        raise TypeError(f"{cls!r} must inherit from bowline.Object or another registered class")
    if "__new__" in cls.__dict__:
        raise TypeError(f"{cls.__qualname__} must not define __new__")
    with LOCK:
        if cls in _annotation.DECLARED or _annotation.exact_index(cls) is not None:
            raise TypeError(f"{cls.__qualname__} is already registered")
        parent = next((c for c in cls.__mro__[1:] if _annotation.is_known(c)), None)
        if parent is None:
            raise TypeError(f"{cls.__qualname__} must inherit from a registered class")
        plan.parent = parent
        plan.index = _core.new_type(plan.key, _annotation.type_index_of(parent))
        _annotation.declare(cls, plan.index)
        _try_to_finish(plan)
        if plan.missing is not None:
            _wait(plan)
        else:
            _retry()


def _try_to_finish(plan: _Plan) -> None:
    """Finish a registration, or note the name that it waits for; take it back if it cannot be."""
    try:
        plan.missing = None
        if not _annotation.is_known(plan.parent):
            raise TypeError(f"its parent {plan.parent.__qualname__} could not be registered")
        try:
            if plan.parent in _WAITING:
                raise NameError(f"its parent {plan.parent.__qualname__} is not complete")
            fields = _fields_of(plan)
        except NameError as error:
            # Without the frames that it passed, which hold what is alive there.
            plan.missing = NameError(str(error))
        else:
            _finish(plan, fields)
    except BaseException:
        _annotation.withdraw(plan.cls)
        _core.rollback_type(plan.index)
        raise


def _wait(plan: _Plan) -> None:
    _WAITING[plan.cls] = plan
    own = plan.cls.__dict__.get("__init__")

    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        complete(plan.cls)
        plan.cls.__init__(self, *args, **kwargs)

    __init__.__bowline_own__ = own
    plan.cls.__init__ = __init__


def _stop_waiting(plan: _Plan) -> None:
    del _WAITING[plan.cls]
    own = plan.cls.__dict__["__init__"].__bowline_own__
    if own is None:
        del plan.cls.__init__
    else:
        plan.cls.__init__ = own


def _retry() -> None:
    """Finish what waits for a name that exists now."""
    progress = True
    while progress:
        progress = False
        for plan in list(_WAITING.values()):
            if _proceed(plan) is None:
                progress = progress or plan.missing is None


def _proceed(plan: _Plan) -> BaseException | None:
    """Try once more; an error is kept for the class's first construction."""
    _stop_waiting(plan)
    try:
        _try_to_finish(plan)
    except Exception as error:
        _fail(plan, error)
        return error
    if plan.missing is not None:
        _wait(plan)
    return None


def _fail(plan: _Plan, error: Exception) -> None:
    reason = f"{plan.cls.__qualname__} could not be registered: {error}"

    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        raise TypeError(reason) from error

    plan.cls.__init__ = __init__


def is_waiting(cls: type) -> bool:
    """Whether a class waits for a name in its annotations."""
    return cls in _WAITING


def complete(cls: type) -> None:
    """Finish the registration of a class that waits.

    Raises
    ------
    TypeError
        If a name in its annotations, or in those of its parent, still does not exist.
    """
    with LOCK:
        _retry()
        plan = _WAITING.get(cls)
        if plan is None:
            return
        # What the class's own module would still define is not there when an instance is made either.
        plan.anywhere = True
        if plan.parent in _WAITING:
            complete(plan.parent)
        if cls in _WAITING:
            _proceed(plan)
        if cls in _WAITING:
            unresolved = ", ".join(_annotation.unresolved(cls, plan.scope))
            raise TypeError(
                f"Cannot instantiate {cls.__name__}: its annotations cannot be resolved ({plan.missing}): {unresolved}"
            ) from plan.missing


def _fields_of(plan: _Plan) -> list[Field]:
    """Read the annotations of the class, after those of bases that are not registered."""
    fields: dict[str, Field] = {}
    keyword_only = plan.options["kw_only"]
    for source in _sources(plan):
        for name, annotation in _annotation.own_annotations(source, plan.scope, plan.anywhere).items():
            if _annotation.is_class_var(annotation):
                continue
            if annotation is KW_ONLY:
                keyword_only = True
                continue
            found = _read_default(source, name)
            found.name = name
            found.type = annotation
            try:
                found.schema = _annotation.schema_of(annotation, plan.cls)
            except TypeError as error:
                raise TypeError(f"field '{name}' of {plan.cls.__qualname__}: {error}") from None
            if found.kw_only is None:
                found.kw_only = keyword_only
            if found.hash is None:
                found.hash = found.compare
            found.frozen = found.frozen or plan.options["frozen"]
            fields[name] = found
        for name, computed in list(source.__dict__.items()):
            if isinstance(computed, InitProperty) and not is_computed(plan.parent, name):
                fields[name] = computed.as_field(name, plan.cls, source, plan.scope, plan.anywhere)
                fields[name].frozen = plan.options["frozen"]
    inherited = {f.name for f in _core.fields_of(_annotation.type_index_of(plan.parent))}
    for name in fields:
        if name in inherited:
            raise TypeError(f"field '{name}' of {plan.cls.__qualname__} is already a field of its parent")
        if name.startswith("__"):
            raise TypeError(f"field '{name}' of {plan.cls.__qualname__}: names with two underscores are taken")
    return list(fields.values())


def _sources(plan: _Plan) -> list[type]:
    inherited = set(plan.parent.__mro__)
    return [c for c in reversed(plan.cls.__mro__) if c not in inherited and not _annotation.is_foreign(c)]


def _read_default(source: type, name: str) -> Field:
    value = source.__dict__.get(name, MISSING)
    if isinstance(value, Field):
        # A mixin's options may serve several classes.
        return _copy(value)
    # With `__slots__` the class shows a member descriptor here, not a default.
    if value is not MISSING and type(value).__name__ in ("member_descriptor", "FieldProperty"):
        value = MISSING
    if isinstance(value, list | dict | set):
        raise ValueError(f"mutable default {type(value)} for field {name} is not allowed: use default_factory")
    return field(default=value)


def _copy(options: Field) -> Field:
    copied = Field.__new__(Field)
    for slot in Field.__slots__:
        setattr(copied, slot, getattr(options, slot))
    return copied


def _finish(plan: _Plan, fields: list[Field]) -> None:
    """Define the native type and equip the class."""
    cls = plan.cls
    specs = [
        _core.FieldSpec(
            f.name,
            f.schema,
            doc=f.doc,
            frozen=f.frozen,
            init=f.init,
            repr=f.repr,
            hash=bool(f.hash),
            compare=f.compare,
            kw_only=bool(f.kw_only),
            structural=f.structural_eq,
            default=f.default,
            default_factory=f.default_factory,
        )
        for f in fields
    ]
    methods, hooks = methods_and_hooks(cls)
    _core.define(plan.index, specs, cls.__doc__, plan.options["structural_eq"], methods)
    for name, hook in hooks:
        _core.register_type_attr(plan.index, name, hook)
    _core.register_class(cls, plan.index)
    try:
        for name, computed in list(cls.__dict__.items()):
            if isinstance(computed, InitProperty):
                computed.keep(cls)
                # The property of the field takes its place; a parent's, where it computes that anew.
                delattr(cls, name)
        for f in fields:
            setattr(cls, f.name, _core.field_property(plan.index, f.name))
        _add_init(plan)
        add_comparisons(cls, plan.options)
        if plan.options["repr"] and "__repr__" not in cls.__dict__ and cls.__repr__ is not Object.__repr__:
            cls.__repr__ = Object.__repr__
        if plan.options["match_args"] and "__match_args__" not in cls.__dict__:
            cls.__match_args__ = tuple(f.name for f in parameters(plan.index)[0])
        cls.__bowline_fields__ = {f.name: f for f in fields}
    except BaseException:
        _core.unregister_class(plan.index)
        raise
    _annotation.DECLARED.pop(cls, None)


def _add_init(plan: _Plan) -> None:
    cls = plan.cls
    own = cls.__dict__.get("__init__")
    if own is not None:
        cls.__init__ = _allocating(own)
        for ancestor in cls.__mro__[1:]:
            if ancestor in GENERATED:
                ancestor.__init__ = _as_parent(ancestor)
        return
    if not plan.options["init"]:
        if not _inherits_own_init(cls):
            cls.__init__ = _refusing(cls)
        return
    give_init(cls, _completion(cls))


def _completion(cls: type) -> Callable[[Any], None] | None:
    """What a generated ``__init__`` of a class does once the fields are set, if anything."""
    has_properties = any("__bowline_init_properties__" in c.__dict__ for c in cls.__mro__)
    if not has_properties and not hasattr(cls, "__post_init__"):
        return None

    def complete(obj: Any) -> None:
        if has_properties:
            compute(obj, cls)
        if hasattr(obj, "__post_init__"):
            obj.__post_init__()

    return complete


def _as_parent(cls: type) -> Any:
    """The generated ``__init__`` of a class, which a subclass's own may call on an object that is there."""
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


def _refusing(cls: type) -> Callable[..., None]:
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        raise TypeError(f"{cls.__qualname__} has no __init__: it was made with init=False")

    return __init__
