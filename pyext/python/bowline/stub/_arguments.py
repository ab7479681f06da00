"""The command line of the stub generator.

Upholds: what is returned is consistent; what is not ends the process with a message.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import consts
from .generator import generator_names
from .utils import InitConfig, Options

__all__ = ["parse"]


class _Help(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Shows defaults, and the description as it is."""


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        formatter_class=_Help,
        description=(
            "Write type information about registered functions and types into blocks of source files.\n\n"
            "Without --init-* the given files are updated where comments with `tvm-ffi-stubgen(...)` say so.\n"
            "With --init-* files and blocks are made first for all that is registered under a prefix.\n\n"
            f"The comments are described at {consts.DOC_URL}"
        ),
    )
    add = parser.add_argument
    add("files", nargs="*", metavar="PATH", help="files, and folders to look for files of the target language in")
    add("--imports", default="", metavar="IMPORTS", help="modules to import first, with ';' between them")
    add("--dlls", default="", metavar="LIBS", help="libraries to load first, with ';' between them")
    add("--init-pypkg", default="", help="make files for this distribution; takes the other two --init-* as well")
    add("--init-lib", default="", help="the name of its library, without `lib` and ending")
    add("--init-prefix", default="", help="what the names of its functions and types begin with")
    add("--indent", type=int, default=4, help="spaces by which lines are indented in a block")
    add("--target", default="python", choices=generator_names(), help="the language to write")
    add("--verbose", action="store_true", help="show what changes")
    add("--dry-run", action="store_true", help="change no file")
    add("--check", action="store_true", help="change no file; exit with status 1 if one is out of date, and say which")
    add("--coverage-out", default=None, metavar="JSON", help="write which types can be declared in other languages")
    return parser


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(";") if item.strip()]


def parse(arguments: Sequence[str] | None = None, program: str = "tvm-ffi-stubgen") -> Options:
    """Return what arguments say, those of the process if there are none."""
    parser = _parser(program)
    given = parser.parse_args(arguments)
    parts = [given.init_pypkg, given.init_lib, given.init_prefix]
    if any(parts) and not all(parts):
        parser.error("--init-pypkg, --init-lib, and --init-prefix must be provided together")
    init = InitConfig(*parts) if any(parts) else None
    if given.check and init is not None:
        parser.error("--check cannot be combined with --init-* flags")
    if init is not None and not given.files:
        parser.error("--init-* flags take a PATH to make files in")
    if not given.files and given.coverage_out is None:
        parser.print_help()
        sys.exit(1)
    return Options(
        imports=_items(given.imports),
        dlls=_items(given.dlls),
        init=init,
        indent=given.indent,
        files=given.files,
        verbose=given.verbose,
        dry_run=given.dry_run or given.check,
        check=given.check,
        target=given.target,
        coverage_out=given.coverage_out,
    )
