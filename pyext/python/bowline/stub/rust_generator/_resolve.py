"""What types that an object names are called in a file. It also tells which of them nothing provides.

Upholds: what is named is in the crate, written by hand, or generated in this run; else it is noted as missing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ..utils import ObjectInfo
from . import consts
from .utils import RustImports, is_crate_type_key

__all__ = ["Names"]


@dataclasses.dataclass
class Names:
    """Names in one file.

    Attributes
    ----------
    imports : RustImports
        Where imports are noted.
    ty_map : dict
        Types that are called otherwise: of the crate, and written by hand.
    module : tuple of str
        The file's module.
    declared : mapping
        The modules of types that are generated in this run.
    missing : set of str
        Types that nothing provides.
    """

    imports: RustImports
    ty_map: dict[str, str]
    module: tuple[str, ...]
    declared: Mapping[str, tuple[str, ...]]
    missing: set[str] = dataclasses.field(default_factory=set)

    def provider(self, type_key: str) -> str | None:
        """Return where a type comes from: ``"crate"``, ``"mapped"`` (by hand) or ``"generated"``."""
        if is_crate_type_key(type_key):
            return "crate"
        if type_key in self.ty_map:
            return "mapped"
        if type_key in self.declared:
            return "generated"
        self.missing.add(type_key)
        return None

    def imported(self, path: str, imports: RustImports) -> str:
        """Return what a path is called here; what is in this module needs no import."""
        module, _, name = path.rpartition("::")
        return name if module == "::".join(self.module) else imports.record(path)

    def written(self, name: str) -> str:
        """Return how a type is called that a directive names: a path is imported."""
        return self.imports.record(name) if "::" in name else name

    def generated(self, type_key: str) -> str:
        """Return the path of a generated type, which in its own module is its name."""
        last = type_key.rpartition(".")[2]
        module = self.declared.get(type_key, self.module)
        return last if module == self.module else "::".join((*module, last))

    def of_value(self, origin: str, type_key: str | None, imports: RustImports) -> str | None:
        """Return what values of a type are called. None if the crate has no type for them."""
        key = type_key if type_key in self.ty_map and type_key is not None else origin
        if key in self.ty_map:
            return self.imported(self.ty_map[key], imports)
        if "." not in origin or origin.startswith("ctypes.") or self.provider(origin) == "crate":
            return None
        return imports.record(self.generated(origin))

    def ancestor(self, type_key: str) -> str | None:
        """Return what the reference type of an ancestor is called. None for those of the crate."""
        provider = self.provider(type_key)
        if provider == "crate":
            return None
        if provider == "mapped":
            return self.imported(self.ty_map[type_key], self.imports)
        return self.imports.record(self.generated(type_key))

    def base(self, info: ObjectInfo) -> tuple[str, bool]:
        """Return the struct that a type's own begins with. The second value tells whether it is one that is not the crate's."""
        parent = info.parent_type_key
        if parent is not None:
            provider = self.provider(parent)
            if provider == "mapped":
                return self.imported(self.ty_map[parent] + "Obj", self.imports), True
            if provider != "crate":
                return self.imports.record(self.generated(parent) + "Obj"), True
        above = [*info.ancestors, *([parent] if parent is not None and parent not in info.ancestors else [])]
        return self.imports.record_builtin_base([key for key in above if key != consts.RUST_ROOT_TYPE_KEY]), False
