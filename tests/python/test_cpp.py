"""C++ sources compiled against tvm-ffi's headers, and loaded."""

import os
import pathlib
import subprocess
import sys
import threading

import bowline
import pytest
from bowline import cpp, libinfo
from support import settle

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def headers():
    """The headers of the wheel, unpacked."""
    done = subprocess.run([ROOT / "ci/lib/tvm-ffi"], capture_output=True, text=True, timeout=300, check=False)
    if done.returncode == 3:
        pytest.skip(f"no headers: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return pathlib.Path(done.stdout.strip()) / "include"


@pytest.fixture
def room(headers, monkeypatch, tmp_path):
    monkeypatch.setenv("TVM_FFI_INCLUDE", str(headers))
    monkeypatch.setenv("TVM_FFI_CACHE_DIR", str(tmp_path))
    return tmp_path


SOURCE = """
int64_t add(int64_t a, int64_t b) { return a + b; }
tvm::ffi::Array<int64_t> reversed(tvm::ffi::Array<int64_t> a) {
  TVM_FFI_ICHECK(a.size() > 0) << "nothing to reverse";
  return tvm::ffi::Array<int64_t>(a.rbegin(), a.rend());
}
tvm::ffi::ObjectRef same(tvm::ffi::ObjectRef x) { return x; }
"""


def test_inline(room):
    docs = {"add": 'Adds "two"?\n\tnumbers \\ ü', "reversed": "", "same": ""}
    module = cpp.load_inline("inline", cpp_sources=SOURCE, functions=docs)
    assert module.add(1, 2) == 3
    assert module.get_function_doc("add") == docs["add"]
    assert module.reversed([1, 2, 3]) == [3, 2, 1]
    with pytest.raises(RuntimeError, match="nothing to reverse"):
        module.reversed([])
    items = bowline.List([1])
    assert module.same(items) is items
    # Made once: the same sources give the same file.
    path = cpp.build_inline("inline", cpp_sources=SOURCE, functions=docs)
    made = os.stat(path).st_mtime_ns
    assert cpp.build_inline("inline", cpp_sources=[SOURCE], functions=docs) == path
    assert os.stat(path).st_mtime_ns == made and path.startswith(str(room))
    assert cpp.build_inline("inline", cpp_sources=SOURCE, functions="add") != path
    del module
    settle()


def test_files_and_options(room):
    (room / "own.h").write_text("#define ANSWER 40")
    (room / "code.cc").write_text(
        "#include <tvm/ffi/function.h>\n#include <own.h>\nint64_t answer() { return ANSWER + MORE; }\n"
        "TVM_FFI_DLL_EXPORT_TYPED_FUNC(answer, answer);"
    )
    options = {"sources": str(room / "code.cc"), "extra_cflags": ["-DMORE=2"], "extra_include_paths": [str(room)]}
    assert cpp.load("files", **options).answer() == 42
    path = cpp.build("files", build_directory=str(room / "there"), output="named.so", **options)
    assert pathlib.Path(path) == room / "there" / "named.so"
    # A changed source is compiled anew, into the same file.
    (room / "code.cc").write_text((room / "code.cc").read_text().replace("ANSWER + MORE", "7"))
    assert cpp.load("files", build_directory=str(room / "there"), **options).answer() == 7
    settle()


C_SOURCE = """
#include <tvm/ffi/c_api.h>

TVM_FFI_DLL_EXPORT int __tvm_ffi_c_add(void* self, const TVMFFIAny* args, int32_t count, TVMFFIAny* result) {
  int *class = 0;  /* no C++ */
  result->type_index = kTVMFFIInt;
  result->zero_padding = class != 0;
  result->v_int64 = args[0].v_int64 + args[1].v_int64;
  return 0;
}
"""


def test_files_of_c_and_object_files(room):
    (room / "code.c").write_text(C_SOURCE)
    assert cpp.load("whole", sources=[str(room / "code.c")]).c_add(1, 2) == 3
    first = cpp.build("first", sources=[str(room / "code.c")], output="first.o")
    second = cpp.build_inline("second", cpp_sources=SOURCE, functions=["add"], output="second.o")
    assert (first[-8:], second[-9:]) == ("/first.o", "/second.o")
    module = cpp.load("both", sources=[first, second])
    assert (module.c_add(10, 20), module.add(1, 1)) == (30, 2)
    with pytest.raises(ValueError, match="both.o is an object file, which is made of one source"):
        cpp.build("both", sources=[str(room / "code.c"), first], output="both.o")
    del module
    settle()


def test_what_fails_says_why(room, monkeypatch):
    with pytest.raises(RuntimeError, match=r"(?s)the compiler failed.*error"):
        cpp.build_inline("wrong", cpp_sources="int f( {", functions="f")
    assert not [path for path in room.rglob("*.so")]
    monkeypatch.setenv("CXX", "no-such-compiler-here")
    with pytest.raises(RuntimeError, match=r"no compiler 'no-such-compiler-here': set CXX, and CC for C"):
        cpp.build_inline("wrong", cpp_sources="int f() { return 1; }")


def test_without_headers(monkeypatch, tmp_path):
    monkeypatch.delenv("TVM_FFI_INCLUDE", raising=False)
    for call in (libinfo.find_include_path, libinfo.find_cmake_path, lambda: cpp.build_inline("x", cpp_sources="")):
        with pytest.raises(RuntimeError, match="set TVM_FFI_INCLUDE"):
            call()
    monkeypatch.setenv("TVM_FFI_INCLUDE", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"has no tvm/ffi/c_api\.h"):
        libinfo.find_include_path()


@pytest.mark.parametrize(
    "given", [{"cuda_sources": "x"}, {"extra_cuda_cflags": ["-O3"]}, {"backend": "hip"}, {"embed_cubin": {"a": b""}}]
)
def test_code_of_devices(given):
    with pytest.raises(NotImplementedError, match=f"{next(iter(given))} is not supported"):
        cpp.load_inline("device", cpp_sources="", **given)


def test_files_of_devices_and_none():
    with pytest.raises(NotImplementedError, match="is not supported"):
        cpp.build("device", sources=["kernel.cu"])
    with pytest.raises(ValueError, match="at least one file"):
        cpp.build("nothing")


def test_two_at_once(room):
    paths = []
    source = "int64_t one() { return 1; }"
    work = lambda: paths.append(cpp.build_inline("both", cpp_sources=source, functions="one"))  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(200)
    assert len(paths) == 2 and paths[0] == paths[1]
    assert sum(path.suffix == ".so" for path in room.rglob("*")) == 1


def test_folders(headers, monkeypatch):
    monkeypatch.setenv("TVM_FFI_INCLUDE", str(headers))
    assert libinfo.find_include_path() == str(headers.resolve())
    assert os.path.exists(os.path.join(libinfo.find_dlpack_include_path(), "dlpack", "dlpack.h"))
    assert libinfo.find_include_path() in libinfo.include_paths()
    assert sys.modules["bowline.libinfo"] is libinfo
