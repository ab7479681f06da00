"""Libraries in C that ask for libtvm_ffi.so. They find the extension, which has the one runtime of the process."""

import subprocess
import sys
from pathlib import Path

import bowline
import pytest
from bowline import load_module
from support import run_script, settle

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="libraries are found by their soname on Linux only")

INCLUDE = Path(bowline.__file__).parent / "include"
CLIENT = """
#include <bowline.h>
#include <string.h>

/* What a library registers when it is loaded. */
static int twice(void* handle, const BowlineAny* args, int32_t count, BowlineAny* result) {
  (void)handle;
  if (count != 1 || args[0].type_index != kBowlineInt) {
    TVMFFIErrorSetRaisedFromCStr("TypeError", "twice takes one int");
    return -1;
  }
  result->type_index = kBowlineInt;
  result->v_int64 = 2 * args[0].v_int64;
  return 0;
}

__attribute__((constructor)) static void begin(void) {
  BowlineByteArray name = {"test.client.twice", 17};
  BowlineObjectHandle made;
  if (TVMFFIFunctionCreate(0, twice, 0, &made) == 0) {
    TVMFFIFunctionSetGlobal(&name, made, 1);
    TVMFFIObjectDecRef(made);
  }
}

/* Calls its first argument with the others. */
int __tvm_ffi_apply(void* handle, BowlineAny* args, int32_t count, BowlineAny* result) {
  (void)handle;
  return TVMFFIFunctionCall(args[0].v_obj, args + 1, count - 1, result);
}

/* Gives the function back that Python registered. */
int __tvm_ffi_find(void* handle, const BowlineAny* args, int32_t count, BowlineAny* result) {
  BowlineByteArray name = {"test.client.python", 18};
  (void)handle, (void)args, (void)count;
  if (TVMFFIFunctionGetGlobal(&name, (BowlineObjectHandle*)&result->v_ptr) != 0) return -1;
  result->type_index = result->v_ptr ? kBowlineFunction : kBowlineNone;
  return 0;
}

/* How many fields a type has that Python declared, and the value of the first in an object. */
int __tvm_ffi_read(void* handle, const BowlineAny* args, int32_t count, BowlineAny* result) {
  const BowlineTypeInfo* info = TVMFFIGetTypeInfo(args[0].type_index);
  const BowlineFieldInfo* field = &info->fields[0];
  (void)handle, (void)count;
  if (info->num_fields != 2 || field->name.size != 6 || memcmp(field->name.data, "number", 6) != 0) {
    TVMFFIErrorSetRaisedFromCStr("ValueError", "not that type");
    return -1;
  }
  return field->getter((char*)args[0].v_obj + field->offset, result);
}
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("client")
    source, library = folder / "client.c", folder / "libclient.so"
    source.write_text(CLIENT)
    # As one would link with -ltvm_ffi: by the name that the extension has.
    command = ["cc", "-std=c11", "-Wall", "-Werror", "-shared", "-fPIC", "-I", INCLUDE, source, "-o", library]
    subprocess.run([*command, bowline._core.__file__], check=True, timeout=100)
    needed = subprocess.run(["objdump", "-p", library], check=True, timeout=100, capture_output=True, text=True).stdout
    assert "libtvm_ffi.so" in needed
    return library


def test_registers_and_is_called(client):
    module = load_module(client)
    twice = bowline.get_global_func("test.client.twice")
    assert twice(21) == 42
    with pytest.raises(TypeError, match="twice takes one int"):
        twice("x")
    assert module.apply(twice, 4) == 8
    bowline.remove_global_func("test.client.twice")


def test_errors_and_objects_pass_through(client):
    module = load_module(client)

    class Own(Exception):
        pass

    def fails(*_):
        raise Own("of Python")

    with pytest.raises(Own, match="of Python"):
        module.apply(fails)
    items = bowline.List([1, 2])
    assert module.apply(lambda value: value, items) is items
    counts = bowline.stats()["objects_alive"]
    for _ in range(50):
        with pytest.raises(Own):
            module.apply(fails)
        module.apply(lambda value: value, items)
    settle()
    assert abs(bowline.stats()["objects_alive"] - counts) < 10


def test_finds_what_python_registered(client):
    module = load_module(client)
    assert module.find() is None
    bowline.register_global_func("test.client.python", lambda: "of Python", override=True)
    try:
        assert module.find()() == "of Python"
    finally:
        bowline.remove_global_func("test.client.python")


# The record of a type has setters.
@pytest.mark.keeps_objects
def test_reads_fields_of_a_type_that_python_declared(client):
    @bowline.py_class("test.client.Node")
    class Node(bowline.Object):
        number: int
        name: str

    module = load_module(client)
    node = Node(7, "n")
    assert module.read(node) == 7
    node.number = 8
    assert module.read(node) == 8
    with pytest.raises(ValueError, match="not that type"):
        module.read(bowline.List([1]))


ALONE = """
import ctypes, sys
{first}
try:
    import {second}
except ImportError as error:
    assert "one" in str(error) and "runtime" in str(error), error
else:
    raise AssertionError("there are two runtimes")
"""


def test_another_runtime_came_first(tmp_path):
    other = tmp_path / "libtvm_ffi.so"
    (tmp_path / "other.c").write_text("int TVMFFIObjectIncRef(void* object) { return 0; }")
    command = ["cc", "-shared", "-fPIC", "-Wl,-soname,libtvm_ffi.so", tmp_path / "other.c", "-o", other]
    subprocess.run(command, check=True, timeout=100)
    run_script(ALONE.format(first=f"ctypes.CDLL({str(other)!r})", second="bowline"))


def test_another_runtime_comes_second(tmp_path):
    package = tmp_path / "tvm_ffi"
    (package / "lib").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('it runs')")
    (package / "lib" / "libtvm_ffi.so").write_bytes(b"")
    first = f"import sys, bowline; sys.path.insert(0, {str(tmp_path)!r})"
    run_script(ALONE.format(first=first, second="tvm_ffi"))
    # A package of that name without a runtime is none of ours.
    (package / "lib" / "libtvm_ffi.so").unlink()
    (package / "__init__.py").write_text("found = True")
    run_script(f"{first}\nimport tvm_ffi\nassert tvm_ffi.found")


def test_libraries_in_cpp_find_their_streams_made(tmp_path):
    # What a newer compiler built does not make std::cerr. The C++ library of that version does, older ones need another to.
    source, library = tmp_path / "streams.cpp", tmp_path / "streams.so"
    source.write_text(
        '#include <ostream>\nnamespace std { extern ostream cerr; }\nextern "C" void say() { std::cerr << "said" << std::endl; }\n'
    )
    subprocess.run(["c++", "-shared", "-fPIC", "-o", library, source], check=True, timeout=100)
    process = run_script("import ctypes, sys, bowline; ctypes.CDLL(sys.argv[1]).say()", library)
    assert process.stderr == "said\n"
