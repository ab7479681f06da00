"""What a compiler has to be told to build libraries for bowline.

The command `bowline-config`, also called `tvm-ffi-config`, says it.

Upholds: nothing is loaded or changed but a folder of the user's cache.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

__all__ = ["cmake_dir", "dlpack_include_dir", "headers_from", "include_dir", "lib_dir", "main", "tvm_ffi_include_dir"]

_PACKAGE = Path(__file__).resolve().parent
# What a wheel of apache-tvm-ffi has its headers below.
_IN_WHEEL = "tvm_ffi/include/"


def _cache(name: str) -> Path:
    """Return a folder of the user's cache, which need not be there."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "bowline" / name


def include_dir() -> Path:
    """Return the folder of ``bowline.h``."""
    return _PACKAGE / "include"


def tvm_ffi_include_dir() -> Path:
    """Return the folder of tvm-ffi's own headers, which bowline does not ship: ``TVM_FFI_INCLUDE``.

    Raises
    ------
    FileNotFoundError
        If there are none.
    """
    given = os.environ.get("TVM_FFI_INCLUDE")
    if not given:
        raise FileNotFoundError(
            "there are no headers of tvm-ffi: set TVM_FFI_INCLUDE to their folder, or take them from a wheel of "
            "apache-tvm-ffi, which need not be installed, by `bowline-config --headers-from WHEEL`; "
            "bowline.h has the same ABI for C"
        )
    folder = Path(given)
    if not (folder / "tvm/ffi/c_api.h").is_file():
        raise FileNotFoundError(f"TVM_FFI_INCLUDE is {given}, which has no tvm/ffi/c_api.h")
    return folder


def dlpack_include_dir(headers: Path) -> Path:
    """Return the folder of the headers of DLPack. It is that of tvm-ffi's headers, or the one where its sources have them.

    Raises
    ------
    FileNotFoundError
        If there are none.
    """
    for folder in (headers, headers.parent / "3rdparty" / "dlpack" / "include"):
        if (folder / "dlpack" / "dlpack.h").is_file():
            return folder
    raise FileNotFoundError(f"DLPack has no header in {headers}")


