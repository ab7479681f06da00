"""The Rust that the stub generator writes. Tested with it: which types' objects can be laid out in another language."""

import io
import json
import shutil
import subprocess
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from bowline.core import TypeSchema
from bowline.stub import cli
from bowline.stub.consts import RUST_SYNTAX
from bowline.stub.file_utils import CodeBlock
from bowline.stub.generator import get_generator
from bowline.stub.layout import ByteRange, FieldBytes, align_up, classify, coverage_report
from bowline.stub.rust_generator import codegen
from bowline.stub.rust_generator.directives import Directives, EnumSpec
from bowline.stub.rust_generator.utils import (
    RustImports,
    RustUse,
    builtin_mirror_name,
    check_tokens,
    render_rust_type,
    rust_ident,
    rust_module_path,
)
from bowline.stub.utils import NamedTypeSchema, ObjectInfo, Options, _schema_in

pytestmark = pytest.mark.keeps_objects


def of(text):
    """A schema: `Array[int]`."""
    name, bracket, rest = text.partition("[")
    return TypeSchema(name, [of(rest.removesuffix("]"))] if bracket else None)


ROOT = ObjectInfo([], [], type_key="ffi.Object", total_size=24)


def info(key, fields, size, above=(ROOT,), **rest):
    """A type with fields, each a name, type, offset, size and alignment."""
    named = [NamedTypeSchema(name, of(type_), offset=at, size=wide, alignment=align) for name, type_, at, wide, align in fields]
    ancestors = [one.type_key for one in above]
    return ObjectInfo(named, [], type_key=key, parent_type_key=ancestors[-1], ancestors=ancestors, total_size=size, **rest)


def verdict_of(*infos, **rules):
    return classify({one.type_key: one for one in (ROOT, *infos)}, **rules)[infos[-1].type_key]


FULL = info("t.Full", [("a", "int", 24, 4, 4), ("b", "bool", 28, 1, 1), ("c", "ffi.Object", 32, 8, 8)], 40)


def test_layouts():
    full = verdict_of(FULL)
    assert full.is_complete
    assert (full.own_bytes, full.padding, full.uncovered) == (ByteRange(24, 40), [ByteRange(29, 32)], [])
    assert full.alignment == 8
    assert "padding [29, 32)" in full.detail
    assert classify({"ffi.Object": ROOT})["ffi.Object"].is_complete
    # Padding at the end, which the next type begins behind.
    assert verdict_of(info("t.End", [("a", "int", 24, 4, 4)], 32)).padding == [ByteRange(28, 32)]
    assert verdict_of(FULL, info("t.Below", [("d", "int", 40, 8, 8)], 48, (ROOT, FULL))).own_bytes == ByteRange(40, 48)


@pytest.mark.parametrize(
    ("fields", "size", "reason", "said"),
    [
        ([("a", "int", 32, 8, 8)], 40, "uncovered-bytes", "[24, 32)"),
        ([("a", "int", 24, 8, 8)], 48, "uncovered-bytes", "[32, 48)"),
        ([("a", "int", 20, 8, 8)], 32, "field-overlap", "'a' at [20, 28) starts before byte 24"),
        ([("a", "int", 24, 8, 8), ("b", "int", 28, 4, 4)], 32, "field-overlap", "'b'"),
        ([("a", "int", 24, 16, 8)], 32, "field-overlap", "extend to byte 40, past total_size 32"),
        ([("a", "int", 24, None, 8)], 32, "layout-unknown", "'a'"),
        ([], None, "layout-unknown", "total_size"),
    ],
)
def test_layouts_that_are_opaque(fields, size, reason, said):
    found = verdict_of(info("t.X", fields, size))
    assert (found.verdict, found.reason) == ("opaque", reason)
    assert said in found.detail
    below = verdict_of(info("t.X", fields, size), info("t.Y", [], 96, (ROOT, info("t.X", fields, size))))
    assert (below.reason, "t.X" in below.detail) == ("parent-opaque", True)


