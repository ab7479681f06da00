"""The stub generator. This is a run over files, the Python that it writes, and what is known of functions and types."""

import importlib
import io
import os
import pickle
import pkgutil
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import bowline
import bowline.stub
import pytest
from bowline.core import MISSING, TypeSchema
from bowline.dataclasses import field, py_class
from bowline.stub import cli, consts, lib_state
from bowline.stub.file_utils import CodeBlock, FileInfo, collect_files, path_walk, syntax_for
from bowline.stub.generator import generator_names, get_generator
from bowline.stub.python_generator.codegen import generate_python_all, generate_python_object
from bowline.stub.python_generator.utils import ImportItem, render_func_signature
from bowline.stub.utils import FuncInfo, InitFieldInfo, NamedTypeSchema, ObjectInfo, Options
from support import new_key, run_script

# What is known of types is kept, defaults included.
pytestmark = pytest.mark.keeps_objects


def generate(*arguments):
    """Run the command in this process; return its status and what it printed."""
    before = sys.argv
    sys.argv = ["tvm-ffi-stubgen", *map(str, arguments)]
    told = io.StringIO()
    try:
        with redirect_stdout(told), redirect_stderr(told):
            status = cli.__main__()
    except SystemExit as ended:
        status = ended.code
    finally:
        sys.argv = before
    return status, told.getvalue()


def mark(kind, comment="#", space=""):
    return f"{space}{comment} tvm-ffi-stubgen(begin): {kind}\n{space}{comment} tvm-ffi-stubgen(end)\n"


SMALL = (
    mark("import-section")
    + mark("global/testing.stub")
    + '@_R("testing.TestIntPair")\nclass Pair(Object):\n'
    + mark("object/testing.TestIntPair", space="    ")
    + "# tvm-ffi-stubgen(import-object): tvm_ffi.register_object;False;_R\n"
    + "# tvm-ffi-stubgen(import-object): ffi.Object\n"
    + "__all__ = [\n"
    + mark("__all__", space="    ")
    + "]\n"
)


def content(text, kind):
    """The lines of a block, without marks."""
    found = re.search(rf"tvm-ffi-stubgen\(begin\): {re.escape(kind)}\n(.*?) *# tvm-ffi-stubgen\(end\)", text, re.S)
    return [line for line in found[1].splitlines() if line.strip() not in ("# fmt: off", "# fmt: on", "# isort: off", "# isort: on")]


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.py"
    path.write_text(SMALL)
    return path


def test_python_of_a_type_and_imports(small):
    assert generate(small)[0] == 0
    text = small.read_text()
    assert content(text, "object/testing.TestIntPair") == [
        "    a: int",
        "    b: int",
        "    if TYPE_CHECKING:",
        "        def __init__(self, a: int, b: int) -> None: ...",
        "        def __ffi_init__(self, _0: int, _1: int, /) -> None: ...",
        "        def sum(self, /) -> int: ...",
    ]
    assert content(text, "import-section") == [
        "from __future__ import annotations",
        "from tvm_ffi import Object, register_object as _R",
        "from typing import TYPE_CHECKING",
    ]
    # Imports go by the types of this run; a block without functions stays empty.
    assert content(text, "__all__") == ['    "TestIntPair",']
    assert content(text, "global/testing.stub") == []
    # What is outside of blocks is as it was.
    assert re.sub(r"(?s)(\(begin\): [^\n]*\n).*?( *# tvm-ffi-stubgen\(end\))", r"\1\2", text) == SMALL


def test_what_is_written_runs(tmp_path):
    name = new_key("stub_run").replace(".", "_")
    (tmp_path / f"{name}.py").write_text(
        mark("import-section") + mark("global/testing")
        + '# tvm-ffi-stubgen(import-object): tvm_ffi.register_object;False;_R\n# tvm-ffi-stubgen(import-object): ffi.Object\n'
        + '@_R("testing.TestObjectBase")\nclass Base(Object):\n    """A type."""\n' + mark("object/testing.TestObjectBase", space="    ")
        + "__all__ = [\n" + mark("__all__", space="    ") + "]\n"
    )
    assert generate(tmp_path)[0] == 0
    run_script(
        f"import bowline.testing, sys; bowline.provide_tvm_ffi(); sys.path.insert(0, {str(tmp_path)!r})\n"
        f"import {name} as made, typing\n"
        "assert made.add_one(2) == 3 and made.echo('x') == 'x'\n"
        "assert {'add_one', 'TestObjectBase'} <= set(made.__all__)\n"
        "assert made.Base.__annotations__['v_i64'] == 'int'\n"
        "assert made.Base.__tvm_ffi_type_info__.type_key == 'testing.TestObjectBase'"
    )


