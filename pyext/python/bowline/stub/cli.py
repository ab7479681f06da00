"""The stub generator: a run over files.

Upholds: what goes wrong in one file is said, counts as a failure, and leaves the other files to be done.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

from .._compat import _object_type_key_to_index
from . import _arguments, consts
from .consts import MarkerSyntax
from .file_utils import CodeBlock, FileInfo, collect_files, syntax_for
from .generator import Generator, get_generator
from .layout import classify, write_coverage_report
from .lib_state import collect_global_funcs, collect_type_keys, object_info_from_type_key, toposort_objects
from .python_generator.consts import MOD_MAP
from .utils import FuncInfo, InitConfig, Options

__all__: list[str] = []


def _say(color: str, what: str, text: str) -> None:
    print(f"{color}[{what}] {text}{consts.TERM_RESET}")


def _failed(file: FileInfo, why: str) -> None:
    _say(consts.TERM_RED, "Failed", f'File "{file.path}": {why}')


def __main__() -> int:
    """Run the command ``tvm-ffi-stubgen``.

    Returns
    -------
    int
        0; 2 if something failed; 1 if ``--check`` found a file that is out of date.
    """
    return _run(_parse_args())


def bowline_main() -> int:
    """Run the command ``bowline-stubgen``: as `__main__`, but what it writes imports `bowline`."""
    package = __package__.partition(".")[0]
    MOD_MAP.update({"ffi": package, "tvm_ffi": package, "testing": f"{package}.testing"})
    return _run(_arguments.parse(program="bowline-stubgen"))


def _parse_args() -> Options:
    return _arguments.parse()


def _run(opt: Options) -> int:
    generator = get_generator(opt.target)
    for name in opt.imports:
        importlib.import_module(name)
    # They stay loaded to the end of the run.
    libraries = [ctypes.CDLL(path) for path in opt.dlls]
    files = collect_files([Path(path) for path in opt.files], generator.source_exts)
    global_funcs = collect_global_funcs()
    ty_map = generator.default_ty_map()
    failed = stale = 0
    for file in files:
        try:
            _stage_1(file, ty_map)
        except Exception:
            failed += 1
            _failed(file, traceback.format_exc())

    folder = Path(opt.files[0]).resolve() if opt.files else Path()
    folder = folder.parent if folder.is_file() else folder
    made: set[str] = set()
    if opt.init is not None:
        made = _stage_2(files, ty_map, init_cfg=opt.init, init_path=folder, global_funcs=global_funcs, generator=generator)

    before = {file.path: generator.check_view(file.code_blocks) for file in files if opt.check}
    failed += _roll_out_prefixes(files, generator)
    declared = _declared_objects(files)
    for file in files:
        if opt.verbose:
            _say(consts.TERM_CYAN, "File", str(file.path))
        try:
            changed = _stage_3(file, opt, ty_map, global_funcs, generator=generator, declared=declared)
        except Exception:
            failed += 1
            _failed(file, traceback.format_exc())
            continue
        if changed and opt.check and generator.check_view(file.code_blocks) != before[file.path]:
            stale += 1
            _say(consts.TERM_YELLOW, "Stale", str(file.path))
    if made:
        generator.finalize_init(folder, made)
    if opt.coverage_out is not None:
        keys = [key for under in collect_type_keys().values() for key in under]
        write_coverage_report(Path(opt.coverage_out), classify({key: object_info_from_type_key(key) for key in keys}))
    del libraries
    return 2 if failed else 1 if stale else 0


def _directives(file: FileInfo, name: str) -> list[tuple[str, int]]:
    """Return what a file's directives of a name say, and their lines."""
    found = [code for code in file.code_blocks if code.kind == "directive" and code.param[0] == name]
    return [(code.param[1], code.lineno_start) for code in found]


def _stage_1(file: FileInfo, ty_map: dict[str, str]) -> None:
    """Take what a file says types are called."""
    for said, line in _directives(file, "ty-map"):
        name, arrow, instead = said.partition("->")
        if not arrow or "->" in instead:
            raise ValueError(f"Invalid ty_map format at line {line}. Example: `A.B -> C.D`")
        ty_map[name.strip()] = instead.strip()