def test_rules_of_a_language():
    assert verdict_of(FULL, unmirrored={"t.Full"}).reason == "no-mirror"
    assert verdict_of(FULL, forced_opaque={"t.Full"}).reason == "by-directive"
    found = verdict_of(FULL, field_renderable=lambda field: field.name != "c")
    assert (found.reason, "'c' (Object)" in found.detail) == ("unrenderable-field", True)
    with pytest.raises(KeyError, match=r"t\.Full"):
        classify({"t.Below": info("t.Below", [], 40, (ROOT, FULL)), "ffi.Object": ROOT})
    assert [align_up(value, 8) for value in (0, 1, 8, 9)] == [0, 8, 8, 16]
    assert FieldBytes("a", 24, 8, 8).end == 32


def test_report(tmp_path):
    path = tmp_path / "report.json"
    assert run("--coverage-out", path) == (0, "")
    report = json.loads(path.read_text())
    pair = report["testing.TestIntPair"]
    assert (pair["verdict"], pair["own_bytes"], pair["total_size"]) == ("complete", [24, 40], 40)
    assert pair["fields"][1] == {"name": "b", "offset": 32, "size": 8, "alignment": 8}
    assert report["ffi.Array"]["reason"] == "layout-unknown"
    assert list(report) == sorted(report)
    assert coverage_report({"t.Full": verdict_of(FULL)})["t.Full"]["padding"] == [[29, 32]]


def run(*arguments):
    """Run the command. Return its status and what it printed but for functions without a type."""
    told = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(told):
        patch.setattr("sys.argv", ["tvm-ffi-stubgen", *map(str, arguments)])
        status = cli.__main__()
    return status, "".join(line for line in told.getvalue().splitlines(True) if "[Skipped] Function" not in line)


@pytest.fixture
def crate(tmp_path):
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "Cargo.toml").write_text("")
    return tmp_path


def mark(kind):
    return f"// tvm-ffi-stubgen(begin): {kind}\n// tvm-ffi-stubgen(end)\n"


def test_a_complete_type(crate):
    path = crate / "src" / "pair.rs"
    path.write_text("use std;\n" + mark("import-section") + mark("object/testing.TestIntPair"))
    assert run(path, "--target", "rust") == (0, "")
    text = path.read_text()
    assert text.startswith("use std;\n// tvm-ffi-stubgen(begin): import-section\nuse std::ops::Deref;\n")
    for piece in (
        '#[type_key = "testing.TestIntPair"]\npub struct TestIntPairObj {\n    base: Object,\n    pub a: i64,\n    pub b: i64,\n}\n',
        "    assert!(::core::mem::size_of::<TestIntPairObj>() == 40);\n",
        "#[derive(tvm_ffi::derive::ObjectRef, Clone)]\npub struct TestIntPair {\n    base: ObjectArc<TestIntPairObj>,\n}\n",
        "    pub fn new(a: i64, b: i64) -> Self {\n        let base = Object::new();\n        Self { base, a, b }\n    }\n",
        "        let obj = TestIntPairObj::new(a, b);\n        Self { base: ObjectArc::new(obj) }\n",
        "impl ShallowCopy for TestIntPairObj {\n",
        "            drop_if_defined(addr_of_mut!((*this).a));\n",
    ):
        assert piece in text
    assert run(path, "--target", "rust", "--check")[0] == 0
    # How rustfmt breaks lines, and imports, make no file out of date; a field does.
    path.write_text(text.replace("pub fn new(a: i64, b: i64)", "pub fn new(\n a: i64,\n b: i64,\n)").replace("use std::ops::Deref;\n", ""))
    assert run(path, "--target", "rust", "--check")[0] == 0
    path.write_text(text.replace("pub a: i64", "pub a: i32"))
    status, told = run(path, "--target", "rust", "--check")
    assert (status, "[Stale]" in told) == (1, True)