def test_check_and_dry_run_change_nothing(small):
    for option in ("--check", "--dry-run"):
        status, told = generate(small, option)
        assert small.read_text() == SMALL
        assert status == (1 if option == "--check" else 0)
        assert ("[Stale]" in told) == (option == "--check")
    status, told = generate(small, "--dry-run", "--verbose")
    assert "\033[32m+    a: int\033[0m" in told
    assert "+++" not in told
    assert generate(small, "--indent", "2")[0] == 0
    assert "      def sum(self, /) -> int: ..." in small.read_text().splitlines()
    assert generate(small)[0] == 0
    changed = small.read_text()
    assert generate(small, "--check", "--verbose")[0] == 0
    assert "Unchanged" in generate(small, "--verbose")[1]
    assert small.read_text() == changed


def test_names_of_types(small):
    small.write_text("# tvm-ffi-stubgen(ty-map): Tensor -> torch.Tensor\n" + mark("import-section") + mark("global/testing"))
    generate(small)
    text = small.read_text()
    assert "    from torch import Tensor" in text
    assert "    def make_array_with_tensor(_0: Tensor, /) -> Sequence[Any]: ..." in text
    # What may come in is wider than what goes out.
    assert "    def schema_id_list_int(_0: Sequence[int], /) -> MutableSequence[int]: ..." in text
    small.write_text("# tvm-ffi-stubgen(ty-map): List -> builtins.list\n" + mark("import-section") + mark("global/testing"))
    generate(small)
    assert "    def schema_id_list_int(_0: list[int], /) -> list[int]: ..." in small.read_text()
    small.write_text("# tvm-ffi-stubgen(ty-map): nonsense\n" + mark("global/testing"))
    status, told = generate(small)
    assert (status, "Invalid ty_map format at line 1" in told) == (2, True)


def test_files_that_are_not_there_yet(tmp_path):
    arguments = (tmp_path, "--init-pypkg", "my-pkg", "--init-lib", "my_lib", "--init-prefix", "testing")
    assert generate(*arguments)[0] == 0
    package = tmp_path / "testing"
    assert sorted(path.name for path in package.iterdir()) == ["__init__.py", "_ffi_api.py"]
    text = (package / "_ffi_api.py").read_text()
    assert 'LIB = _FFI_LOAD_LIB("my-pkg", "my_lib")' in text
    assert '    "LIB",' in text
    assert "from tvm_ffi.libinfo import load_lib_module as _FFI_LOAD_LIB" in text
    # Parents come first; a class of this file is not imported.
    assert text.index("class TestObjectBase(_ffi_Object)") < text.index("class TestObjectDerived(TestObjectBase)")
    assert "from tvm_ffi.dataclasses import Enum as _tvm_ffi_dataclasses_Enum, IntEnum as _tvm_ffi_dataclasses_IntEnum" in text
    assert "from ._ffi_api import *" in (package / "__init__.py").read_text()
    assert generate(*arguments)[0] == 0
    assert (package / "_ffi_api.py").read_text() == text
    compile(text, "_ffi_api.py", "exec")