def cmake_dir(headers: Path) -> Path:
    """Return the folder of tvm-ffi's files for CMake, beside its headers.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    folder = headers.parent / "share/cmake/tvm_ffi"
    if not (folder / "tvm_ffi-config.cmake").is_file():
        raise FileNotFoundError(f"no tvm_ffi-config.cmake in {folder}")
    return folder


def headers_from(wheel: str | os.PathLike[str]) -> Path:
    """Unpack the headers of a wheel of apache-tvm-ffi into the user's cache; return their folder.

    Raises
    ------
    ValueError
        If the file is no wheel with such headers.
    """
    content = Path(wheel).read_bytes()
    folder = _cache(f"headers-{hashlib.sha256(content).hexdigest()[:16]}")
    if (folder / "tvm/ffi/c_api.h").is_file():
        return folder
    if not zipfile.is_zipfile(wheel):
        raise ValueError(f"{wheel} is not a wheel")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch, zipfile.ZipFile(wheel) as archive:
        made = Path(scratch, "headers")
        for name in archive.namelist():
            if not name.startswith(_IN_WHEEL) or name.endswith("/") or ".." in PurePosixPath(name).parts:
                continue
            target = made / name.removeprefix(_IN_WHEEL)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))
        if not (made / "tvm/ffi/c_api.h").is_file():
            raise ValueError(f"{wheel} has no {_IN_WHEEL}tvm/ffi/c_api.h: it is not a wheel of apache-tvm-ffi")
        try:
            made.rename(folder)
        except OSError:
            # Another process was first.
            if not (folder / "tvm/ffi/c_api.h").is_file():
                raise
    return folder


def _core_file() -> Path:
    """Return the file of the extension, without loading it."""
    found = importlib.util.find_spec("bowline._core")
    if found is None or found.origin is None:
        raise FileNotFoundError("bowline._core has no file")
    return Path(found.origin).resolve()


def lib_dir() -> Path:
    """Return a folder with ``libtvm_ffi.so``, for linkers and loaders.

    It is a link to the extension, which has the functions and this name as its soname. A wheel cannot hold links, so the
    folder is made at the first use, in the user's cache.
    """
    core = _core_file()
    folder = _cache(f"link-{hashlib.sha256(os.fsencode(core)).hexdigest()[:16]}")
    link = folder / "libtvm_ffi.so"
    if not link.is_symlink() or link.readlink() != core:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = folder / f".{os.getpid()}"
        scratch.unlink(missing_ok=True)
        scratch.symlink_to(core)
        # In one step, as another process may be here, too.
        scratch.replace(link)
    return folder


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog, description="Print what a compiler needs to build libraries for bowline.")
    flags = {
        "includedir": "the folder of the headers: bowline.h's, or tvm-ffi's if called as tvm-ffi-config",
        "tvm-includedir": "the folder of tvm-ffi's headers",
        "dlpack-includedir": "the folder of the headers of DLPack, beside tvm-ffi's headers",
        "cmakedir": "the folder of tvm-ffi's files for CMake, beside its headers",
        "sourcedir": "the folder of the package",
        "cython-lib-path": "the path of the extension module",
        "libdir": "a folder with libtvm_ffi.so",
        "libfiles": "the path of libtvm_ffi.so",
        "libs": "the library, for a linker",
        "cflags": "flags for a C compiler",
        "cxxflags": "flags for a C++ compiler",
        "ldflags": "flags for a linker",
    }
    for name, text in flags.items():
        parser.add_argument(f"--{name}", action="store_true", help=text)
    parser.add_argument("--headers-from", metavar="WHEEL", help="take tvm-ffi's headers from a wheel, and print their folder")
    return parser


def _lines(asked: argparse.Namespace, prog: str) -> list[str]:
    """Return what is asked for, a line each."""
    unpacked = headers_from(asked.headers_from) if asked.headers_from else None

    def theirs() -> Path:
        return unpacked or tvm_ffi_include_dir()

    def mine() -> Path:
        return theirs() if prog == "tvm-ffi-config" or unpacked else include_dir()

    def folders() -> str:
        found = [mine()]
        if prog == "tvm-ffi-config":
            # Both of them, as the command of tvm-ffi does. Headers of a test or a subset may come without DLPack's.
            with contextlib.suppress(FileNotFoundError):
                found.append(dlpack_include_dir(found[0]))
        return " ".join(f"-I{folder}" for folder in found)

    answers: dict[str, Callable[[], str]] = {
        "includedir": lambda: f"{mine()}",
        "tvm_includedir": lambda: f"{theirs()}",
        "dlpack_includedir": lambda: f"{dlpack_include_dir(theirs())}",
        "cmakedir": lambda: f"{cmake_dir(theirs())}",
        "sourcedir": lambda: f"{_PACKAGE}",
        "cython_lib_path": lambda: f"{_core_file()}",
        "libdir": lambda: f"{lib_dir()}",
        "libfiles": lambda: f"{lib_dir() / 'libtvm_ffi.so'}",
        "libs": lambda: "-ltvm_ffi",
        "cflags": folders,
        "cxxflags": lambda: f"{folders()} -std=c++17",
        "ldflags": lambda: f"-L{lib_dir()}",
    }
    lines = [answer() for name, answer in answers.items() if getattr(asked, name)]
    return lines if lines or unpacked is None else [f"{unpacked}"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    prog = Path(sys.argv[0]).name if arguments is None else "bowline-config"
    if __name__ == "__main__" and __spec__ is not None and __spec__.name.startswith("tvm_ffi."):
        # `python -m` by the name that tvm-ffi has for it.
        prog = "tvm-ffi-config"
    parser = _parser(prog)
    asked = parser.parse_args(arguments)
    if not any(vars(asked).values()):
        parser.print_help()
        return 0
    try:
        print(*_lines(asked, prog), sep="\n")
    except (OSError, ValueError) as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