def test_types_below_others_and_modules(crate):
    (crate / "src" / "lib.rs").write_text(mark("import-section") + mark("object/testing.TestObjectDerived"))
    (crate / "src" / "deep" / "type.rs").write_text(mark("import-section") + mark("object/testing.TestObjectBase"))
    status, told = run(crate, "--target", "rust")
    assert (status, told) == (0, "")
    text = (crate / "src" / "lib.rs").read_text()
    assert "use crate::deep::r#type::TestObjectBase;\nuse crate::deep::r#type::TestObjectBaseObj;\n" in text
    assert "tvm_ffi::impl_object_upcast!(TestObjectDerived => TestObjectBase);" in text
    assert "impl Deref for TestObjectDerivedObj {\n    type Target = TestObjectBaseObj;\n" in text
    # What the run does not provide is not named.
    path = crate / "src" / "lib.rs"
    status, told = run(path, "--target", "rust")
    assert (status, "`testing.TestObjectDerived` (line " in told) == (2, True)
    assert "names `testing.TestObjectBase`: each needs an `object/<key>` block" in told


@pytest.fixture
def block(monkeypatch, tmp_path):
    """What writes the block of a type, with directives."""

    def write(one, directives=(), above=(), ty_map=()):
        known = {each.type_key: each for each in (ROOT, *above, one)}
        monkeypatch.setattr(codegen, "object_info_from_type_key", known.__getitem__)
        rust = get_generator("rust")
        imports = rust.new_imports()
        for name, payload in directives:
            rust.add_directive(imports, name, payload, 1)
        code = CodeBlock("object", one.type_key, 1, 2, ["// a", "// b"])
        modules = {each.type_key: ("crate", "here") for each in (*above, one)}
        codegen.generate_rust_object(code, rust.default_ty_map() | dict(ty_map), imports, Options(), one, modules)
        return "\n".join(code.lines), imports

    return write


def test_fields_of_a_complete_type(block):
    one = info(
        "t.Thing",
        [
            ("Kind", "int", 24, 4, 4), ("small", "int", 28, 1, 1), ("maybe", "Optional[int]", 32, 16, 8),
            ("other", "Optional[ffi.Module]", 48, 8, 8), ("all_", "Array[str]", 56, 8, 8), ("self", "Any", 64, 16, 8),
            ("base", "ffi.Object", 80, 8, 8), ("type", "Callable", 88, 8, 8),
        ],
        96,
        is_final=True,
    )
    text, imports = block(one, [("enum", "t.Thing.Kind -> Kind(i32) { Low=-1, High = 2 }"), ("nullable", "t.Thing.base")])
    for piece in (
        "    pub Kind: Kind,\n    pub small: i8,\n    pub maybe: Optional<i64>,\n    pub other: Option<Module>,\n    pub all: Array<String>,\n"
        "    pub self_: Any,\n    pub base_: Option<ObjectRef>,\n    pub r#type: Function,\n",
        "#[allow(non_snake_case)]\n#[repr(C)]\n",
        "#[type_final]\n",
        "    pub const Low: Self = Self(-1);\n    pub const High: Self = Self(2);\n",
        "    pub(crate) fn new(\n",
        "        all: impl Into<Array<String>>,\n",
    ):
        assert piece in text
    assert "ShallowCopy" not in text
    assert RustUse("tvm_ffi::Optional") in imports.items
    with pytest.raises(ValueError, match="maps a 1-byte field to `i32`"):
        block(one, [("field", "t.Thing.small -> i32")])
    with pytest.raises(ValueError, match="1 bytes are no reference"):
        block(one, [("nullable", "t.Thing.small")])


