"""Registration of a class, at once or when the names in its annotations exist.

Upholds: a class is registered completely, or not at all; then its key is free, or still that of the class that had it. A
class with a name in its annotations that does not exist yet waits, and cannot have an instance.
"""

from __future__ import annotations

import os
from typing import Any

from .. import _core, _declared, _type_info
from .._interrupt import is_interrupt
from .._one_testing import find_type_index
from .._place import expect_new, new_type, roll_back
from ..core import Object
from . import _waiting
from ._equipment import equip, finish
from ._field import Field
from ._method import methods_and_hooks
from ._plan import Plan, fields_of


def register(plan: Plan) -> None:
    cls = plan.cls
    if not isinstance(cls, type) or not issubclass(cls, Object):
        raise TypeError(f"{cls!r} must inherit from bowline.Object or another registered class")
    if "__new__" in cls.__dict__:
        raise TypeError(f"{cls.__qualname__} must not define __new__")
    work = _waiting.Work(plan)
    try:
        _waiting.begin(work)
        if cls in _declared.DECLARED or _declared.exact_index(cls) is not None:
            raise TypeError(f"{cls.__qualname__} is already registered")
        plan.parent = _declared.nearest(cls)
        plan.succeeds = find_type_index(plan.key)
        plan.index = new_type(cls, plan.key, _declared.type_index_of(plan.parent), plan.where, plan.expected)
        plan.former = _declared.declare(cls, plan.index)
        _try_to_finish(plan)
        if plan.missing is not None:
            _wait(plan)
    finally:
        _waiting.end(work)
    _follow_up(plan)


def _try_to_finish(plan: Plan) -> None:
    """Finish a registration, or note the name that it waits for. Takes it back if it fails."""
    try:
        plan.missing = plan.need = None
        if not _declared.is_known(plan.parent):
            raise TypeError(f"its parent {plan.parent.__qualname__} could not be registered")
        try:
            if plan.parent in _declared.DECLARED:
                plan.need = plan.parent
                raise NameError(f"its parent {plan.parent.__qualname__} is not complete")
            fields = fields_of(plan)
            if not plan.anywhere:
                expect_new(plan.succeeds, plan.index, [f.schema for f in fields])
        except NameError as error:
            # Without the frames that it passed, which hold what is alive there.
            plan.missing = NameError(str(error))
            plan.need = plan.need or error.name
        else:
            _stop_waiting(plan)
            finish(plan, fields)
    except BaseException:
        _declared.withdraw(plan.cls, plan.former)
        _type_info.DECORATOR_ARGS.pop(plan.index, None)
        roll_back(plan.index)
        raise


def _wait(plan: Plan) -> None:
    """Let a class wait; the first construction of an instance tries again."""
    if not hasattr(plan.cls.__dict__.get("__init__"), "__bowline_own__"):
        own = plan.cls.__dict__.get("__init__")

        def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
            complete(plan.cls)
            plan.cls.__init__(self, *args, **kwargs)

        __init__.__bowline_own__ = own
        plan.cls.__init__ = __init__
    _waiting.wait(plan, plan.need)


def _stop_waiting(plan: Plan) -> None:
    """Give a class that waited its own ``__init__`` back."""
    waited: Any = plan.cls.__dict__.get("__init__")
    if not hasattr(waited, "__bowline_own__"):
        return
    if waited.__bowline_own__ is None:
        del plan.cls.__init__
    else:
        plan.cls.__init__ = waited.__bowline_own__


def _follow_up(plan: Plan) -> None:
    """Finish what waits for a declared or complete class, and what waits for those."""
    todo = [plan]
    while todo:
        plan = todo.pop(0)
        needs: list[Any] = [plan.cls.__name__, None]
        if plan.missing is not None:
            # Its name may have come between the look for it and the wait.
            if _declared.is_there(plan.need, plan.cls):
                needs.append(plan.need)
        elif plan.cls not in _declared.DECLARED:
            needs.append(plan.cls)
        for other in _waiting.those_that_need(tuple(needs)):
            before = other.need
            # One that another thread tries just now may miss the name. Then it is found when an instance is made.
            if _proceed(other) and (other.failed or other.missing is None or other.need != before):
                todo.append(other)


