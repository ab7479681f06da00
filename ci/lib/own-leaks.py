"""Finds in LeakSanitizer's reports what the extension lost.

own-leaks.py FILE...      prints each such place; exit code 1 if there is one

CPython gives up much of its memory at its end without freeing it, and with it what its objects hold. So a leak counts by
who allocated it: the first function behind the allocator and Rust's standard library. Direct ones are looked at only: to
the others, something that was lost itself still points. Objects with a wrapper are never lost in this sense, since the
storage table knows their wrappers: the counters that each test compares are for those.
"""

from __future__ import annotations

import pathlib
import re
import sys
from collections import Counter

# Of the standard library, where an allocation passes through.
THROUGH = re.compile(r"/rustlib/src/rust/library/|/rustc/|__rustc::|^(malloc|calloc|realloc|posix_memalign|aligned_alloc) ")
# What belongs to a class, which lasts as long as the interpreter. That frees classes at its end, not what C gave them.
OF_CLASSES = re.compile(
    r"_core::interpreter::members::Members>::slots"  # methods and members of the built-in ones
    r"|^install \S*/types/call/function\.rs"
    r"|_core::types::field::field_cache::FieldCache>?::(publish_first|replace|next_of)"  # a registered class's table of fields
    r"|_core::types::field::getattro::(install|renew|table_now)"
    r"|^pymethod_def \S*pyclass/create_type_object\.rs"  # PyO3's
)


def places(report: str):
    """Yield each direct leak in a report. It is the function that allocated it, and how many blocks."""
    for leak in re.split(r"\n(?=(?:Direct|Indirect) leak of)", report):
        head = re.match(r"Direct leak of \d+ byte\(s\) in (\d+) object", leak)
        frames = re.findall(r"^\s+#\d+ 0x[0-9a-f]+ in (.+)$", leak, re.MULTILINE)
        if head:
            yield next((frame for frame in frames if not THROUGH.search(frame)), ""), int(head[1])


def main() -> int:
    """Read the reports."""
    lost: Counter[str] = Counter()
    for report in map(pathlib.Path, sys.argv[1:]):
        if not report.exists():
            continue  # a pattern that nothing matched
        for place, count in places(report.read_text(errors="replace")):
            if re.search(r"\.rs(:\d+)* ?|_core\.", place) and not OF_CLASSES.search(place):
                lost[place] += count
    for place, count in lost.most_common():
        print(f"{count} blocks lost by {place}")
    return 1 if lost else 0


sys.exit(main())