def test_an_opaque_type(block):
    one = info("t.Thing", [("x", "Any", 32, 16, 8), ("y", "int", 48, 8, 8), ("Z", "Optional[str]", 56, 16, 8)], 96)
    text, imports = block(one)
    assert "pub struct ThingObj {\n    base: Object,\n}\n" in text
    assert '    pub fn x(&self) -> Result<Any> {\n        FieldGetter::new(Self::type_index(), "x")?.get_any(self)\n    }\n' in text
    assert '    pub fn y(&self) -> Result<i64> {\n        FieldGetter::new(Self::type_index(), "y")?.get(self)\n    }\n' in text
    assert "    #[allow(non_snake_case)]\n    pub fn Z(&self) -> Result<Option<String>> {\n" in text
    assert "fn new" not in text
    assert RustUse("tvm_ffi::FieldGetter") in imports.items
    assert "by-directive" not in text
    assert "Opaque: a directive says so" in block(FULL, [("opaque", "t.Full")])[0]
    text, _ = block(one, [("field", "t.Thing.y -> crate::Y"), ("nullable", "t.Thing.y")])
    assert "pub fn y(&self) -> Result<Option<Y>>" in text
    text, _ = block(one, [("enum", "t.Thing.y -> Y(u64)")])
    assert "        let raw: i64 = FieldGetter::new(Self::type_index(), \"y\")?.get(self)?;\n        Y::try_from(raw)\n" in text


def test_parents(block):
    below = info("t.Below", [("d", "t.Full", 40, 8, 8)], 48, (ROOT, FULL))
    narrower = [("field", "t.Below.c -> Narrow"), ("custom-new", "t.Below"), ("upcast", "t.Below -> crate::View")]
    text, imports = block(below, narrower, [FULL])
    assert "let base = FullObj::new(a, b, c.into());\n        Self { base, d }\n" in text
    assert "pub fn from_fields(a: i32, b: bool, c: impl Into<Narrow>, d: impl Into<Full>) -> Self {\n" in text
    assert "tvm_ffi::impl_object_upcast!(Below => Full, Below => View);" in text
    assert RustUse("crate::View") in imports.items
    # By hand: it may lack what types below need.
    text, imports = block(below, (), [FULL], {"t.Full": "crate::hand::Full"})
    assert "    base: FullObj,\n" in text
    assert "ShallowCopy" not in text
    assert RustUse("crate::hand::FullObj") in imports.items
    # A parent that the runtime has.
    module = info("ffi.Module", [], 40)
    text, imports = block(info("t.Mine", [], 40, (ROOT, module)), (), [module])
    assert "    base: FfiModuleObj,\n" in text
    assert imports.builtin_mirrors == {"ffi.Module": "Object"}
    code = CodeBlock("import-section", "", 1, 2, ["// a", "// b"])
    codegen.generate_rust_import_section(code, imports, Options(), {"std::ops::Deref"})
    assert code.lines[1] == "use tvm_ffi::Object;"
    assert code.lines[-4:] == ["struct FfiModuleObj {", "    base: Object,", "}", "// b"]


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("field", "t.A.b"), ("field", "-> X"), ("field", "A -> X"), ("nullable", "A"), ("nullable", "t.A.b -> X"),
        ("opaque", ""), ("opaque", "a b"), ("upcast", "A ->"), ("enum", "t.A.b -> X"), ("enum", "t.A.b -> X(f32)"),
        ("enum", "t.A.b -> X(i8) { A }"), ("no-such", "x"),
    ],
)
def test_directives_that_are_none(name, payload):
    with pytest.raises(ValueError, match=f"`{name}`.* at line 7"):
        Directives().add(name, payload, 7)


def test_directives():
    said = Directives()
    said.add("enum", "t.A.b -> X(u8) { A = 1, B=2, }", 1)
    said.add("upcast", "t.A -> X", 1)
    said.add("upcast", "t.A -> Y", 1)
    assert said.enums == {"t.A.b": EnumSpec("X", "u8", (("A", 1), ("B", 2)))}
    assert said.upcasts == {"t.A": ["X", "Y"]}


