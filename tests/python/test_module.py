"""Modules: shared libraries, the process's own functions, imports."""

import copy
import pathlib
import pickle
import subprocess

import bowline
import pytest
from bowline import Module, get_global_func, load_module, system_lib
from bowline.module import ModulePropertyMask
from support import run_threads, settle

echo = get_global_func("testing.echo")

SOURCE = r"""
#include <stdint.h>
#include <string.h>

typedef struct {
    int32_t type_index;
    uint32_t length;
    union { int64_t number; char text[8]; } payload;
} Any;

static int text(Any* result, const char* content) {
    result->type_index = 11;
    result->length = strlen(content);
    memset(result->payload.text, 0, 8);
    memcpy(result->payload.text, content, result->length);
    return 0;
}

static int number(Any* result, int64_t value) {
    result->type_index = 1;
    result->length = 0;
    result->payload.number = value;
    return 0;
}

int __tvm_ffi_add(void* self, const Any* args, int32_t count, Any* result) {
    return count == 2 && !self ? number(result, args[0].payload.number + args[1].payload.number) : -1;
}
int __tvm_ffi_main(void* self, const Any* args, int32_t count, Any* result) { return number(result, count); }
int __tvm_ffi__metadata_add(void* self, const Any* args, int32_t count, Any* result) { return text(result, "{\"a\":1}"); }
int __tvm_ffi__doc_add(void* self, const Any* args, int32_t count, Any* result) { return text(result, "Adds."); }
int __tvm_ffi__doc_main(void* self, const Any* args, int32_t count, Any* result) { return number(result, 5); }
int __tvm_ffi__metadata_main(void* self, const Any* args, int32_t count, Any* result) { return text(result, "{"); }
int plain(void) { return 1; }
"""


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Makes libraries of C: `build(name)` returns a path."""
    folder = tmp_path_factory.mktemp("libraries")

    def build(name="library.so", source=SOURCE):
        (folder / "source.c").write_text(source)
        path = folder / name
        # Rust links by it, so it is there.
        subprocess.run(["cc", "-shared", "-fPIC", "-o", path, folder / "source.c"], check=True, timeout=100)
        return path

    return build


@pytest.fixture(scope="module")
def library(build):
    return build()


def is_loaded(path):
    return str(path) in pathlib.Path("/proc/self/maps").read_text()


# ---- libraries ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_path", [str, pathlib.Path])
def test_load(library, as_path):
    module = load_module(as_path(library), keep_module_alive=False)
    assert type(module) is Module
    assert isinstance(module, bowline.Object)
    assert module.kind == "library"
    assert module.add(1, 2) == 3
    assert module["add"](3, 4) == 7
    assert module.get_function("add")(5, 6) == 11
    assert module("x", "y") == module.main("x", "y") == 2
    assert repr(module) == "ffi.Module(imports_=())"


@pytest.mark.parametrize("name", ["library.dylib", "library.dll", "library.dso"])
def test_endings_of_libraries(build, name):
    assert load_module(build(name), keep_module_alive=False).add(1, 2) == 3


def test_a_function_is_one_object(library):
    module = load_module(library, keep_module_alive=False)
    assert module.add is module.add is module["add"] is module.get_function("add")
    assert isinstance(module.add, bowline.Function)
    assert module.add is not module.main
    assert echo(module.add) is module.add
    assert echo(module) is module


@pytest.mark.parametrize("name", ["missing", "plain", "", "add ", "a\0b", "é", "__tvm_ffi_add"])
def test_functions_that_are_not_there(library, name):
    module = load_module(library, keep_module_alive=False)
    assert module.implements_function(name) is False
    for ask in (module.get_function, module.__getitem__):
        with pytest.raises(AttributeError, match="Module has no function"):
            ask(name)
    assert not hasattr(module, name)
    assert module.get_function_metadata(name) is None
    assert module.get_function_doc(name) is None


@pytest.mark.parametrize("name", [3, None, b"add"])
def test_names_that_are_none(library, name):
    module = load_module(library, keep_module_alive=False)
    for ask in (module.get_function, module.__getitem__, module.implements_function, module.get_function_doc):
        with pytest.raises(TypeError):
            ask(name)


def test_what_a_library_says_of_functions(library):
    module = load_module(library, keep_module_alive=False)
    assert module.implements_function("add")
    assert module.get_function_metadata("add") == {"a": 1}
    assert module.get_function_doc("add") == "Adds."
    with pytest.raises(TypeError, match="Expected `str"):
        module.get_function_doc("main")
    with pytest.raises(ValueError):
        module.get_function_metadata("main")


def test_a_function_that_fails(library):
    module = load_module(library, keep_module_alive=False)
    with pytest.raises(RuntimeError, match="returned -1 without an error"):
        module.add(1)


def test_a_library_goes_with_the_last_function(build):
    path = build("going.so")
    module = load_module(path, keep_module_alive=False)
    add = module.add
    assert is_loaded(path)
    del module
    settle()
    assert is_loaded(path)
    assert add(1, 2) == 3
    del add
    settle()
    assert not is_loaded(path)


def test_a_library_stays(build):
    path = build("staying.so")
    module = load_module(path)
    assert module.add(1, 2) == 3
    del module
    settle()
    assert is_loaded(path)


def test_files_that_cannot_be_loaded(tmp_path):
    (tmp_path / "text.so").write_text("no library")
    for path, text in [
        # With the reason that the system gives.
        (tmp_path / "missing.so", "Failed to load dynamic shared library .*missing.so: .*No such file or directory"),
        (tmp_path / "text.so", "Failed to load dynamic shared library .*text.so: .*(too short|invalid ELF header)"),
        (tmp_path / "text", "Failed to get file format"),
        (tmp_path, "Failed to get file format"),
        (tmp_path / "a.unknown", r"no global function ffi\.Module\.load_from_file\.unknown"),
    ]:
        with pytest.raises(RuntimeError, match=text):
            load_module(path)
    with pytest.raises(RuntimeError, match="Failed to load.*interior"):
        load_module("zero\0byte.so")
    for path in (3, None, ["a.so"]):
        with pytest.raises(TypeError):
            load_module(path)


def test_a_loader_in_python(library):
    asked = []

    @bowline.register_global_func("ffi.Module.load_from_file.test_ending")
    def load(path, ending):
        asked.append((path, ending))
        if "fail" in path:
            raise LookupError("not today")
        return load_module(library, keep_module_alive=False) if "good" in path else 5

    try:
        assert load_module("good.test_ending").add(1, 2) == 3
        with pytest.raises(LookupError, match="not today"):
            load_module("fail.test_ending")
        with pytest.raises(TypeError, match=r"ffi\.Module"):
            load_module("bad.test_ending")
    finally:
        bowline.remove_global_func("ffi.Module.load_from_file.test_ending")
    assert asked[0] == ("good.test_ending", "test_ending")


def test_threads_load_and_call(library):
    shared = load_module(library, keep_module_alive=False)
    found = []

    def work():
        for _ in range(20):
            assert load_module(library, keep_module_alive=False).add(1, 2) == 3
            found.append(shared.add)
            assert shared.main() == 0

    run_threads(*[work] * 8)
    assert len({id(function) for function in found}) == 1


def test_nothing_leaks(library):
    def use():
        module = load_module(library, keep_module_alive=False)
        other = load_module(library, keep_module_alive=False)
        module.import_module(other)
        module.get_function("add", True)(1, 2)

    use()
    settle()
    before = bowline.stats()["objects_alive"]
    for _ in range(50):
        use()
    settle()
    assert bowline.stats()["objects_alive"] == before


# ---- the process's own -------------------------------------------------------------------------------------------------


@pytest.mark.keeps_objects  # a module for each prefix
def test_system_lib():
    module = system_lib("testing.")
    assert module is system_lib("testing.")
    assert module.kind == "library"
    assert module.add_one(10) == 11
    assert module["add_one"] is module.add_one
    assert system_lib()["testing.add_one"] is module.add_one
    assert module["testing.add_one"](1) == 2
    assert not system_lib("other.").implements_function("add_one")
    assert system_lib("other.").get_function("testing.add_one")(1) == 2
    with pytest.raises(AttributeError, match="no function 'missing'"):
        module.missing
    with pytest.raises(AttributeError, match="no function 'main'"):
        module()
    with pytest.raises(TypeError):
        system_lib(3)


@pytest.mark.keeps_objects
def test_threads_find_one_system_lib():
    found = []
    run_threads(*[lambda: found.append(system_lib("test.threads."))] * 8)
    assert all(module is found[0] for module in found)


# ---- imports -----------------------------------------------------------------------------------------------------------


def test_imports(library):
    outer = load_module(library, keep_module_alive=False)
    inner = system_lib("testing.")
    assert list(outer.imports) == []
    outer.import_module(inner)
    assert list(outer.imports) == [inner]
    assert type(outer.imports) is bowline.Array
    assert outer.imports[0] is inner
    assert not outer.implements_function("add_one")
    assert outer.implements_function("add_one", True)
    assert outer.get_function("add_one", query_imports=True) is inner.add_one
    with pytest.raises(AttributeError):
        outer.get_function("add_one")
    assert outer.get_function("add", True) is outer.add
    outer.clear_imports()
    assert not outer.implements_function("add_one", True)


def test_imports_that_are_refused(library):
    a, b = (load_module(library, keep_module_alive=False) for _ in range(2))
    for wrong in (3, None, "module", bowline.Array([])):
        with pytest.raises(TypeError, match="expected a Module"):
            a.import_module(wrong)
    a.import_module(b)
    for module, other in ((a, a), (b, a)):
        with pytest.raises(ValueError, match="imports it"):
            module.import_module(other)


# ---- as an object ------------------------------------------------------------------------------------------------------


def test_what_can_be_done_with_it(library):
    module = load_module(library, keep_module_alive=False)
    assert module.get_property_mask() == ModulePropertyMask.RUNNABLE
    assert module.is_runnable()
    assert not module.is_binary_serializable()
    assert not module.is_compilation_exportable()
    assert module.inspect_source() == module.inspect_source("c") == ""
    assert list(module.get_write_formats()) == []
    with pytest.raises(RuntimeError, match=r"Module\[library\] does not support write_to_file"):
        module.write_to_file("a.so")
    assert [int(flag) for flag in ModulePropertyMask] == [1, 2, 4]


def test_an_object_as_any(library):
    module = load_module(library, keep_module_alive=False)
    assert bowline.Array([module])[0] is module
    assert bowline.convert(module) is module
    assert module == module
    assert module != load_module(library, keep_module_alive=False)
    with pytest.raises(TypeError, match="cannot be constructed"):
        Module()
    for use in (copy.copy, copy.deepcopy, pickle.dumps, bowline.serialization.to_json_graph_str):
        with pytest.raises((TypeError, RuntimeError)):
            use(module)
    with pytest.raises(AttributeError):
        module.anything = 1
    assert repr(Module.__new__(Module)) == "Module(chandle=None)"
    with pytest.raises(TypeError, match="expected a Module, got an empty Module"):
        Module.__new__(Module).get_function("add")


def test_as_an_annotation(library):
    module = load_module(library, keep_module_alive=False)
    schema = bowline.core.TypeSchema.from_annotation(Module)
    assert repr(schema) == "ffi.Module"
    assert bowline.core._to_py_class_value(schema.convert(module)) is module
    with pytest.raises(TypeError, match=r"expected ffi\.Module, got int"):
        schema.convert(3)


@pytest.mark.keeps_objects  # the functions
def test_global_functions(library):
    ffi = {name: get_global_func(f"ffi.{name}") for name in ("SystemLib", "ModuleLoadFromFile", "ModuleGetFunction")}
    assert ffi["SystemLib"]("testing.") is system_lib("testing.")
    module = ffi["ModuleLoadFromFile"](str(library), False)
    assert ffi["ModuleGetFunction"](module, "add", False) is module.add
    assert ffi["ModuleGetFunction"](module, "missing", False) is None
    for name, args, result in [
        ("GetKind", (), "library"),
        ("ImplementsFunction", ("add", False), True),
        ("GetFunctionMetadata", ("add", False), '{"a":1}'),
        ("GetFunctionDoc", ("add", False), "Adds."),
        ("GetPropertyMask", (), 2),
        ("InspectSource", ("",), ""),
        ("GetWriteFormats", (), []),
        ("ImportModule", (system_lib("testing."),), None),
        ("ClearImports", (), None),
    ]:
        assert get_global_func(f"ffi.Module{name}")(module, *args) == result
    with pytest.raises(RuntimeError, match="does not support"):
        get_global_func("ffi.ModuleWriteToFile")(module, "a", "b")


# ---- C++ ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "name"), [("int8", "int8_t"), ("uint64", "uint64_t"), ("float32", "float"), ("float64", "double"),
                        ("bool", "bool"), (bowline.dtype("int16"), "int16_t")]
)
def test_cpp_types(given, name):
    assert bowline.cpp.to_cpp_dtype(given) == name


@pytest.mark.parametrize("given", ["float16", "bfloat16", "float32x4", "int4", "handle", "nope"])
def test_no_cpp_types(given):
    with pytest.raises(ValueError, match=given):
        bowline.cpp.to_cpp_dtype(given)


def test_kept_until_taken_out(build):
    add, remove = get_global_func("ffi.ModuleGlobalsAdd"), get_global_func("ffi.ModuleGlobalsRemove")
    count = get_global_func("testing.object_use_count")
    module = load_module(build("kept.so"), keep_module_alive=False)
    alone = count(module)
    remove(module)
    add(module)
    add(module)
    assert count(module) == alone + 1
    remove(module)
    assert count(module) == alone
    run_threads(*[lambda: (add(module), remove(module))] * 4)
    remove(module)
    assert count(module) == alone