def _proceed(plan: Plan, for_instance: bool = False) -> bool:
    """Try once more what waits. Returns False if another thread is at it, or it waits no more.

    Parameters
    ----------
    plan : Plan
        What waits. An error is kept for the class's first construction.
    for_instance : bool
        Whether an instance is to be made. Then the parent is completed before, and a name may be that of any module.

    Raises
    ------
    BaseException
        What a signal's handler raised, a wish to end, lack of memory or stack; what the parent lacks.
    """
    work = _waiting.Work(plan)
    try:
        if not _waiting.claim(work):
            return False
        plan.failed = False
        if for_instance:
            # What the class's own module does not define by now, it will not. So names may be those of other modules.
            plan.anywhere = True
            complete(plan.parent)
        _try_to_finish(plan)
        if plan.missing is not None:
            _wait(plan)
    except BaseException as error:
        if not _waiting.is_held(work) or _declared.exact_index(plan.cls) is not None:
            raise
        if plan.cls in _declared.DECLARED:
            # The try itself has not begun, or ended without an error: it waits as before.
            _wait(plan)
            raise
        plan.failed = True
        if is_interrupt(error):
            _fail(plan, RuntimeError(f"interrupted by {type(error).__name__}, define it again"))
            raise
        _fail(plan, error)
    finally:
        _waiting.end(work)
    return True


def _fail(plan: Plan, error: BaseException) -> None:
    reason = f"{plan.cls.__qualname__} could not be registered: {error}"
    # The error is kept, and frames lead to those that called them. What is alive there would stay.
    passed: BaseException | None = error
    while passed is not None and passed.__traceback__ is not None:
        passed.__traceback__ = None
        passed = passed.__cause__ or passed.__context__

    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        raise TypeError(reason) from error

    plan.cls.__init__ = __init__


def is_waiting(cls: type) -> bool:
    """Whether a class waits for a name in its annotations."""
    return _waiting.plan_of(cls) is not None or _waiting.is_with_another(cls)


def complete(cls: type) -> None:
    """Finish the registration of a class that waits, or wait for the thread that does.

    Raises
    ------
    TypeError
        If a name in its annotations, or in those of its parent, still does not exist, or it is this thread that is at it.
    """
    plan = _waiting.plan_of(cls)
    while plan is None or not _proceed(plan, for_instance=True):
        if plan is None and not _waiting.is_at_work(cls):
            return
        _waiting.let_finish(cls)
        plan = _waiting.plan_of(cls)
    if not plan.failed and plan.missing is not None:
        unresolved = ", ".join(_declared.unresolved(cls, plan.scope))
        raise TypeError(
            f"Cannot instantiate {cls.__name__}: its annotations cannot be resolved ({plan.missing}): {unresolved}"
        ) from plan.missing
    _follow_up(plan)


def _adopt() -> None:
    """Let registrations wait whose threads a fork left behind. An instance, or a subclass, ends them."""
    for plan in _waiting.take_from_others():
        # One that has no type yet may begin anew.
        if plan.cls in _declared.DECLARED:
            _wait(plan)


os.register_at_fork(after_in_child=_adopt)


def take_over(cls: type, key: str, scope: dict[str, Any], where: str, index: int, **options: Any) -> bool:
    """Make a class that of an existing type of the same fields and methods."""
    defaults = {"init": True, "eq": False, "order": False, "unsafe_hash": False, "match_args": True, "kw_only": False}
    plan = Plan(cls, key, defaults | options, scope, where)
    plan.parent = _declared.nearest(cls)
    if _declared.type_index_of(plan.parent) != _core.parent_index(index):
        return False
    plan.former = _declared.declare(cls, index)
    try:
        fields = fields_of(plan)
        known = [info for info in _core.fields_of(index) if info.owner == index]
        plain = methods_and_hooks(cls) == ([], []) and not _core.methods_of(index)
        if not plain or [_said(f) for f in fields] != [_said(info) for info in known]:
            _declared.withdraw(cls, plan.former)
            return False
        plan.index = index
        former: Any = _core.class_of(index)
        _core.register_class(cls, index, True)
        try:
            equip(plan, fields)
        except BaseException:
            _core.register_class(former, index, True)
            raise
    except NameError:
        _declared.withdraw(cls, plan.former)
        return False
    except BaseException:
        _declared.withdraw(cls, plan.former)
        raise
    _declared.DECLARED.pop(cls, None)
    return True


def _said(field: Any) -> tuple[Any, ...]:
    """What a declaration, or what is known of a field, says of it."""
    structural = field.structural_eq if isinstance(field, Field) else field.structural
    options = (field.frozen, field.init, field.repr, bool(field.hash), field.compare, bool(field.kw_only), structural)
    return (field.name, field.schema, *options, field.default, field.default_factory)