def test_names(tmp_path):
    spelled = {"x_": "x", "__init__": "init", "x__": "x__", "type": "r#type", "self": "self_", "base": "base_", "_": "_"}
    assert {name: rust_ident(name) for name in spelled} == spelled
    assert builtin_mirror_name("ffi.reflection.AccessStep") == "Ffi_reflectionAccessStepObj"
    assert RustUse("ffi.String").as_use_line() == "use tvm_ffi::String;"
    assert RustUse("i64").as_use_line() == ""
    imports = RustImports(reserved={"Mine"})
    assert imports.record("a.Thing") == imports.record("a::Thing") == "Thing"
    assert imports.record("b.Thing") == "b::Thing"
    assert imports.record("b::Mine") == "b::Mine"
    with pytest.raises(ValueError, match="is in no crate"):
        rust_module_path(Path(tmp_path / "x.rs"))
    (tmp_path / "Cargo.toml").write_text("")
    with pytest.raises(ValueError, match="not under"):
        rust_module_path(tmp_path / "y.rs")
    for name, path in {"lib": (), "main": (), "a/mod": ("a",), "a/fn": ("a", "r#fn"), "a/lib": ("a", "lib")}.items():
        assert rust_module_path(tmp_path / "src" / f"{name}.rs") == ("crate", *path)
    assert check_tokens(["use a::b;", "// x", "f(crate::a::X, 1,)"]) == ("f", "(", "X", ",", "1", ")")


def test_types_of_values():
    def name(origin, key):
        return {"int": "i64", "Array": "Array", "Map": "Map", "Callable": "F"}.get(key or origin)

    for text, rust in {"Array[int]": "Array<i64>", "Optional[Array[int]]": "Option<Array<i64>>", "Map": None, "Callable": "F"}.items():
        assert render_rust_type(of(text), name) == rust
    assert render_rust_type(TypeSchema("Map", [of("int"), of("int")]), name) == "Map<i64, i64>"
    assert render_rust_type(TypeSchema("Union", [of("int"), of("str")]), str) is None
    assert render_rust_type(of("ffi.BigInt"), lambda origin, key: f"{origin} {key}") == "int ffi.BigInt"


def test_files_that_are_not_there_yet(crate):
    arguments = (crate / "src", "--target", "rust", "--init-pypkg", "p", "--init-lib", "l", "--init-prefix", "testing")
    status, told = run(*arguments)
    assert (status, told) == (0, "")
    assert (crate / "src" / "mod.rs").read_text() == "pub mod testing;\n"
    text = (crate / "src" / "testing/mod.rs").read_text()
    assert text.startswith("#![allow(dead_code, unused_imports)]\n\n//! FFI bindings for `testing`.\n")
    assert "struct FfiIntEnumObj {\n    base: FfiEnumObj,\n}\n" in text
    assert text.count("pub struct TestObjectDerivedObj {") == 1
    assert run(*arguments) == (0, "")
    assert (crate / "src" / "testing/mod.rs").read_text() == text
    assert f"{RUST_SYNTAX.begin} object/testing.TestIntPair\n" in text


def test_lines_are_rustfmt_s_own(crate):
    rustfmt = shutil.which("rustfmt")
    if rustfmt is None:
        pytest.skip("rustfmt is not installed")
    path = crate / "src" / "t.rs"
    keys = ["TestIntPair", "TestObjectBase", "TestObjectDerived", "SchemaAllTypes"]
    path.write_text(mark("import-section") + "\n" + "\n".join(mark(f"object/testing.{key}") for key in keys))
    assert run(path, "--target", "rust") == (0, "")
    told = subprocess.run([rustfmt, "--check", "--edition", "2021", path], capture_output=True, text=True, timeout=100, cwd=crate)
    # Only that it asks for nothing within functions: imports are sorted by their text.
    assert "error" not in told.stderr, told.stderr
    assert not [line for line in told.stdout.splitlines() if line[:1] in "+-" and "use " not in line], told.stdout


def test_a_method_whose_type_is_not_told():
    # As libraries in C may register it.
    assert _schema_in({}, "ffi.Function") == TypeSchema("Callable")
    assert _schema_in({}) == TypeSchema("Any")