def _stage_2(
    files: list[FileInfo],
    ty_map: dict[str, str],
    init_cfg: InitConfig,
    init_path: Path,
    global_funcs: dict[str, list[FuncInfo]],
    generator: Generator,
) -> set[str]:
    """Make files and blocks for all under the prefix that has none yet. Return the prefixes that got some."""
    have_funcs = {code.param[0] for file in files for code in file.code_blocks if code.kind == "global"}
    have_types = {code.param for file in files for code in file.code_blocks if code.kind == "object"}
    have_types |= {said.strip() for file in files for said, _ in _directives(file, "skip")}
    root = init_cfg.prefix.strip().rstrip(".")
    keys = collect_type_keys()
    made = set()
    for prefix in [*keys, *(prefix for prefix in global_funcs if prefix not in keys)]:
        if root and not f"{prefix}.".startswith(f"{root}."):
            continue
        new = [key for key in keys.get(prefix, ()) if key not in have_types and not generator.is_builtin(key)]
        infos = toposort_objects(sorted(new))
        if not infos and (prefix in have_funcs or not global_funcs.get(prefix)):
            continue
        made.add(prefix)
        folder = init_path / prefix.replace(".", "/")
        folder.mkdir(parents=True, exist_ok=True)
        api = folder / generator.api_filename()
        file = _file_at(api, files)
        text = generator.generate_api_file(file.code_blocks, ty_map, prefix, infos, init_cfg, is_root=prefix == root)
        _append(file, text)
        file = _file_at(folder / generator.init_filename(), files)
        _append(file, generator.generate_init_file(file.code_blocks, prefix, api.stem))
    return made


def _file_at(path: Path, files: list[FileInfo]) -> FileInfo:
    """Return the file at a path. It becomes one of the run's if it is not yet."""
    if path.exists():
        for file in files:
            if file.path.exists() and path.samefile(file.path):
                return file
        found = FileInfo.from_file(path, include_empty=True)
        if found is None:
            raise ValueError(f"{path} says that it is to be skipped")
    else:
        found = FileInfo(path, (), [], syntax_for(path))
    files.append(found)
    return found


def _append(file: FileInfo, text: str) -> None:
    with file.path.open("a", encoding="utf-8") as stream:
        stream.write(text)
    file.reload()


def _roll_out_prefixes(files: list[FileInfo], generator: Generator) -> int:
    """Add blocks to files with a directive `prefix`, for types under it without one. Return how many are wrong.

    Blocks of types under it that are not registered any more are taken out.
    """
    have = {code.param for file in files for code in file.code_blocks if code.kind == "object"}
    registered = collect_type_keys()
    owners: dict[str, Path] = {}
    failed = 0
    for file in files:
        said = _directives(file, "prefix")
        if not said:
            continue
        prefix = said[0][0].rstrip(".")
        if len(said) > 1:
            failed += 1
            _failed(file, f"more than one `prefix` directive (line {said[1][1]})")
        elif owners.setdefault(prefix, file.path) != file.path:
            failed += 1
            _failed(file, f"prefix `{prefix}` is already declared by {owners[prefix]}")
        else:
            _remove_unregistered_blocks(file, prefix, registered.get(prefix, []))
            if prefix in registered:
                _add_blocks(file, [key for key in registered[prefix] if key not in have], generator, said[0][1])
            else:
                _say(consts.TERM_YELLOW, "Skipped", f"No registered object under prefix `{prefix}`")
    return failed


def _add_blocks(file: FileInfo, keys: list[str], generator: Generator, line: int) -> None:
    """Add a block for each type behind the last one. Add one for imports if there is none."""
    skipped = {said.strip() for said, _ in _directives(file, "skip")}
    wanted = [key for key in keys if key not in skipped and not generator.is_builtin(key)]
    blocks = file.code_blocks
    if all(code.kind != "import-section" for code in blocks):
        at = next(at for at, code in enumerate(blocks) if code.kind == "directive" and code.param[0] == "prefix")
        blocks[at + 1 : at + 1] = _new_blocks(file.syntax, line, "import-section")
    last = max(at for at, code in enumerate(blocks) if code.kind in ("object", "import-section"))
    blocks[last + 1 : last + 1] = [
        block for info in toposort_objects(wanted) for block in _new_blocks(file.syntax, line, f"object/{info.type_key}")
    ]


