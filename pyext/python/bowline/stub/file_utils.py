"""Source files as pieces: text that stays, directives, and blocks whose content is generated.

Upholds: a file that was read and not changed is written as it was.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import get_args

from . import consts
from .consts import STUB_BLOCK_KINDS, MarkerSyntax

__all__ = ["CodeBlock", "FileInfo", "collect_files", "path_walk", "syntax_for"]


def syntax_for(path: Path) -> MarkerSyntax:
    """Return the marks of a file, by the ending of its name."""
    return consts.SYNTAX_BY_EXT.get(path.suffix.lower(), consts.PYTHON_SYNTAX)


@dataclasses.dataclass
class CodeBlock:
    """A piece of a file. A block has all its lines, both marks included; a directive or text has one line.

    Attributes
    ----------
    kind : str, optional
        What it is; None is text that stays.
    param : str or tuple of str
        What the mark says besides: of a directive its name and the rest, of global functions their prefix and a module.
    """

    kind: STUB_BLOCK_KINDS
    param: str | tuple[str, ...]
    lineno_start: int
    lineno_end: int | None
    lines: list[str]

    def __post_init__(self) -> None:
        """Refuse other kinds."""
        assert self.kind in get_args(STUB_BLOCK_KINDS), self.kind

    @property
    def indent(self) -> int:
        """How many spaces the first line begins with."""
        first = self.lines[0] if self.lines else ""
        return len(first) - len(first.lstrip(" "))

    @staticmethod
    def from_begin_line(lineo: int, line: str, syntax: MarkerSyntax) -> CodeBlock:
        """Return the piece that a mark begins.

        Raises
        ------
        ValueError
            If the mark is none that there is.
        """
        if line.startswith(syntax.begin):
            kind, param = _kind_of_block(line[len(syntax.begin) :].strip(), lineo)
            return CodeBlock(kind, param, lineo, None, [])
        name, ends, payload = line[len(syntax.prefix) :].partition("):")
        if not ends or not name.replace("-", "_").isidentifier():
            raise ValueError(f"Unknown stub type at line {lineo}: {line}")
        return CodeBlock("directive", (name, payload.strip()), lineo, lineo, [])


def _kind_of_block(said: str, lineno: int) -> tuple[STUB_BLOCK_KINDS, str | tuple[str, ...]]:
    if said == "import-section":
        return "import-section", ""
    if said == "__all__":
        return "__all__", ""
    kind, slash, rest = said.partition("/")
    rest = rest.strip()
    if slash and kind == "global":
        return "global", tuple(rest.split("@")) if "@" in rest else (rest, "")
    if slash and kind == "object":
        return "object", rest
    if slash and kind == "export":
        return "export", rest
    raise ValueError(f"Unknown stub type `{said}` at line {lineno}")


@dataclasses.dataclass
class FileInfo:
    """A file in pieces. `lines` is what it had when it was read or written last."""

    path: Path
    lines: tuple[str, ...]
    code_blocks: list[CodeBlock]
    syntax: MarkerSyntax

    def update(self, verbose: bool, dry_run: bool) -> bool:
        """Write the pieces unless they are what the file has; return whether they differ.

        Parameters
        ----------
        verbose : bool
            Whether to print the difference.
        dry_run : bool
            Whether to leave the file as it is.
        """
        lines = tuple(line for block in self.code_blocks for line in block.lines)
        if lines == self.lines:
            if verbose:
                print(f"{consts.TERM_CYAN}-----> Unchanged{consts.TERM_RESET}")
            return False
        if verbose:
            _print_difference(self.lines, lines)
        self.lines = lines
        if not dry_run:
            self.path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return True

    @staticmethod
    def from_file(file: Path, include_empty: bool = False, syntax: MarkerSyntax | None = None) -> FileInfo | None:
        """Read a file. None if it says that it is to be skipped, or has no marks unless `include_empty`.

        Raises
        ------
        ValueError
            For marks within a block, or one that does not end or begin.
        """
        assert file.is_file(), f"Expected a file, but got: {file}"
        file = file.resolve()
        syntax = syntax_for(file) if syntax is None else syntax
        lines = file.read_text(encoding="utf-8").splitlines()
        bare = [line.strip() for line in lines]
        if any(line.startswith(syntax.skip_file) for line in bare):
            return None
        if not include_empty and not any(line.startswith(syntax.prefix) for line in bare):
            return None
        return FileInfo(file, tuple(lines), _pieces(lines, syntax), syntax)

    def reload(self) -> None:
        """Read the pieces again; `lines` stays what it was."""
        read = FileInfo.from_file(self.path, syntax=self.syntax)
        assert read is not None, f"File no longer exists or valid: {self.path}"
        self.code_blocks = read.code_blocks


def _pieces(lines: list[str], syntax: MarkerSyntax) -> list[CodeBlock]:
    pieces: list[CodeBlock] = []
    block: CodeBlock | None = None
    for number, line in enumerate(lines, 1):
        bare = line.strip()
        if bare.startswith(syntax.begin):
            if block is not None:
                raise ValueError(f"Nested stub not permitted at line {number}")
            block = CodeBlock.from_begin_line(number, bare, syntax)
            block.lines.append(line)
        elif bare.startswith(syntax.end):
            if block is None:
                raise ValueError(f"Unmatched `{syntax.end}` found at line {number}")
            block.lines.append(line)
            block.lineno_end = number
            pieces.append(block)
            block = None
        elif bare.startswith(syntax.prefix):
            directive = CodeBlock.from_begin_line(number, bare, syntax)
            directive.lines.append(line)
            pieces.append(directive)
        elif block is not None:
            block.lines.append(line)
        else:
            pieces.append(CodeBlock(None, "", number, number, [line]))
    if block is not None:
        raise ValueError("Unclosed stub block at end of file")
    return pieces


def _print_difference(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    colors = {"-": consts.TERM_RED, "+": consts.TERM_GREEN}
    # The first two lines name files, of which there is one.
    for line in list(difflib.unified_diff(before, after, lineterm=""))[2:]:
        color = colors.get(line[:1])
        print(line if color is None else f"{color}{line}{consts.TERM_RESET}")


def collect_files(paths: list[Path], source_exts: Collection[str]) -> list[FileInfo]:
    """Read the files with marks, sorted by path. Of folders, those whose name ends on one of `source_exts`.

    What cannot be read is said and left out.
    """
    endings = {ending.lower() for ending in source_exts}

    def complain(_: Exception) -> None:
        print(f"{consts.TERM_RED}[Error]\n{traceback.format_exc()}{consts.TERM_RESET}", end="", flush=True)

    def below(path: Path) -> Iterator[Path]:
        if path.is_file():
            yield path
            return
        for folder, _, names in path_walk(path, follow_symlinks=False, on_error=complain):
            yield from (folder / name for name in names if Path(name).suffix.lower() in endings)

    files = []
    for file in sorted((file for path in paths for file in below(path)), key=str):
        try:
            read = FileInfo.from_file(file)
        except Exception as error:
            complain(error)
        else:
            if read is not None:
                files.append(read)
    return files


def path_walk(
    p: Path,
    *,
    top_down: bool = True,
    on_error: Callable[[Exception], None] | None = None,
    follow_symlinks: bool = False,
) -> Iterable[tuple[Path, list[str], list[str]]]:
    """Yield each folder with the names of the folders and files in it. Nothing for a path that is not there."""
    for folder, folders, files in (
        os.walk(p, topdown=top_down, onerror=on_error, followlinks=follow_symlinks) if p.exists() else ()
    ):
        yield Path(folder), folders, files
