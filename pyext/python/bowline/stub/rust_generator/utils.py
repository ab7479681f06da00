"""Imports as Rust has them, how names are written, and types of values.

Upholds: a name that a file defines or imports is not imported again as another.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from ...core import TypeSchema
from . import consts
from .directives import Directives

__all__ = [
    "RustImports",
    "RustUse",
    "builtin_mirror_name",
    "check_tokens",
    "is_crate_type_key",
    "render_rust_type",
    "rust_ident",
    "rust_module_path",
]


@dataclasses.dataclass(frozen=True, init=False)
class RustUse:
    """The import of a path, or of a type key as one. `path` is the path."""

    path: str

    def __init__(self, name: str) -> None:
        head, dot, rest = name.partition(".")
        if dot and "::" not in name:
            name = f"{consts.RUST_MOD_MAP.get(head, head)}.{rest}"
        object.__setattr__(self, "path", name.replace(".", "::"))

    @property
    def leaf(self) -> str:
        """The name that is imported."""
        return self.path.rpartition("::")[2]

    def as_use_line(self) -> str:
        """Return the declaration; empty for what is in scope everywhere."""
        return f"use {self.path};" if "::" in self.path else ""


def is_crate_type_key(type_key: str) -> bool:
    """Return whether the crate has a type itself."""
    return type_key.partition(".")[0] in consts.RUST_MOD_MAP


@functools.cache
def rust_module_path(path: Path) -> tuple[str, ...]:
    """Return the module that a file is, from ``"crate"`` on.

    Raises
    ------
    ValueError
        If the file is not below the folder ``src`` of a crate.
    """
    path = path.resolve()
    crate = next((folder for folder in path.parents if (folder / "Cargo.toml").is_file()), None)
    if crate is None:
        raise ValueError(f"{path} is in no crate: no folder above it has a `Cargo.toml`")
    if crate / "src" not in path.parents:
        raise ValueError(f"{path} is in no module of the crate: it is not under `{crate / 'src'}`")
    names = path.relative_to(crate / "src").with_suffix("").parts
    if names[-1] == "mod" or names in (("lib",), ("main",)):
        names = names[:-1]
    return ("crate", *(f"r#{name}" if name in consts.RUST_KEYWORDS else name for name in names))


def builtin_mirror_name(type_key: str) -> str:
    """Return the name of a struct that stands for a type of the runtime. The crate has none of it."""
    head, _, last = type_key.rpartition(".")
    return f"{head.replace('.', '_').capitalize()}{last}Obj"


@dataclasses.dataclass
class RustImports:
    """What is collected of a file.

    Attributes
    ----------
    items : list of RustUse
        What it imports.
    directives : Directives
        What its directives say.
    builtin_mirrors : dict
        Types of the runtime for which it has structs of its own, with what each begins with; the root's first.
    reserved : set of str
        Names that it defines.
    """

    items: list[RustUse] = dataclasses.field(default_factory=list)
    directives: Directives = dataclasses.field(default_factory=Directives)
    builtin_mirrors: dict[str, str] = dataclasses.field(default_factory=dict)
    reserved: set[str] = dataclasses.field(default_factory=set)

    def record(self, name: str) -> str:
        """Note an import. Return how the name is written then: in full if another one is called so."""
        use = RustUse(name)
        if not use.as_use_line() or use in self.items:
            return use.leaf
        if use.leaf in self.reserved or any(item.leaf == use.leaf for item in self.items):
            return use.path
        self.items.append(use)
        return use.leaf

    def record_builtin_base(self, chain: list[str]) -> str:
        """Note types of the runtime, each below the one before. Return the name of the last one's struct."""
        base = self.record("tvm_ffi::Object")
        for type_key in chain:
            self.builtin_mirrors.setdefault(type_key, base)
            base = builtin_mirror_name(type_key)
        return base


def render_rust_type(schema: TypeSchema, ty_render: Callable[[str, str | None], str | None]) -> str | None:
    """Return the type of values of a schema; None if there is none.

    Parameters
    ----------
    ty_render : callable
        Returns what a type is called, from the schema's `origin` and `type_key`.
    """
    origin = schema.origin
    if origin in consts.RUST_UNSUPPORTED_ORIGINS:
        return None
    if origin not in ("Array", "List", "Map", "Optional"):
        return ty_render(origin, schema.type_key if origin != "Callable" else None)
    name = "Option" if origin == "Optional" else ty_render(origin, None)
    inner = [render_rust_type(arg, ty_render) for arg in schema.args or ()]
    known = [arg for arg in inner if arg is not None]
    return f"{name}<{', '.join(known)}>" if name is not None and len(known) == len(inner) else None


# The modules before a name: they depend on the file that the name is in.
_MODULES = re.compile(r"(?<![\w:])(?:::)?(?:[a-z_][a-z0-9_]*::)+(?=[A-Za-z_])")


def check_tokens(lines: Iterable[str]) -> tuple[str, ...]:
    """Return the tokens that count for whether a file is out of date. Imports, comments, modules and layout do not."""
    bare = [line.strip() for line in lines]
    text = _MODULES.sub("", " ".join(line for line in bare if not line.startswith(("use ", "//"))))
    tokens = re.findall(r"\w+|\S", text)
    # rustfmt adds a comma where it breaks a line.
    pairs = itertools.zip_longest(tokens, tokens[1:])
    return tuple(token for token, after in pairs if token != "," or after not in (")", "]", "}"))


def rust_ident(name: str) -> str:
    """Return how a field is called. It has no underscore behind it or two on both sides, and is never a keyword."""
    if len(name) > 4 and name.startswith("__") and name.endswith("__"):
        name = name[2:-2]
    elif len(name) > 1 and name.endswith("_") and not name.endswith("__"):
        name = name[:-1]
    if name in consts.RUST_NOT_RAW_IDENTIFIERS | consts.RUST_RESERVED_MEMBERS:
        return f"{name}_"
    return f"r#{name}" if name in consts.RUST_KEYWORDS else name