def test_prefix(tmp_path):
    prefix = new_key("stub_prefix")
    keys = [f"{prefix}.{name}" for name in ("B", "A", "Skipped")]
    parent = bowline.Object
    for key in keys:
        parent = py_class(key)(type(key.rpartition(".")[2], (parent,), {"__annotations__": {}}))
    path = tmp_path / "a.py"
    path.write_text(
        f"# tvm-ffi-stubgen(prefix): {prefix}\n# tvm-ffi-stubgen(skip): {keys[2]}\n\n{mark(f'object/{prefix}.Gone')}tail\n"
    )
    status, told = generate(path)
    assert status == 0
    assert f"[Removed] File \"{path}\": `object/{prefix}.Gone` (line 4)" in told
    text = path.read_text()
    assert re.findall(r"begin\): (.*)", text) == ["import-section", f"object/{keys[0]}", f"object/{keys[1]}"]
    assert text.endswith("tail\n")
    (tmp_path / "b.py").write_text(f"# tvm-ffi-stubgen(prefix): {prefix}\n")
    (tmp_path / "c.py").write_text("# tvm-ffi-stubgen(prefix): x\n# tvm-ffi-stubgen(prefix): y\n")
    (tmp_path / "d.py").write_text("# tvm-ffi-stubgen(prefix): no.such\n")
    status, told = generate(tmp_path)
    assert status == 2
    assert f"prefix `{prefix}` is already declared by {path}" in told
    assert "more than one `prefix` directive (line 2)" in told
    assert "[Skipped] No registered object under prefix `no.such`" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (mark("no-such-kind"), "Unknown stub type `no-such-kind` at line 1"),
        ("# tvm-ffi-stubgen(begin): __all__\n" + mark("__all__"), "Nested stub not permitted at line 2"),
        ("# tvm-ffi-stubgen(begin): __all__\n", "Unclosed stub block at end of file"),
        ("# tvm-ffi-stubgen(end)\n", "Unmatched `# tvm-ffi-stubgen(end)` found at line 1"),
        ("# tvm-ffi-stubgen(no name): x\n", "Unknown stub type at line 1"),
    ],
)
def test_marks_that_are_none(tmp_path, text, said):
    path = tmp_path / "a.py"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(said)):
        FileInfo.from_file(path)
    _, told = generate(path)
    assert said in told


def test_a_file_that_fails_leaves_the_others(tmp_path, small):
    (tmp_path / "a.py").write_text("# tvm-ffi-stubgen(no-such): x\n" + mark("global/testing"))
    (tmp_path / "b.py").write_text(mark("object/no.such") + mark("object/testing.TestIntPair"))
    (tmp_path / "c.py").write_text("# tvm-ffi-stubgen(skip-file)\n" + mark("no-such-kind"))
    (tmp_path / "d.rs").write_text(mark("object/testing.TestIntPair", "//"))
    status, told = generate(tmp_path)
    assert status == 2
    assert "Unknown directive `no-such` at line 1" in told
    assert "`object/no.such` (line 1): the type is no longer registered" in told
    # Its other blocks are done, and another language's files are not looked at.
    assert "    b: int" not in (tmp_path / "b.py").read_text()
    assert "\nb: int\n" in (tmp_path / "b.py").read_text()
    assert "a: int" in small.read_text()
    assert "a: int" not in (tmp_path / "d.rs").read_text()


def test_arguments(tmp_path):
    status, told = generate()
    assert (status, "usage: tvm-ffi-stubgen" in told) == (1, True)
    for arguments, said in [
        (("--init-lib", "x", tmp_path), "must be provided together"),
        (("--check", "--init-lib", "x", "--init-pypkg", "x", "--init-prefix", "x", tmp_path), "cannot be combined"),
        (("--init-lib", "x", "--init-pypkg", "x", "--init-prefix", "x"), "take a PATH"),
        (("--target", "cobol", tmp_path), "invalid choice"),
    ]:
        status, told = generate(*arguments)
        assert status == 2
        assert said in told
    with pytest.raises(ModuleNotFoundError):
        generate(tmp_path, "--imports", "bowline; no_such_module")
    with pytest.raises(OSError, match="no-such"):
        generate(tmp_path, "--dlls", "/no-such.so")


