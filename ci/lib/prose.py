"""The first sentence of each comment says its thing in at most MAX_WORDS words. This is a part of ci/check/lint.

A comment is a block of consecutive comment lines, or a docstring, in Rust, Python and the scripts of ci/. Its first sentence
ends at a full stop, a question mark or where a paragraph, list, table or example does. Code in backticks is one word, what
has no letter or digit is none, and `SAFETY:` does not count. What follows `SAFETY:` is an argument, not the name of another.

    prose.py [PATH...]      only what is below a PATH
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "pyext/src", "pyext/python", "pyext/macros", "tests", "ci", "fuzz")
MAX_WORDS = 15

# What Rust has where `//` is no comment; and its comments, of which the marks go. A quote is a lifetime's unless it is closed.
RUST = re.compile(
    r"""
    (?P<comment> //[/!]? (?P<text>[^\n]*) )
    | (?P<block> /\*[*!]? (?P<inner>.*?) \*/ )
    | \b b? c? r (?P<hashes>\#*) " .*? " (?P=hashes)
    | " (?:[^"\\] | \\.)* "
    | ' (?:[^'\\\n] | \\[^\n]{1,10}?) '
    """,
    re.X | re.S,
)
# In a script, a comment begins a word. One that follows code is known by the space after its mark.
SHELL = re.compile(r"^(?P<code>\s*|[^'\"#]*(?:'[^']*'[^'\"#]*|\"[^\"]*\"[^'\"#]*)*\s)#(?!!)(?P<text>\s.*|$)")
# What is said to tools.
PRAGMA = re.compile(r"(?:shellcheck |noqa|type: |ruff: |mypy: |pyright: |fmt: |pragma: )")
# Where a paragraph ends though no empty line says so.
PART = re.compile(r"(?:[-*+|#>]|\d+[.)])\s|\||```|~~~|\[[^\]]+\]:\s|  ")
END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bcf)(?<!\bvs)[.!?][)\]\"'*_]*(?=\s|$)")
# An argument that sends its reader on.
FORWARD = re.compile(r"SAFETY: (?:as (?:above|before|there|in|for)|see |handed on|by contract|the (?:caller|guest)'s contract)\b", re.I)
CODE = re.compile(r"(`+).+?\1")

# The line where a comment begins, and its lines without marks.
Comment = tuple[int, list[str]]


def blocks(lines: list[tuple[int, bool, str, str]]) -> Iterator[Comment]:
    """Join comment lines that follow each other. Of each: its number, whether it stands alone, its mark and its text."""
    found: Comment | None = None
    kind = ""
    for number, alone, mark, text in lines:
        if found and alone and mark == kind and number == found[0] + len(found[1]):
            found[1].append(text)
            continue
        if found:
            yield found
        found, kind = (number, [text]), mark if alone else "beside code"
    if found:
        yield found


def of_rust(source: str) -> Iterator[Comment]:
    lines = []
    for match in RUST.finditer(source):
        number = source.count("\n", 0, match.start()) + 1
        if match["block"]:
            yield number, match["inner"].splitlines() or [""]
        elif match["comment"]:
            alone = not source[source.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
            lines.append((number, alone, match["comment"][: -len(match["text"]) or None], match["text"]))
    yield from blocks(lines)


def of_python(source: str) -> Iterator[Comment]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT and not token.string.startswith("#!")]
    yield from blocks([(t.start[0], not t.line[: t.start[1]].strip(), "#", t.string[1:]) for t in comments])
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node, clean=True)
            if text:
                yield node.body[0].lineno, text.splitlines()


def of_shell(source: str) -> Iterator[Comment]:
    matches = ((number, SHELL.match(line)) for number, line in enumerate(source.splitlines(), 1))
    yield from blocks([(number, not m["code"].strip(), "#", m["text"]) for number, m in matches if m])


def paragraph(lines: list[str]) -> tuple[int, int]:
    """Where the first paragraph of a comment begins and ends."""
    first = next((n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith(("# ", "```"))), len(lines))
    after = range(first + 1, len(lines))
    return first, next((n for n in after if not lines[n].strip() or PART.match(lines[n].removeprefix(" "))), len(lines))


def first_sentence(lines: list[str]) -> str:
    """The first sentence of a comment, of which each piece of code is one word."""
    begin, end = paragraph(lines)
    text = " ".join(line.strip() for line in lines[begin:end])
    text = CODE.sub(lambda code: re.sub(r"\s", "_", code[0]), text)
    stop = END.search(text)
    return text[: stop.end()] if stop else text


def words(sentence: str) -> int:
    said = re.sub(r"^(?:[-*] )?SAFETY:", "", sentence)
    return sum(1 for word in said.split() if re.search(r"\w", word))


def comments(name: str, source: str) -> Iterator[Comment]:
    if name.endswith(".rs"):
        return of_rust(source)
    if name.endswith((".py", ".pyi")) or re.match(r"#!.*python3?\n", source):
        return of_python(source)
    if name.startswith("ci/") and re.match(r"#!.*bash\n|# shellcheck [s]hell=bash\n", source):
        return of_shell(source)
    return iter(())


def main(only: list[str]) -> int:
    names = subprocess.run(
        ["git", "ls-files", *FOLDERS], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()
    wrong, seen = [], 0
    for name in names:
        path = ROOT / name
        if not path.is_file() or name.startswith("fuzz/corpus/") or (only and not name.startswith(tuple(only))):
            continue
        for number, lines in comments(name, path.read_text(errors="replace")):
            seen += 1
            sentence = first_sentence(lines)
            if words(sentence) > MAX_WORDS and not PRAGMA.match(sentence):
                wrong.append(f"{name}:{number}: the first sentence has {words(sentence)} words, {MAX_WORDS} are the most: {sentence}")
            if name.endswith(".rs") and any(FORWARD.search(line) for line in lines):
                wrong.append(f"{name}:{number}: name what the argument relies on")
    if seen < 5000 and not only:
        wrong.append(f"only {seen} comments found: the search is broken")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
