"""Native errors and the exceptions that stand for them.

Upholds: an exception that crosses native code comes out as the same object.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, overload

from . import _core
from .core import Object

__all__ = ["Error", "register_error"]

_E = TypeVar("_E", bound=BaseException)


class Error(_core.CError, Object):
    """A native error: its kind, its message and the native frames it passed.

    Parameters
    ----------
    kind : str
        The name of an exception class.
    message : str
        What happened.
    backtrace : str
        The frames it came through, most recent first.

    Examples
    --------
    >>> import bowline
    >>> error = bowline.Error("ValueError", "too large")
    >>> error.kind, error.message, error.py_error()
    ('ValueError', 'too large', ValueError('too large'))
    """

    def __init__(self, kind: str, message: str, backtrace: str = "") -> None:
        self.__move_handle_from__(_core.make_error(kind, message, backtrace))


_core.register_class(Error, _core.type_index("ffi.Error"))


@overload
def register_error(name_or_cls: type[_E], /) -> type[_E]: ...
@overload
def register_error(name_or_cls: str | None, cls: type[_E]) -> type[_E]: ...
@overload
def register_error(name_or_cls: str | None = None) -> Callable[[type[_E]], type[_E]]: ...
def register_error(name_or_cls: str | type | None = None, cls: type | None = None) -> Any:
    """Let a kind of native errors come out as instances of an exception class.

    Parameters
    ----------
    name_or_cls : str or type, optional
        The kind; the class's name if left out. A class if this is used as a bare decorator.
    cls : type, optional
        The exception class; without it a decorator is returned.

    Raises
    ------
    TypeError
        For a kind that is no str, and a class that is none of exceptions.

    Examples
    --------
    >>> import bowline
    >>> @bowline.register_error
    ... class ShapeError(ValueError):
    ...     pass
    """
    if not isinstance(name_or_cls, (str, type, types.NoneType)):
        raise TypeError(f"name_or_cls must be a str or an exception class, got {type(name_or_cls).__name__}")
    if isinstance(name_or_cls, type):
        cls, name_or_cls = name_or_cls, name_or_cls.__name__

    def register(cls: type, name: str | None = name_or_cls) -> type:
        if not (isinstance(cls, type) and issubclass(cls, BaseException)):
            raise TypeError(f"expected an exception class, got {cls!r}")
        _core.register_error_kind(name or cls.__name__, cls)
        return cls

    if cls is None:
        decorator: Callable[[type], type] = register
        return decorator
    return register(cls)


def _convert_to_ffi_error(error: BaseException) -> Error:
    """Return the native error of an exception: the same one each time while it lives."""
    return _core.convert(error)


def _parse_backtrace(backtrace: str) -> list[tuple[str, int, str]]:
    """Return file, line and name of each frame that a text of native frames has."""
    from ._traceback import frames  # late: regular expressions take their time

    return frames(backtrace)


class TracebackManager:
    """Makes tracebacks of native frames."""

    def append_traceback(
        self, tb: types.TracebackType | None, filename: str, lineno: int, func: str
    ) -> types.TracebackType | None:
        """Return a traceback with a frame in front of those of `tb`."""
        from ._traceback import one_frame

        return one_frame(tb, filename, lineno, func)


class _Kinds(Mapping[Any, Any]):
    """The kinds of errors and their exception classes, as they are at the moment."""

    def __init__(self, by_name: bool) -> None:
        self._by_name = by_name

    def _table(self) -> dict[Any, Any]:
        pairs = _core.error_kinds()
        return dict(pairs) if self._by_name else {cls: name for name, cls in pairs}

    def __getitem__(self, key: Any) -> Any:
        return self._table()[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._table())

    def __len__(self) -> int:
        return len(self._table())


ERROR_NAME_TO_TYPE = _Kinds(by_name=True)
ERROR_TYPE_TO_NAME = _Kinds(by_name=False)
