"""Which file of a crate or package uses which other, read from the sources. These are the arrows of ci/check/layers.

A file is named by its path below the root, without suffix. A name that `mod.rs` or `__init__.py` hands on (`pub use`, an
import) leads to the file that has it. What is compiled for tests only, or again for models, does not count, nor what type
checkers read only.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

# File → the files that it uses, each with the line that says so.
Arrows = dict[str, dict[str, int]]


def circles(arrows: Arrows) -> list[list[str]]:
    """Return the sets of files that reach each other (Tarjan), the largest first."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(file: str) -> None:
        number[file] = low[file] = len(number)
        stack.append(file)
        for other in arrows.get(file, ()):
            if other not in number:
                visit(other)
                low[file] = min(low[file], low[other])
            elif other in stack:
                low[file] = min(low[file], number[other])
        if low[file] == number[file]:
            at = stack.index(file)
            found.append(sorted(stack[at:]))
            del stack[at:]

    for file in arrows:
        if file not in number:
            visit(file)
    return sorted((circle for circle in found if len(circle) > 1), key=lambda circle: (-len(circle), circle))


# ---- Rust

Path_ = tuple[str, ...]
_WORD = r"[A-Za-z_]\w*"
_ITEM = re.compile(rf"\b(?:fn|struct|enum|union|trait|type|const|static|macro_rules!)\s+(?:mut\s+)?({_WORD})")
_TYPE = re.compile(rf"^[ \t]*pub(?:\([^)]*\))? (?:unsafe )?(?:struct|enum|union|trait|type) ({_WORD})", re.M)
_USE = re.compile(r"^[ \t]*(pub(?:\([^)]*\))?[ \t]+)?use\s+([^;]+);", re.M)
# A file that is compiled a second time, for models, or in a guest.
_AGAIN = re.compile(r"#\[path\s*=[^\]]*\]\s*(?:pub\s+)?mod\s+\w+\s*;")
# The files that a guest has in the place of others. Their paths are strings, which `_NO_CODE` takes out.
_INSTEAD = re.compile(r'#\[cfg\(feature = "guest"\)\]\s*#\[path = "([^"]+)"\]\s*((?:pub(?:\([^)]*\))?\s+)?)mod (\w+);')
_OF_HOST = re.compile(r'#\[cfg\(not\(feature = "guest"\)\)\]\s*(?:pub(?:\([^)]*\))?\s+)?mod \w+;')
_INLINE = re.compile(rf"((?:#\[[^\]]*\]\s*)*)(?:pub(?:\([^)]*\))?\s+)?mod\s+({_WORD})\s*\{{")
_CHILD = re.compile(rf"^\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+({_WORD})\s*;", re.M)
_PATH = re.compile(rf"(?<![\w:.]){_WORD}(?:\s*::\s*{_WORD})+")
# Comments, strings and characters; a lifetime is none of them.
_NO_CODE = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | b?r(?P<h>\#*)".*?"(?P=h) | b?"(?:\\.|[^"\\])*" | b?'(?:\\.[^']*|[^'\\\n])'""", re.S | re.X
)