def _new_blocks(syntax: MarkerSyntax, lineno: int, stub: str) -> list[CodeBlock]:
    """Return an empty line and an empty block."""
    begin = f"{syntax.begin} {stub}"
    block = CodeBlock.from_begin_line(lineno, begin, syntax)
    block.lines, block.lineno_end = [begin, syntax.end], lineno
    return [CodeBlock(None, "", lineno, lineno, [""]), block]


def _remove_unregistered_blocks(file: FileInfo, prefix: str, registered: list[str]) -> None:
    """Take out blocks of types right under a prefix that are not registered. The empty line before each goes, too."""
    kept: list[CodeBlock] = []
    for code in file.code_blocks:
        key = code.param if code.kind == "object" and isinstance(code.param, str) else None
        if key is None or key.rpartition(".")[0] != prefix or key in registered:
            kept.append(code)
            continue
        where = f'File "{file.path}": `object/{key}` (line {code.lineno_start})'
        _say(consts.TERM_YELLOW, "Removed", f"{where}: the type is no longer registered")
        if kept and kept[-1].kind is None and kept[-1].lines == [""]:
            kept.pop()
    file.code_blocks[:] = kept


def _declared_objects(files: list[FileInfo]) -> dict[str, Path]:
    """Return the file of each type that has a block. It is the first, if there are more."""
    declared: dict[str, Path] = {}
    for file in files:
        for code in file.code_blocks:
            if code.kind == "object" and isinstance(code.param, str):
                declared.setdefault(code.param, file.path)
    return declared


def _stage_3(
    file: FileInfo,
    opt: Options,
    ty_map: dict[str, str],
    global_funcs: dict[str, list[FuncInfo]],
    generator: Generator,
    declared: Mapping[str, Path] | None = None,
) -> bool:
    """Fill the blocks of a file and write it; return whether that changes it.

    Raises
    ------
    ValueError
        For a directive that there is not; once the file is written, for blocks of types that are not registered.
    """
    declared = _declared_objects([file]) if declared is None else declared
    blocks = {kind: [code for code in file.code_blocks if code.kind == kind] for kind in _ORDER}
    imports = generator.new_imports()
    for code in blocks["directive"]:
        name, said = code.param[0], code.param[1]
        if name in generator.directive_kinds:
            generator.add_directive(imports, name, said, code.lineno_start)
        elif name not in consts.PIPELINE_DIRECTIVE_KINDS:
            raise ValueError(f"Unknown directive `{name}` at line {code.lineno_start}")
    names: set[str] = set()
    for code in blocks["global"]:
        funcs = global_funcs.get(code.param[0], [])
        names.update(func.schema.name for func in funcs)
        generator.generate_global_funcs_block(code, funcs, ty_map, imports, opt)
    types: set[str] = set()
    gone = []
    for code in blocks["object"]:
        key = str(code.param)
        if _object_type_key_to_index(key) is None:
            gone.append(f"`object/{key}` (line {code.lineno_start})")
            continue
        types.add(generator.canonical_type_name(ty_map.get(key, key)))
        generator.generate_object_block(code, ty_map, imports, opt, object_info_from_type_key(key), declared)
    # Of these a file has one.
    for code in blocks["import-section"][:1]:
        generator.generate_import_section_block(code, imports, opt, types)
    for code in blocks["__all__"][:1]:
        generator.generate_all_block(code, names | types | generator.extra_export_names(imports), opt)
    for code in blocks["export"]:
        generator.generate_export_block(code)
    changed = file.update(verbose=opt.verbose, dry_run=opt.dry_run)
    if gone:
        raise ValueError(f"{', '.join(gone)}: the type is no longer registered; delete the block")
    return changed


# Kinds of pieces, each of which may need what those before it collect.
_ORDER = ("directive", "global", "object", "import-section", "__all__", "export")


if __name__ == "__main__":
    sys.exit(__main__())