def test_commands(small):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    script = "import sys; from bowline.stub.cli import bowline_main; sys.exit(bowline_main())"
    for command, package in (
        (["-c", script], "bowline"),
        (["-m", "bowline.stub.cli"], "tvm_ffi"),
        (["-m", "bowline.run_as_tvm_ffi", "-m", "tvm_ffi.stub.cli"], "tvm_ffi"),
    ):
        small.write_text(SMALL)
        ran = subprocess.run([sys.executable, *command, str(small), "--imports", "bowline.testing"], env=environment, capture_output=True, text=True, timeout=100)
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
        assert f"from {package} import Object, register_object as _R" in small.read_text()
    scripts = (Path(bowline.__file__).parents[1]).glob("bowline_ffi-*.dist-info/entry_points.txt")
    text = next(scripts).read_text()
    assert "tvm-ffi-stubgen=bowline.stub.cli:__main__" in text.replace(" ", "")
    assert "bowline-stubgen=bowline.stub.cli:bowline_main" in text.replace(" ", "")


def test_each_module_once_under_both_names():
    bowline.provide_tvm_ffi()
    names = [found.name for found in pkgutil.walk_packages(bowline.stub.__path__, "bowline.stub.")]
    assert len(names) > 20
    for name in names:
        module = importlib.import_module(name)
        assert importlib.import_module("tvm_ffi" + name.removeprefix("bowline")) is module


def test_files():
    assert syntax_for(Path("a.RS")) is consts.RUST_SYNTAX
    assert syntax_for(Path("a.txt")) is consts.PYTHON_SYNTAX
    assert consts.RUST_SYNTAX.ty_map == "// tvm-ffi-stubgen(ty-map):"
    assert list(path_walk(Path("no/such/folder"))) == []
    with pytest.raises(AssertionError):
        CodeBlock("nonsense", "", 1, 1, [])
    assert CodeBlock("object", "x", 1, 1, ["    # x"]).indent == 4
    assert CodeBlock.from_begin_line(3, "# tvm-ffi-stubgen(begin): global/a.b@c", consts.PYTHON_SYNTAX).param == ("a.b", "c")


def test_collected_files(tmp_path):
    for name in ("b.py", "a.pyi", "c.txt", "d.rs"):
        (tmp_path / name).write_text(mark("__all__"))
    (tmp_path / "e.py").write_text("nothing\n")
    assert [file.path.name for file in collect_files([tmp_path], {".PY", ".pyi"})] == ["a.pyi", "b.py"]
    assert [file.path.name for file in collect_files([tmp_path / "c.txt"], {".py"})] == ["c.txt"]


def test_generators():
    assert generator_names() == ["python", "rust"]
    assert get_generator("python").source_exts == {".py", ".pyi"}
    with pytest.raises(ValueError, match="'cobol'. Known generators: python, rust"):
        get_generator("cobol")


def test_what_is_known_of_a_type():
    key = new_key("stub_info")

    @py_class(key)
    class Thing(bowline.testing.TestIntPair):
        c: list[int] = field(default_factory=list, kw_only=True)
        d: int = field(default=3, init=False)

    info = lib_state.object_info_from_type_key(key)
    assert (info.type_key, info.parent_type_key) == (key, "testing.TestIntPair")
    assert info.ancestors == ["ffi.Object", "testing.TestIntPair"]
    assert [(one.name, one.origin) for one in info.fields] == [("c", "List"), ("d", "int")]
    assert [(one.name, one.kw_only, one.has_default) for one in info.init_fields] == [
        ("a", False, False), ("b", False, False), ("c", True, True),
    ]
    assert info.has_init
    c, d = info.fields
    assert (c.default_is_factory, c.default, d.default_is_factory, d.default) == (True, list, False, 3)
    assert (c.offset, c.size, c.alignment, info.total_size) == (40, 8, 8, 56)
    assert lib_state.object_info_from_type_key("ffi.Array").total_size is None
    assert lib_state.object_info_from_type_key("ffi.Object").total_size == 24
    assert [one.type_key for one in lib_state.toposort_objects([key, "testing.TestIntPair", key])] == ["testing.TestIntPair", key]


