"""Where headers and libraries are. They are this package's, and those of packages that load a library of their own.

Upholds: the library of the object system is the extension that is loaded, whichever name it is asked for by.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _config, _core, _one_testing

if TYPE_CHECKING:
    from .module import Module

    #: The library of the object system, for ctypes.
    LIB: ctypes.CDLL

__all__ = [
    "find_cmake_path",
    "find_cython_lib",
    "find_dlpack_include_path",
    "find_include_path",
    "find_libtvm_ffi",
    "find_python_helper_include_path",
    "find_source_path",
    "find_windows_implib",
    "include_paths",
    "load_lib_ctypes",
    "load_lib_module",
]

_HERE = Path(__file__).resolve().parent
# Distributions and the target by which the library of the object system is known.
_OWN = ("apache-tvm-ffi", "tvm-ffi-on-bowline", "bowline")
_OWN_TARGET = "tvm_ffi"
# Names the headers of tvm-ffi, which are another project's and not shipped here.
_INCLUDE = "TVM_FFI_INCLUDE"


def find_libtvm_ffi() -> str:
    """Return the path of the library of the object system. Its name is the one that linkers look for.

    It is a link to the extension, made in the user's cache at the first use; the extension itself where that cannot be written.
    """
    try:
        return str(_config.lib_dir() / "libtvm_ffi.so")
    except OSError:
        return find_cython_lib()


def find_windows_implib() -> str:
    """Raise: there is no build for Windows.

    Raises
    ------
    RuntimeError
        Always.
    """
    raise RuntimeError("bowline has no import library: it is not built for Windows")


def find_source_path() -> str:
    """Return the folder of the package."""
    return str(_HERE)


def find_cmake_path() -> str:
    """Return the folder with tvm-ffi's files for CMake, beside its headers.

    Raises
    ------
    RuntimeError
        If they are not there.
    """
    try:
        return str(_config.cmake_dir(Path(_headers("tvm/ffi/c_api.h"))))
    except FileNotFoundError as error:
        raise RuntimeError(str(error)) from None


def find_include_path() -> str:
    """Return the folder with tvm-ffi's headers, which the environment variable ``TVM_FFI_INCLUDE`` names.

    The package's own header for C, ``bowline.h``, is in the folder ``include`` of `find_source_path`.

    Raises
    ------
    RuntimeError
        If it names none.
    """
    return _headers("tvm/ffi/c_api.h")


def find_dlpack_include_path() -> str:
    """Return the folder with DLPack's header; see `find_include_path`.

    Raises
    ------
    RuntimeError
        If it is not there.
    """
    return _headers(os.path.join("dlpack", "dlpack.h"))


def find_cython_lib() -> str:
    """Return the path of the extension module."""
    return str(Path(_core.__file__).resolve())


def find_python_helper_include_path() -> str:
    """Raise: there are no headers for Cython here.

    Raises
    ------
    RuntimeError
        Always.
    """
    raise RuntimeError("bowline has no headers for extensions in Cython: use the C ABI, bowline.h")


def include_paths() -> list[str]:
    """Return all folders that a compiler needs for tvm-ffi's headers, each once."""
    return list(dict.fromkeys((find_include_path(), find_dlpack_include_path())))


def _headers(name: str) -> str:
    given = os.environ.get(_INCLUDE)
    if not given:
        raise RuntimeError(
            f"no headers of tvm-ffi: set {_INCLUDE} to the folder `include` of its wheel, unpacked (pip download "
            "--no-deps apache-tvm-ffi)"
        )
    folders = [Path(given), Path(given).parent / "3rdparty" / "dlpack" / "include"]
    found = _resolve_and_validate(folders, lambda folder: (folder / name).is_file())
    if found is None:
        raise RuntimeError(f"{_INCLUDE} is {given}, which has no {name}")
    return found


def load_lib_ctypes(package: str, target_name: str, mode: str, extra_lib_paths: list[Path] | None = None) -> ctypes.CDLL:
    """Load a shared library of a package.

    It is looked for among the files of the distribution, then in `extra_lib_paths`, then in the folders for libraries that the
    environment names.

    Parameters
    ----------
    package : str
        The distribution, such as ``"apache-tvm"``.
    target_name : str
        The library's name, without ``lib`` and ``.so``.
    mode : str
        How ctypes is to load it: ``"RTLD_LOCAL"`` or ``"RTLD_GLOBAL"``.
    extra_lib_paths : list of Path, optional
        Further folders.

    Raises
    ------
    RuntimeError
        If it is not found.
    TypeError
        If a folder is no `Path`, or a name no str.
    ImportError
        If it is libtvm_ffi_testing.so where `bowline.testing` is imported.
    """
    path = _find_library_by_basename(package, target_name, extra_lib_paths)
    from .registry import catch_up

    _one_testing.refuse_other(path)
    loaded = ctypes.CDLL(str(path), getattr(ctypes, mode))
    catch_up()
    return loaded


