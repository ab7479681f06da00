"""Functions with keywords and defaults in front of functions that take positional arguments only.

Upholds: a call through the wrapper costs one Python call: its code is made for the one signature.
"""

from __future__ import annotations

import functools
import inspect
import keyword
from collections.abc import Callable, Iterable
from typing import Any

from ..core import MISSING
from .unpack_dataclass import UNPACK, unpack_dataclass_to_tuple

__all__ = ["make_kwargs_wrapper", "make_kwargs_wrapper_from_signature"]

# Names in the code that is made; parameters may not be called so.
_TARGET, _MISSING, _DEFAULTS = "__i_target_func", "__i_MISSING", "__i_defaults"
_UNPACK = f"__i_{UNPACK}"
_COPIED = ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__")


def _check(names: list[str], what: str) -> None:
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"{what} name must be a string, got {name!r}")
        if not name.isidentifier():
            raise ValueError(f"{what} name {name!r} is not a valid Python identifier")
        if keyword.iskeyword(name):
            raise ValueError(f"{what} name {name!r} is a Python keyword and cannot be used as a parameter name")
        if name.startswith("__i_"):
            raise ValueError(f"{what} names conflict with internal names, which begin with __i_: {name!r}")
    if len(set(names)) != len(names):
        raise ValueError(f"Duplicate {what[0].lower()}{what[1:]} names found: {names}")


def make_kwargs_wrapper(
    target_func: Callable[..., Any],
    arg_names: list[str],
    arg_defaults: tuple[Any, ...] = (),
    kwonly_names: list[str] | None = None,
    kwonly_defaults: dict[str, Any] | None = None,
    prototype: Callable[..., Any] | None = None,
    map_dataclass_to_tuple: list[str] | None = None,
) -> Callable[..., Any]:
    """Return a function with keywords and defaults that calls one which takes positional arguments.

    Parameters
    ----------
    target_func : callable
        What is called, with all arguments by position: `arg_names` first, then `kwonly_names`.
    arg_names : list of str
        The parameters that may be positional.
    arg_defaults : tuple
        The defaults of the last of them.
    kwonly_names : list of str, optional
        The parameters that are given by name only.
    kwonly_defaults : dict, optional
        Defaults of some of those.
    prototype : callable, optional
        Whose name, documentation and annotations the wrapper gets.
    map_dataclass_to_tuple : list of str, optional
        Parameters whose values go through `unpack_dataclass_to_tuple`.

    Raises
    ------
    ValueError
        If the names and defaults make no signature.

    Examples
    --------
    >>> from bowline.utils import make_kwargs_wrapper
    >>> scale = make_kwargs_wrapper(lambda x, factor: x * factor, ["x"], kwonly_names=["factor"], kwonly_defaults={"factor": 2})
    >>> scale(3), scale(3, factor=5)
    (6, 15)
    """
    kwonly = list(kwonly_names or ())
    given = dict(kwonly_defaults or {})
    unpacked = set(map_dataclass_to_tuple or ())
    _check(arg_names, "Argument")
    _check(kwonly, "Keyword-only argument")
    if both := set(arg_names) & set(kwonly):
        raise ValueError(f"names cannot be both positional and keyword-only: {sorted(both)}")
    if not isinstance(arg_defaults, tuple):
        raise TypeError(f"arg_defaults must be a tuple, got {arg_defaults!r}")
    if len(arg_defaults) > len(arg_names):
        raise ValueError(f"arg_defaults has {len(arg_defaults)} values but only {len(arg_names)} arguments")
    if more := set(given) - set(kwonly):
        raise ValueError(f"kwonly_defaults has names not in kwonly_names: {sorted(more)}")
    if more := unpacked - {*arg_names, *kwonly}:
        raise ValueError(f"map_dataclass_to_tuple has names that are no arguments: {sorted(more)}")

    defaults = dict(zip(arg_names[len(arg_names) - len(arg_defaults) :], arg_defaults, strict=True)) if arg_defaults else {}
    defaults |= given
    parameters = [_parameter(name, defaults) for name in arg_names]
    if kwonly:
        parameters += ["*", *(_parameter(name, defaults) for name in kwonly)]
    values = []
    for name in (*arg_names, *kwonly):
        value = name
        if name in defaults and not _is_written(defaults[name]):
            value = f"({_DEFAULTS}[{name!r}] if {name} is {_MISSING} else {name})"
        values.append(f"{_UNPACK}({value})" if name in unpacked else value)
    source = f"def wrapper({', '.join(parameters)}):\n    return {_TARGET}({', '.join(values)})\n"
    namespace: dict[str, Any] = {
        _TARGET: target_func,
        _MISSING: MISSING,
        _DEFAULTS: defaults,
        _UNPACK: unpack_dataclass_to_tuple,
        "__name__": __name__,
    }
    exec(compile(source, "<kwargs wrapper>", "exec", dont_inherit=True), namespace)
    wrapper = namespace.pop("wrapper")
    if prototype is not None:
        functools.update_wrapper(wrapper, prototype, assigned=_COPIED, updated=())
        # That is for what has the same signature.
        del wrapper.__wrapped__
    return wrapper


def _is_written(default: Any) -> bool:
    """Whether a default stands in the signature as it is."""
    return default is None or type(default) is bool


def _parameter(name: str, defaults: dict[str, Any]) -> str:
    if name not in defaults:
        return name
    return f"{name}={defaults[name]!r}" if _is_written(defaults[name]) else f"{name}={_MISSING}"


def make_kwargs_wrapper_from_signature(
    target_func: Callable[..., Any],
    signature: inspect.Signature,
    prototype: Callable[..., Any] | None = None,
    exclude_arg_names: Iterable[str] | None = None,
    map_dataclass_to_tuple: list[str] | None = None,
) -> Callable[..., Any]:
    """Return what `make_kwargs_wrapper` makes for a signature.

    Parameters
    ----------
    target_func : callable
        What is called.
    signature : inspect.Signature
        What the wrapper takes.
    prototype, map_dataclass_to_tuple
        As there.
    exclude_arg_names : iterable of str, optional
        Parameters that are left out; names that the signature has not do not matter.

    Raises
    ------
    ValueError
        If the signature has ``*args`` or ``**kwargs``.
    """
    excluded = set(exclude_arg_names or ())
    names, defaults, kwonly, kwonly_defaults = [], [], [], {}
    for name, parameter in signature.parameters.items():
        if name in excluded:
            continue
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            stars = "*args" if parameter.kind == parameter.VAR_POSITIONAL else "**kwargs"
            raise ValueError(f"{stars} not supported in wrapper generation: {name}")
        if parameter.kind == parameter.KEYWORD_ONLY:
            kwonly.append(name)
            if parameter.default is not parameter.empty:
                kwonly_defaults[name] = parameter.default
            continue
        names.append(name)
        if parameter.default is not parameter.empty:
            defaults.append(parameter.default)
        elif defaults:
            raise ValueError(f"Required parameter '{name}' follows one with a default")
    return make_kwargs_wrapper(
        target_func,
        names,
        tuple(defaults),
        kwonly,
        kwonly_defaults,
        prototype=prototype,
        map_dataclass_to_tuple=map_dataclass_to_tuple,
    )