class Crate:
    """The modules of a crate, also as a guest has it. Where is each, what has it, what does it hand on?"""

    def __init__(self, root: Path, guest: bool = False) -> None:
        self.root = root
        self.guest = guest
        self.instead: dict[Path_, Path] = {}
        self.files: dict[Path_, str] = {}
        self.texts: dict[Path_, str] = {}
        self.items: dict[Path_, set[str]] = {}
        self.handed_on: dict[Path_, dict[str, Path_]] = {}
        self.starred: dict[Path_, list[Path_]] = {}
        self._read((), root / "lib.rs")
        for module in self.texts:
            self.handed_on[module] = {}
            self.starred[module] = []
            for public, path, name in self._uses(module):
                if name == "*":
                    self.starred[module].append(path)
                elif public and path != (*module, name):
                    self.handed_on[module][name] = path

    def order(self) -> list[str]:
        """The top modules in the order of the `mod` lines of lib.rs."""
        return _CHILD.findall(self.texts[()])

    def types(self) -> dict[str, list[str]]:
        """The files, by name, that have a type of this name for others. A trait counts, too."""
        found: dict[str, list[str]] = {}
        for module, text in self.texts.items():
            for name in _TYPE.findall(text):
                found.setdefault(name, []).append(self.files[module])
        return found

    def arrows(self) -> Arrows:
        found: Arrows = {file: {} for file in self.files.values()}
        for module, text in self.texts.items():
            if not module:
                continue  # lib.rs wires all
            near = {name: path for _, path, name in self._uses(module) if name != "*"}
            for public, path, name in self._uses(module):
                # A module that hands a name of its own room on does not use it. A neighbour that is named is used where a
                # path goes on from its name, unless a function has that name, too.
                neighbour = path in self.texts and path[:1] == module[:1] and path[-1] not in self.handed_on.get(path[:-1], ())
                hands_on = public and path[:1] == module[:1]
                if not hands_on and (name == "*" or not neighbour):
                    self._note(found, module, path, text, name)
            body = _USE.sub(lambda use: re.sub(r"[^\n]", " ", use[0]), text)
            for match in _PATH.finditer(body):
                parts = tuple(re.split(r"\s*::\s*", match[0]))
                path = self._absolute(module, parts)
                if path is None and near.get(parts[0]) in self.texts:
                    path = (*near[parts[0]], *parts[1:])
                if path is not None:
                    line = body.count("\n", 0, match.start()) + 1
                    self._note(found, module, path, text, parts[-1], line)
        return found

    def _read(self, module: Path_, file: Path) -> None:
        source = file.read_text()
        folder = self._folder(file)
        if self.guest:
            source = _OF_HOST.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), source)
            self.instead |= {(*module, found[3]): folder / found[1] for found in _INSTEAD.finditer(source)}
            # Without its path, which names a file that is read here.
            source = _INSTEAD.sub(lambda found: "\n" * (found[0].count("\n")) + f"{found[2]}mod {found[3]};", source)
        text = _NO_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), source)
        self._take(module, text, file.relative_to(self.root).with_suffix("").as_posix(), file)

    def _take(self, module: Path_, text: str, name: str, file: Path) -> None:
        text = _AGAIN.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
        while match := _INLINE.search(text):
            end = _closing(text, match.end())
            inner = "\n" * text.count("\n", 0, match.end()) + text[match.end() : end]
            text = text[: match.start()] + re.sub(r"[^\n]", " ", text[match.start() : end + 1]) + text[end + 1 :]
            if not re.search(r"cfg\((?:test|doctest)\)", match[1]):
                known = self.texts.get((*module, match[2]), "")
                self._take((*module, match[2]), known + inner, name, file)
        self.files[module] = name
        self.texts[module] = text
        self.items[module] = set(_ITEM.findall(text))
        folder = self._folder(file)
        for child in _CHILD.findall(text):
            inside = folder / child / "mod.rs"
            usual = inside if inside.exists() else folder / f"{child}.rs"
            self._read((*module, child), self.instead.get((*module, child), usual))

    def _folder(self, file: Path) -> Path:
        """Where the modules within a file's are."""
        if file.name in ("lib.rs", "mod.rs") or file in self.instead.values():
            return file.parent
        return file.with_suffix("")

    def _uses(self, module: Path_) -> Iterator[tuple[bool, Path_, str]]:
        """The leaves of `use` lines that stay in the crate. Each says whether it is handed on, from where, under which name."""
        for match in _USE.finditer(self.texts[module]):
            for parts, name in _leaves("".join(re.sub(r"\s+as\s+", " as ", match[2]).split("\n"))):
                path = self._absolute(module, parts)
                if path is not None:
                    yield bool(match[1]), path, name

    def _absolute(self, module: Path_, parts: Path_) -> Path_ | None:
        """What a path means. None if it leads out of the crate, or to a name that is not known here."""
        first, rest = parts[0], parts[1:]
        if first == "crate":
            return rest
        if first in ("self", "super"):
            base = module if first == "self" else module[:-1]
            while rest and rest[0] == "super":
                base, rest = base[:-1], rest[1:]
            return (*base, *rest)
        return (*module, *parts) if (*module, first) in self.texts else None

    def _note(self, found: Arrows, module: Path_, path: Path_, text: str, name: str, line: int = 0) -> None:
        owner = self._owner(path)
        if owner is None or self.files[owner] == self.files[module] or not owner:
            return
        if not line:
            at = re.search(rf"\buse\b[^;]*\b{re.escape(name)}\b" if name != "*" else r"\buse\b[^;]*\*", text)
            line = text.count("\n", 0, at.end()) + 1 if at else 1
        found[self.files[module]].setdefault(self.files[owner], line)

    def _owner(self, path: Path_, depth: int = 8) -> Path_ | None:
        """The module that has what a path names."""
        at = max((n for n in range(len(path) + 1) if path[:n] in self.texts), default=0)
        module, rest = path[:at], path[at:]
        if not rest or depth == 0:
            return module
        if rest[0] in self.handed_on[module]:
            return self._owner((*self.handed_on[module][rest[0]], *rest[1:]), depth - 1)
        if rest[0] not in self.items[module]:
            for starred in self.starred[module]:
                if starred in self.texts and rest[0] in self.items[starred]:
                    return starred
        return module


