"""``python -m bowline.run_as_tvm_ffi PROGRAM [ARGUMENT]...``: runs a program that says ``import tvm_ffi``, unchanged.

Upholds: the program finds what ``python PROGRAM`` gives it: `__main__`, `sys.argv`, `sys.path`; tracebacks and exit
code are its own.
"""

from __future__ import annotations

import io
import os
import runpy
import sys
from types import ModuleType

from ._alias import provide_tvm_ffi

USAGE = """usage: python -m bowline.run_as_tvm_ffi PROGRAM [ARGUMENT]...
       python -m bowline.run_as_tvm_ffi -m MODULE [ARGUMENT]...
       python -m bowline.run_as_tvm_ffi -c COMMAND [ARGUMENT]...
       python -m bowline.run_as_tvm_ffi - [ARGUMENT]..."""


def _run_code(source: str | bytes, file: str, is_file: bool) -> None:
    """Run source as the module `__main__`, which stays there for what runs at the end."""
    module = ModuleType("__main__")
    namespace = module.__dict__
    namespace["__builtins__"] = __builtins__
    if is_file:
        namespace["__file__"] = file
        namespace["__cached__"] = None
    sys.modules["__main__"] = module
    exec(compile(source, file, "exec", dont_inherit=True), namespace)


def _set_path(first: str) -> None:
    # `python -m` put the current folder in front, unless it is told to be safe.
    if not sys.flags.safe_path:
        sys.path[0] = first


def main(arguments: list[str]) -> None:
    """Run what the arguments name; what it raises comes out, `SystemExit` too."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE)
        sys.exit(0 if arguments else 2)
    option, rest = arguments[0], arguments[1:]
    if option in ("-m", "-c") and not rest:
        print(USAGE, file=sys.stderr)
        sys.exit(2)
    if option.startswith("-") and option not in ("-m", "-c", "-"):
        print(f"unknown option {option}\n{USAGE}", file=sys.stderr)
        sys.exit(2)
    provide_tvm_ffi()
    if option == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif option == "-c":
        sys.argv = ["-c", *rest[1:]]
        _set_path("")
        _run_code(rest[0], "<string>", False)
    elif option == "-":
        sys.argv = arguments
        _set_path("")
        _run_code(sys.stdin.read(), "<stdin>", False)
    elif os.path.isfile(option) and not _is_archive(option):
        sys.argv = arguments
        _set_path(os.path.dirname(os.path.realpath(option)))
        with io.open_code(os.path.abspath(option)) as file:
            source = file.read()
        _run_code(source, option, True)
    else:
        # A folder or archive with a `__main__`, which is put in front of the path.
        sys.argv = arguments
        if not sys.flags.safe_path:
            del sys.path[0]
        runpy.run_path(option, run_name="__main__")


def _is_archive(path: str) -> bool:
    import zipfile

    return not path.endswith((".py", ".pyw")) and zipfile.is_zipfile(path)


if __name__ == "__main__":
    main(sys.argv[1:])
