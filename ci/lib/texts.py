"""Sources are short, and texts say things in the terms of the field. This is a part of ci/check/lint.

No source is longer than LONGEST lines, but those of LONG, each for its reason; an entry there that is not needed any more is an
error, too. No committed text has one of the METAPHORS.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LONGEST = 400
SOURCES = {".rs", ".py", ".pyi", ".sh", ".h", ".cpp"}
LONG = {
    "tests/python/no_memory_calls.py": "one table: how each public name is called",
}

# In names, too, of which `_` parts the words.
METAPHORS = re.compile(
    r"(?<![a-z])(?:whoever|(?:no|every|some|any)body|(?:no[ _]|some|any)one|for[ _]?ever|ledgers?)(?![a-z])", re.I
)


def too_long(files: dict[str, list[str]]) -> list[str]:
    """Say which sources are longer than they may be. Say which may be though they are not, too."""
    long = {file: len(lines) for file, lines in files.items() if Path(file).suffix in SOURCES and len(lines) > LONGEST}
    return [
        *(f"{file} has {count} lines, where {LONGEST} are the most" for file, count in long.items() if file not in LONG),
        *(f"{file} is not longer than {LONGEST} lines: strike it from LONG" for file in LONG if file not in long),
    ]


def metaphors(files: dict[str, list[str]]) -> list[str]:
    """Say where a text has a word in the place of a plainer one.

    It stands for a thread, a caller or an owner, or for a time without end.
    """
    return [
        f"{file}:{number}: '{found}': say which thread, caller or owner, or how long"
        for file, lines in files.items()
        for number, line in enumerate(lines, 1)
        for found in METAPHORS.findall(line)
    ]


def main() -> int:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    here = Path(__file__).relative_to(ROOT).as_posix()
    files = {}
    for name in names:
        path = ROOT / name
        if path.is_file() and not name.startswith(("fuzz/corpus/", "LICENSE")) and name != here:
            files[name] = path.read_text(errors="replace").splitlines()
    wrong = [*too_long(files), *metaphors(files)]
    if len(files) < 300:
        wrong.append(f"only {len(files)} files: the search is broken")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