def load_lib_module(
    package: str, target_name: str, keep_module_alive: bool = True, extra_lib_paths: list[Path] | None = None
) -> Module:
    """Load a shared library of a package as a module; see `load_lib_ctypes` and `load_module`."""
    from .module import load_module

    return load_module(_find_library_by_basename(package, target_name, extra_lib_paths), keep_module_alive)


def _find_library_by_basename(
    package: str,
    target_name: str,
    extra_lib_paths: list[Path] | None = None,
    *,
    use_fallback_build_path: bool = True,
    use_env_path: bool = True,
) -> Path:
    """Return the path of a package's library, by the rules of `load_lib_ctypes`."""
    for parameter, name in (("package", package), ("target_name", target_name)):
        if not isinstance(name, str):
            raise TypeError(f"{parameter} must be a str, got {name!r}")
    for position, folder in enumerate(extra_lib_paths or ()):
        if not isinstance(folder, Path):
            raise TypeError(f"extra_lib_paths[{position}] must be a pathlib.Path, got {folder!r}")
    if target_name == _OWN_TARGET and package.replace("_", "-") in _OWN:
        # Never a second one.
        return Path(find_cython_lib())
    names = _library_names(target_name)
    for path in _files_of(package):
        if path.name in names and path.is_file():
            return path.resolve()
    folders = list(extra_lib_paths or ())
    if use_fallback_build_path:
        folders += [top / sub for top in (_rel_top_directory(), _dev_top_directory()) for sub in ("lib", "build/lib")]
    if use_env_path:
        variable = "DYLD_LIBRARY_PATH" if sys.platform == "darwin" else "LD_LIBRARY_PATH"
        folders += [Path(entry) for name in (variable, "PATH") for entry in _split_env_var(name, os.pathsep)]
    found = _resolve_and_validate([folder / name for folder in folders for name in names], Path.is_file)
    if found is None:
        looked = "\n".join(map(str, folders))
        raise RuntimeError(
            f"Cannot find library {' or '.join(names)}: not among the files of the distribution {package}, nor in\n{looked}"
        )
    return Path(found)


def _library_names(target_name: str) -> list[str]:
    if sys.platform == "win32":
        return [f"{target_name}.dll"]
    return [f"lib{target_name}{end}" for end in ((".dylib", ".so") if sys.platform == "darwin" else (".so",))]


def _files_of(package: str) -> Iterator[Path]:
    """Yield the files that a distribution installed, as its record says."""
    import csv
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = distribution(package)
    except PackageNotFoundError:
        return
    for row in csv.reader((found.read_text("RECORD") or "").splitlines()):
        if row:
            yield Path(str(found.locate_file(row[0])))


def _split_env_var(env_var: str, split: str) -> list[str]:
    """Return the parts of an environment variable; none if it is not set."""
    return [part.strip() for part in os.environ.get(env_var, "").split(split) if part.strip()]


def _rel_top_directory() -> Path:
    """Return the folder of the package."""
    return _HERE


def _dev_top_directory() -> Path:
    """Return the folder above those of the sources, in a checkout."""
    return _HERE.parents[1]


def _resolve_and_validate(paths: list[Path], cond: Callable[[Path], bool | Path]) -> str | None:
    """Return the first path of which `cond` is true, or what `cond` gives. None if there is none.

    What raises `OSError` or `AssertionError` is passed over.
    """
    for path in paths:
        try:
            resolved = path.resolve()
            accepted = cond(resolved)
        except (OSError, AssertionError):
            continue
        if isinstance(accepted, Path):
            return str(accepted)
        if accepted:
            return str(resolved)
    return None


if not TYPE_CHECKING:  # Checkers would take any name for one that it knows.

    def __getattr__(name: str) -> Any:
        # Loaded by the loader already; ctypes takes an import.
        if name != "LIB":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = ctypes.CDLL(find_cython_lib(), ctypes.RTLD_GLOBAL)
        return globals()[name]