def test_named_schemas():
    one = NamedTypeSchema("x", TypeSchema.from_annotation(list[int]), size=8, offset=24)
    assert (one.name, one.repr(), one.size, one.alignment, one.default) == ("x", "List[int]", 8, None, MISSING)
    same = NamedTypeSchema("x", TypeSchema.from_annotation(list[int]), size=8, offset=24)
    assert one == same
    assert hash(one) == hash(same)
    assert one != NamedTypeSchema("y", TypeSchema.from_annotation(list[int]), size=8, offset=24)
    assert one != NamedTypeSchema("x", TypeSchema.from_annotation(list[int]))
    again = pickle.loads(pickle.dumps(NamedTypeSchema("p", TypeSchema("testing.TestIntPair"), size=8)))
    assert (again.name, again.size, again.repr()) == ("p", 8, "testing.TestIntPair")


def func(name, text, is_member=False):
    return FuncInfo.from_schema(name, TypeSchema.from_json_str(text), is_member=is_member)


def test_signatures():
    typed = '{"type":"ffi.Function","named_args":{"return":[{"type":"int"}],"params":[{"type":"Any"},{"type":"bool"}]}}'
    for info, text in [
        (func("a.f", typed), "  def f(_0: Any, _1: bool, /) -> int: ..."),
        (func("f", typed, True), "  def f(self, _1: bool, /) -> int: ..."),
        (func("f", '{"type":"ffi.Function"}'), "  def f(*args: Any) -> Any: ..."),
        (func("f", '{"type":"ffi.Function","named_args":{"return":[{"type":"int"}]}}'), "  def f(*args: Any) -> int: ..."),
        (func("f", '{"type":"ffi.Function","named_args":{"return":[{"type":"int"}],"params":[]}}'), "  def f() -> int: ..."),
    ]:
        assert render_func_signature(info, str, 2) == text
    with pytest.raises(ValueError, match="Expected Callable"):
        render_func_signature(func("f", '{"type":"int"}'), str, 2)


def test_methods_and_constructors():
    def named(name, default, kw_only):
        return InitFieldInfo(name, NamedTypeSchema(name, TypeSchema("int")), kw_only, default)

    typed = '{"type":"ffi.Function","named_args":{"return":[{"type":"Any"}],"params":[{"type":"Any"}]}}'
    info = ObjectInfo(
        fields=[NamedTypeSchema("x", TypeSchema("Array"))],
        methods=[func("m", typed, True), func("m", typed, True), func("Sequence", typed), func("__ffi_init__", typed)],
        type_key="a.B",
        init_fields=[named("d", True, False), named("a", False, False), named("k", True, True), named("r", False, True)],
        has_init=True,
    )
    assert info.has_overloaded_methods()
    code = CodeBlock("object", "a.B", 1, 2, ["# a", "# b"])
    imports = []
    generate_python_object(code, get_generator("python").default_ty_map(), imports, Options(), info)
    assert code.lines == [
        "# a",
        "# fmt: off",
        # A method is called as the type is, which gets another name.
        "x: _Sequence[Any]",
        "if TYPE_CHECKING:",
        "    def __init__(self, a: int, d: int = ..., *, r: int, k: int = ...) -> None: ...",
        "    @overload",
        "    def m(self, /) -> Any: ...",
        "    @overload",
        "    def m(self, /) -> Any: ...",
        "    @staticmethod",
        "    def Sequence(_0: Any, /) -> Any: ...",
        "    def __ffi_init__(self, _0: Any, /) -> None: ...",
        "# fmt: on",
        "# b",
    ]
    assert ImportItem("collections.abc.Sequence", True, "_Sequence") in imports
    assert ImportItem("typing.overload", True) in imports


def test_imports_and_exports():
    assert str(ImportItem("ffi.Object", alias="_O")) == "from tvm_ffi import Object as _O"
    assert str(ImportItem("testing.x.Y")) == "from tvm_ffi.testing.x import Y"
    assert str(ImportItem("numpy")) == "import numpy"
    assert ImportItem("ffix.Y").full_name == "ffix.Y"
    code = CodeBlock("__all__", "", 1, 2, ["  # a", "  # b"])
    generate_python_all(code, {"x.Thing", "make_it", "LIB", "Odd_Name", "An"}, Options())
    assert code.lines == ["  # a", '  "LIB",', '  "An",', '  "Thing",', '  "Odd_Name",', '  "make_it",', "  # b"]
