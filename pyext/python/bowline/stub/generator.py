"""What a generator of a language has to have, and the generators that there are.

The rest of the tool collects what is registered and finds blocks in files. A generator writes text and knows imports. What
it collects of a file is its own: the tool asks for it and hands it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from .consts import MarkerSyntax
from .file_utils import CodeBlock
from .python_generator import PythonGenerator
from .rust_generator import RustGenerator
from .utils import FuncInfo, InitConfig, ObjectInfo, Options

__all__ = ["Generator", "PythonGenerator", "RustGenerator", "generator_names", "get_generator"]


class Generator(Protocol):
    """Writes one language. It keeps nothing of a file, so that files may come in any order.

    Attributes
    ----------
    name : str
        What ``--target`` calls it.
    source_exts : frozenset of str
        Endings of the files that are looked for in folders.
    syntax : MarkerSyntax
        The marks of its files.
    directive_kinds : frozenset of str
        The directives that it takes besides those for all languages.
    """

    name: str
    source_exts: frozenset[str]
    syntax: MarkerSyntax
    directive_kinds: frozenset[str]

    def default_ty_map(self) -> dict[str, str]:
        """Return what types are called if no file says otherwise."""
        ...

    def new_imports(self) -> Any:
        """Return what collects the imports of a file."""
        ...

    def add_directive(self, imports: Any, name: str, payload: str, lineno: int) -> None:
        """Take a directive of a file; it holds for all blocks of it."""
        ...

    def canonical_type_name(self, type_key: str) -> str:
        """Return how an import of a type would call it. So what a file defines is not imported."""
        ...

    def extra_export_names(self, imports: Any) -> set[str]:
        """Return what a file exports besides what its blocks define."""
        ...

    def is_builtin(self, type_key: str) -> bool:
        """Return whether the language's runtime has the type: it gets no block then."""
        ...

    def check_view(self, code_blocks: list[CodeBlock]) -> object:
        """Return what has to change for a file to be out of date."""
        ...

    def generate_global_funcs_block(
        self, code: CodeBlock, global_funcs: list[FuncInfo], ty_map: dict[str, str], imports: Any, opt: Options
    ) -> None:
        """Fill a block of global functions."""
        ...

    def generate_object_block(
        self,
        code: CodeBlock,
        ty_map: dict[str, str],
        imports: Any,
        opt: Options,
        obj_info: ObjectInfo,
        declared: Mapping[str, Path],
    ) -> None:
        """Fill a block of a type. `declared` has the file of each type with a block in this run."""
        ...

    def generate_import_section_block(self, code: CodeBlock, imports: Any, opt: Options, defined_types: set[str]) -> None:
        """Fill the block of imports, without those that the file defines."""
        ...

    def generate_all_block(self, code: CodeBlock, names: set[str], opt: Options) -> None:
        """Fill the block of exported names."""
        ...

    def generate_export_block(self, code: CodeBlock) -> None:
        """Fill the block that exports what another module has."""
        ...

    def generate_helpers_block(self, code: CodeBlock, opt: Options) -> None:
        """Fill a block of what the others need."""
        ...

    def api_filename(self) -> str:
        """Return the name of a file with functions and types."""
        ...

    def init_filename(self) -> str:
        """Return the name of the file that makes a folder a package."""
        ...

    def generate_api_file(
        self,
        code_blocks: list[CodeBlock],
        ty_map: dict[str, str],
        module_name: str,
        object_infos: list[ObjectInfo],
        init_cfg: InitConfig,
        is_root: bool,
    ) -> str:
        """Return what is appended to a file with functions and types."""
        ...

    def generate_init_file(self, code_blocks: list[CodeBlock], module_name: str, submodule: str) -> str:
        """Return what is appended to the file that makes a folder a package."""
        ...

    def finalize_init(self, init_path: Path, generated_prefixes: set[str]) -> None:
        """Tie together files that were made anew."""
        ...


_GENERATORS: dict[str, Generator] = {made.name: made for made in (PythonGenerator(), RustGenerator())}


def generator_names() -> list[str]:
    """Return the names of the generators, sorted."""
    return sorted(_GENERATORS)


def get_generator(target: str) -> Generator:
    """Return a generator by its name.

    Raises
    ------
    ValueError
        If there is none.
    """
    found = _GENERATORS.get(target)
    if found is None:
        raise ValueError(f"Unknown stubgen generator: {target!r}. Known generators: {', '.join(generator_names())}")
    return found
