"""Loads the library with the native types and functions under ``testing.``.

It is a guest, as libraries of other authors are (pyext/testing).

Upholds: nothing under ``testing.`` is registered where libtvm_ffi_testing.so was first, which has the same names.
"""

from __future__ import annotations

from pathlib import Path

from .. import _core
from .._one_testing import OTHER, is_other
from ..module import load_module

_NAME = "libbowline_testing.so"


def _load() -> None:
    if is_other():
        raise ImportError(
            f"bowline.testing has types and functions of the same names as {OTHER} of apache-tvm-ffi, which this process has "
            f"loaded; there can be one of the two in a process. In a process that does not load {OTHER} it can be imported",
            name=__package__,
        )
    path = Path(_core.__file__).with_name("lib") / _NAME
    if not path.exists():
        raise ImportError(
            f"bowline.testing needs {_NAME}, which this installation lacks: there is no {path}. Wheels have it, as has what "
            "`pip install` builds from the sources; maturin alone does not build it",
            name=__package__,
            path=str(path),
        )
    load_module(path)


_load()
