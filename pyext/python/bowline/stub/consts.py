"""The marks by which source files say what is to be generated. The generator's constants are here, too.

Upholds: nothing here depends on the language that is generated.
"""

from __future__ import annotations

import dataclasses
from typing import Literal, TypeAlias


@dataclasses.dataclass(frozen=True)
class MarkerSyntax:
    """The marks in a language's line comments.

    Attributes
    ----------
    comment : str
        What begins a line comment.
    """

    comment: str

    @property
    def prefix(self) -> str:
        """What every mark begins with."""
        return f"{self.comment} tvm-ffi-stubgen("

    @property
    def begin(self) -> str:
        """What begins a block; a kind follows."""
        return self.directive("begin")

    @property
    def end(self) -> str:
        """What ends a block."""
        return f"{self.prefix}end)"

    @property
    def ty_map(self) -> str:
        """What says how a type is called in the generated text."""
        return self.directive("ty-map")

    @property
    def import_object(self) -> str:
        """What asks for an import."""
        return self.directive("import-object")

    @property
    def skip_file(self) -> str:
        """What keeps the generator from a file."""
        return f"{self.prefix}skip-file)"

    def directive(self, name: str) -> str:
        """Return the mark of a directive, which takes the rest of its line."""
        return f"{self.prefix}{name}):"


PYTHON_SYNTAX = MarkerSyntax("#")
RUST_SYNTAX = MarkerSyntax("//")
# By the ending of the file's name.
SYNTAX_BY_EXT = {".py": PYTHON_SYNTAX, ".pyi": PYTHON_SYNTAX, ".rs": RUST_SYNTAX}

# Directives for all languages. Others belong to the generator of one.
PIPELINE_DIRECTIVE_KINDS = frozenset({"ty-map", "prefix", "skip"})

#: What a piece of a file is; None is text that stays.
STUB_BLOCK_KINDS: TypeAlias = Literal["global", "object", "import-section", "directive", "export", "__all__", None]

TERM_RESET = "\033[0m"
TERM_BOLD = "\033[1m"
TERM_BLACK = "\033[30m"
TERM_RED = "\033[31m"
TERM_GREEN = "\033[32m"
TERM_YELLOW = "\033[33m"
TERM_BLUE = "\033[34m"
TERM_MAGENTA = "\033[35m"
TERM_CYAN = "\033[36m"
TERM_WHITE = "\033[37m"

# Where tvm-ffi describes the marks.
DOC_URL = "https://tvm.apache.org/ffi/packaging/stubgen.html"

# Other names for methods, by the names under which they are registered.
FN_NAME_MAP: dict[str, str] = {}

# Types that the package itself binds: they get no block.
BUILTIN_TYPE_KEYS = {
    f"ffi.{name}"
    for name in (
        "BigInt",
        "Bytes",
        "Error",
        "Function",
        "Object",
        "OpaquePyObject",
        "SmallBytes",
        "SmallStr",
        "String",
        "Tensor",
    )
}
