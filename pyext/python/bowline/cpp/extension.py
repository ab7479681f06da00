"""Compiling C++ and C sources into a shared library and loading it.

Upholds: the same sources, options and compiler are compiled once; two processes that want the same library make it once.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..libinfo import find_libtvm_ffi, include_paths
from ..module import load_module
from ..utils.lockfile import FileLock

if TYPE_CHECKING:
    from ..module import Module

__all__ = ["build", "build_inline", "load", "load_inline"]

IS_WINDOWS = sys.platform == "win32"
logger = logging.getLogger(__name__)

_Texts = Sequence[str] | str | None
_HEADERS = (
    "tvm/ffi/container/tensor.h",
    "tvm/ffi/dtype.h",
    "tvm/ffi/error.h",
    "tvm/ffi/extra/c_env_api.h",
    "tvm/ffi/function.h",
)
# Of a file that is to be linked later.
_OBJECT = (".o", ".obj")
# The macro lets a library say the types and documentation of its functions.
_CFLAGS = ("-std=c++17", "-fPIC", "-O2", "-DTVM_FFI_DLL_EXPORT_INCLUDE_METADATA=1")
_LDFLAGS = ("-shared",)


def _texts(given: _Texts) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


def _expect_cpp_only(**given: Any) -> None:
    """Refuse what takes the compiler of a device."""
    for name, value in given.items():
        if value:
            raise NotImplementedError(
                f"{name} is not supported: bowline compiles C++ only. Compile it by the device's own tools"
            )


def _quoted(text: str) -> str:
    """Return a string literal of C++ with this content."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "?": "\\?"}
    parts = []
    for char in text:
        if char in escapes:
            parts.append(escapes[char])
        elif char.isprintable() and char.isascii():
            parts.append(char)
        else:
            # Octal: of at most three digits, whatever follows.
            parts += [f"\\{byte:03o}" for byte in char.encode()]
    return f'"{"".join(parts)}"'


def _inline_source(sources: list[str], functions: Mapping[str, str] | _Texts) -> str:
    docs = dict(functions) if isinstance(functions, Mapping) else dict.fromkeys(_texts(functions), "")
    lines = [*(f"#include <{header}>" for header in _HEADERS), "", *sources]
    for name, doc in docs.items():
        lines.append(f"TVM_FFI_DLL_EXPORT_TYPED_FUNC({name}, {name});")
        if doc:
            lines.append(f"TVM_FFI_DLL_EXPORT_TYPED_FUNC_DOC({name}, {_quoted(doc)});")
    return "\n".join(lines) + "\n"


def _compile(
    name: str,
    files: list[Path],
    inline: str | None,
    cflags: _Texts,
    ldflags: _Texts,
    includes: _Texts,
    build_directory: str | None,
    output: str | None,
) -> str:
    """Compile files, and source if any, into a library or object file; return its path. What is there is not made again."""
    compiler, c_compiler = shlex.split(os.environ.get("CXX") or "c++"), shlex.split(os.environ.get("CC") or "cc")
    object_only = output is not None and output.endswith(_OBJECT)
    if object_only and len(files) + (inline is not None) > 1:
        raise ValueError(f"{output} is an object file, which is made of one source")
    folders = [*include_paths(), *(str(Path(folder).resolve()) for folder in _texts(includes))]
    options = [*_CFLAGS, *_texts(cflags), *(f"-I{folder}" for folder in folders)]
    # By the name that the extension has for the loader. It is there already when the library is loaded.
    linked = [*_LDFLAGS, *_texts(ldflags), find_libtvm_ffi()]
    if sys.platform == "darwin":
        linked += ["-undefined", "dynamic_lookup"]
    if object_only:
        linked = []

    def to_object(source: str, made: str) -> None:
        # A compiler of C++ takes a file of C for C++. Its names are other ones there.
        if source.endswith(".c"):
            c_options = [option for option in options if not option.startswith("-std=c++")]
            _run([*c_compiler, *c_options, "-c", source, "-o", made])
        else:
            _run([*compiler, *options, "-c", source, "-o", made])

    digest = hashlib.sha256()
    for text in (*compiler, *c_compiler, *options, *linked, inline or "", *map(str, files)):
        digest.update(text.encode() + b"\0")
    for file in files:
        digest.update(file.read_bytes() + b"\0")
    if build_directory is None:
        cache = os.environ.get("TVM_FFI_CACHE_DIR") or os.path.expanduser("~/.cache/tvm-ffi")
        folder = Path(cache) / f"{name}_{digest.hexdigest()[:16]}"
    else:
        folder = Path(build_directory).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / (output or f"{name}.so")
    stamp = folder / f"{library.name}.sources"
    with FileLock(str(folder / "lock")):
        if library.exists() and stamp.exists() and stamp.read_text() == digest.hexdigest():
            return str(library)
        sources = [str(file.resolve()) for file in files]
        if inline is not None:
            main = folder / "main.cpp"
            main.write_text(inline)
            sources.append(str(main))
        # In a folder of its own first: the former library may be in use.
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            made = os.path.join(scratch, library.name)
            if object_only:
                to_object(sources[0], made)
            else:
                for at, source in enumerate(sources):
                    if source.endswith(".c"):
                        sources[at] = os.path.join(scratch, f"{at}.o")
                        to_object(source, sources[at])
                _run([*compiler, *options, *sources, "-o", made, *linked])
            os.replace(made, library)
        stamp.write_text(digest.hexdigest())
    return str(library)


def _run(command: list[str]) -> None:
    logger.info("%s", shlex.join(command))
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise RuntimeError(f"no compiler {command[0]!r}: set CXX, and CC for C") from error
    if done.returncode != 0:
        raise RuntimeError(
            f"the compiler failed, exit code {done.returncode}:\n{shlex.join(command)}\n{done.stdout}{done.stderr}"
        )