def _closing(text: str, start: int) -> int:
    depth = 1
    for match in re.compile(r"[{}]").finditer(text, start):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return match.start()
    raise SyntaxError("a brace is not closed")


def _leaves(tree: str, before: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    """`a::{b, c as d}` → (a, b) named b, (a, c) named d."""
    tree = tree.strip()
    if "{" in tree:
        head, _, inner = tree.partition("{")
        before = (*before, *(part.strip() for part in head.split("::") if part.strip()))
        depth, start = 0, 0
        inner = inner.rstrip()[:-1]
        for at, letter in enumerate(inner + ","):
            depth += (letter == "{") - (letter == "}")
            if letter == "," and depth == 0:
                if inner[start:at].strip():
                    yield from _leaves(inner[start:at], before)
                start = at + 1
        return
    path, _, alias = tree.partition(" as ")
    parts = (*before, *(part.strip() for part in path.split("::")))
    if parts[-1] == "*":
        yield parts[:-1], "*"
    elif parts[-1] == "self" and len(parts) > 1:
        yield parts[:-1], alias.strip() or parts[-2]
    else:
        yield parts, alias.strip() or parts[-1]


# ---- Python


class _Imports(ast.NodeVisitor):
    """The imports of a file, those within functions and those by `importlib.import_module` too.

    What type checkers read only is left out. So is a module's `__getattr__`: it hands on names of others, as `__init__` does.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.found: list[ast.ImportFrom | ast.Import | ast.Call] = []
        self.hands_on = False
        for node in tree.body:
            self.visit(node)

    def visit_If(self, node: ast.If) -> None:
        test = ast.unparse(node.test)
        if test == "not TYPE_CHECKING":
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name == "__getattr__":
                    self.hands_on = True
                else:
                    self.visit(inner)
        elif test.endswith("TYPE_CHECKING"):
            for other in node.orelse:
                self.visit(other)
        else:
            self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.found.append(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.found.append(node)

    def visit_Call(self, node: ast.Call) -> None:
        if ast.unparse(node.func).rpartition(".")[2] in ("import_module", "__import__") and node.args:
            self.found.append(node)
        self.generic_visit(node)


class Package:
    """The files of a Python package: what each imports, and when. Stubs are for type checkers, and `__init__` only hands on."""

    def __init__(self, root: Path) -> None:
        self.root = root
        files = {_dotted(root, file): file for file in sorted(root.rglob("*.py"))}
        self.trees = {name: ast.parse(file.read_text()) for name, file in files.items()}
        self.folders = {name for name, file in files.items() if file.stem == "__init__"}
        self.imports = {name: _Imports(tree) for name, tree in self.trees.items() if name not in self.folders}
        self.handed_on = {
            name: {
                alias.asname or alias.name: self._base(name, node)
                for node in self.trees[name].body
                if isinstance(node, ast.ImportFrom) and self._is_inside(node)
                for alias in node.names
            }
            for name in self.folders
        }
        # Tables of names of modules: `{"key": "package.module"}`.
        self.tables: dict[str, list[str]] = {}
        for tree in self.trees.values():
            for node in tree.body:
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and isinstance(node.targets[0], ast.Name):
                    values = [value.value for value in node.value.values if isinstance(value, ast.Constant)]
                    self.tables[node.targets[0].id] = [str(value) for value in values]

    def arrows(self) -> Arrows:
        arrows: Arrows = {name: {} for name in self.trees}
        for name, imports in self.imports.items():
            for node in imports.found:
                for other in self._targets(name, node):
                    if other != name and other in self.trees:
                        arrows[name].setdefault(other, node.lineno)
        return {self._shown(name): {self._shown(to): line for to, line in found.items()} for name, found in arrows.items()}

    def unknown(self) -> dict[str, int]:
        """The lines, by file, that import a module whose name is not written out."""
        return {
            self._shown(name): node.lineno
            for name, imports in self.imports.items()
            for node in imports.found
            if isinstance(node, ast.Call) and not self._written(node)
        }

    def taken(self) -> list[tuple[str, int, str, str]]:
        """The imports of names that the other file only hands on. Each is file, line, name and that file."""
        found = []
        for name, imports in self.imports.items():
            for node in imports.found:
                base = self._base(name, node) if isinstance(node, ast.ImportFrom) and self._is_inside(node) else ""
                if base in self.imports and self.imports[base].hands_on and isinstance(node, ast.ImportFrom):
                    own = _own_names(self.trees[base].body)
                    found += [
                        (self._shown(name), node.lineno, alias.name, self._shown(base))
                        for alias in node.names
                        if alias.name not in own
                    ]
        return found

    def _targets(self, name: str, node: ast.ImportFrom | ast.Import | ast.Call) -> Iterator[str]:
        if isinstance(node, ast.Call):
            for text in self._written(node):
                up = len(text) - len(text.lstrip("."))
                parts = name.split(".")
                yield ".".join([*parts[: len(parts) - up], text[up:]]) if up else text.removeprefix(f"{self.root.name}.")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith(f"{self.root.name}."):
                    yield alias.name.removeprefix(f"{self.root.name}.")
        elif self._is_inside(node):
            base = self._base(name, node)
            for alias in node.names:
                inside = f"{base}.{alias.name}".lstrip(".")
                yield inside if inside in self.trees else self.handed_on.get(base, {}).get(alias.name, base)

    def _written(self, node: ast.Call) -> list[str]:
        """The names of modules that a call of `import_module` may import. None if they are not written out."""
        wanted = node.args[0]
        if isinstance(wanted, ast.Constant):
            return [str(wanted.value)]
        if isinstance(wanted, ast.Subscript) and isinstance(wanted.value, ast.Name | ast.Attribute):
            return self.tables.get(ast.unparse(wanted.value).rpartition(".")[2], [])
        return []

    def _base(self, name: str, node: ast.ImportFrom) -> str:
        if not node.level:
            return (node.module or "").removeprefix(self.root.name).lstrip(".")
        parts = name.split(".") if name else []
        up = node.level - (1 if name in self.folders else 0)
        return ".".join([*parts[: len(parts) - up], *(node.module.split(".") if node.module else [])])

    def _is_inside(self, node: ast.ImportFrom) -> bool:
        return bool(node.level) or (node.module or "").split(".")[0] == self.root.name

    def _shown(self, name: str) -> str:
        inside = [*name.split("."), "__init__"] if name and name in self.folders else [name or "__init__"]
        return "/".join(inside).replace(".", "/")


def _own_names(body: list[ast.stmt]) -> set[str]:
    """The names that a module has from the beginning."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            names |= {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}
        elif isinstance(node, ast.If) and not ast.unparse(node.test).startswith("TYPE_CHECKING"):
            names |= _own_names([*node.body, *node.orelse])
        elif isinstance(node, ast.If):
            names |= _own_names(node.orelse)
    return names


def _dotted(root: Path, file: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