def build(
    name: str,
    *,
    sources: _Texts = None,
    cpp_files: _Texts = None,
    cuda_files: _Texts = None,
    extra_cflags: Sequence[str] | None = None,
    extra_cuda_cflags: Sequence[str] | None = None,
    extra_ldflags: Sequence[str] | None = None,
    extra_include_paths: Sequence[str] | None = None,
    build_directory: str | None = None,
    backend: str | None = None,
    output: str | None = None,
) -> str:
    """Compile files of C++ or C into a shared library, and return its path. An object file to link later is made if asked for.

    Parameters
    ----------
    name : str
        The library's name.
    sources, cpp_files : str or sequence of str, optional
        The files: of C++, C (``.c``), or object files (``.o``).
    extra_cflags, extra_ldflags, extra_include_paths : sequence of str, optional
        Further options of the compiler and the linker, and further folders with headers.
    build_directory : str, optional
        Where the library is made; a folder below ``TVM_FFI_CACHE_DIR``, or ``~/.cache/tvm-ffi``, if left out.
    output : str, optional
        The name of the library's file. If it ends in ``.o``, that is an object file, made of one source.
    cuda_files, extra_cuda_cflags, backend
        Not supported.

    Raises
    ------
    RuntimeError
        If there are no headers or no compiler, or it fails; its message has what the compiler said.
    NotImplementedError
        For code of devices.
    ValueError
        If there is no file, or more than one for an object file.
    """
    _expect_cpp_only(cuda_files=cuda_files, extra_cuda_cflags=extra_cuda_cflags, backend=backend)
    files = [Path(file) for file in (*_texts(sources), *_texts(cpp_files))]
    if not files:
        raise ValueError("build needs at least one file, as sources or cpp_files")
    for file in files:
        if file.suffix == ".cu":
            _expect_cpp_only(sources=str(file))
    return _compile(name, files, None, extra_cflags, extra_ldflags, extra_include_paths, build_directory, output)


def build_inline(
    name: str,
    *,
    cpp_sources: _Texts = None,
    cuda_sources: _Texts = None,
    functions: Mapping[str, str] | _Texts = None,
    extra_cflags: Sequence[str] | None = None,
    extra_cuda_cflags: Sequence[str] | None = None,
    extra_ldflags: Sequence[str] | None = None,
    extra_include_paths: Sequence[str] | None = None,
    build_directory: str | None = None,
    embed_cubin: Mapping[str, bytes] | None = None,
    backend: str | None = None,
    output: str | None = None,
) -> str:
    """Compile source text of C++ into a shared library and return its path.

    Parameters
    ----------
    name : str
        The library's name.
    cpp_sources : str or sequence of str
        The text. The headers of functions, tensors and errors are included in front of it.
    functions : mapping, str or sequence of str, optional
        Which functions the module has; a mapping gives the documentation of each.
    cuda_sources, embed_cubin
        Not supported.
    extra_cflags, extra_cuda_cflags, extra_ldflags, extra_include_paths, build_directory, backend, output
        As for `build`.

    Raises
    ------
    RuntimeError, NotImplementedError
        As `build`.
    """
    _expect_cpp_only(cuda_sources=cuda_sources, extra_cuda_cflags=extra_cuda_cflags, embed_cubin=embed_cubin, backend=backend)
    source = _inline_source(_texts(cpp_sources), functions)
    return _compile(name, [], source, extra_cflags, extra_ldflags, extra_include_paths, build_directory, output)


def load(
    name: str,
    *,
    sources: _Texts = None,
    cpp_files: _Texts = None,
    cuda_files: _Texts = None,
    extra_cflags: Sequence[str] | None = None,
    extra_cuda_cflags: Sequence[str] | None = None,
    extra_ldflags: Sequence[str] | None = None,
    extra_include_paths: Sequence[str] | None = None,
    build_directory: str | None = None,
    keep_module_alive: bool = True,
    backend: str | None = None,
) -> Module:
    """Compile files of C++ and load the library; see `build` and `load_module`."""
    path = build(
        name,
        sources=sources,
        cpp_files=cpp_files,
        cuda_files=cuda_files,
        extra_cflags=extra_cflags,
        extra_cuda_cflags=extra_cuda_cflags,
        extra_ldflags=extra_ldflags,
        extra_include_paths=extra_include_paths,
        build_directory=build_directory,
        backend=backend,
    )
    return load_module(path, keep_module_alive)


def load_inline(
    name: str,
    *,
    cpp_sources: _Texts = None,
    cuda_sources: _Texts = None,
    functions: Mapping[str, str] | _Texts = None,
    extra_cflags: Sequence[str] | None = None,
    extra_cuda_cflags: Sequence[str] | None = None,
    extra_ldflags: Sequence[str] | None = None,
    extra_include_paths: Sequence[str] | None = None,
    build_directory: str | None = None,
    embed_cubin: Mapping[str, bytes] | None = None,
    keep_module_alive: bool = True,
    backend: str | None = None,
) -> Module:
    """Compile source text of C++ and load the library; see `build_inline` and `load_module`."""
    path = build_inline(
        name,
        cpp_sources=cpp_sources,
        cuda_sources=cuda_sources,
        functions=functions,
        extra_cflags=extra_cflags,
        extra_cuda_cflags=extra_cuda_cflags,
        extra_ldflags=extra_ldflags,
        extra_include_paths=extra_include_paths,
        build_directory=build_directory,
        embed_cubin=embed_cubin,
        backend=backend,
    )
    return load_module(path, keep_module_alive)
