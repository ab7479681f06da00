"""What compilers are told: `bowline-config`, and libraries that are built by it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import bowline
import pytest

IN_WHEEL = "tvm_ffi/include/"
SOURCE = r"""
#include <bowline.h>
int __tvm_ffi_counted(void* handle, const BowlineAny* args, int32_t count, BowlineAny* result) {
  (void)handle;
  BowlineByteArray text = {"the functions of the extension were found", 41};
  if (count == 0) return TVMFFIStringFromByteArray(&text, result);
  TVMFFIErrorSetRaisedFromCStr("KeyError", "no arguments");
  return -1;
}
"""


def config(*arguments, cache, name="bowline-config", **environment):
    script = f"import sys; sys.argv[0] = {name!r}; from bowline._config import main; sys.exit(main())"
    kept = {key: value for key, value in os.environ.items() if key != "TVM_FFI_INCLUDE"}
    kept |= {"XDG_CACHE_HOME": str(cache), **environment}
    ran = subprocess.run([sys.executable, "-c", script, *arguments], env=kept, capture_output=True, text=True, timeout=100)
    return ran.returncode, ran.stdout.splitlines(), ran.stderr


def test_a_library_is_built_and_loaded_by_it(tmp_path):
    code, lines, _ = config("--cflags", "--ldflags", "--libs", "--libfiles", cache=tmp_path)
    assert code == 0
    libfile, libs, cflags, ldflags = lines
    assert Path(libfile).resolve() == Path(bowline._core.__file__).resolve()
    (tmp_path / "a.c").write_text(SOURCE)
    path = tmp_path / "a.so"
    # Nothing may be left open: what is linked to has it.
    command = ["cc", "-shared", "-fPIC", "-Wl,-z,defs", cflags, "-o", path, tmp_path / "a.c", ldflags, libs]
    subprocess.run(command, check=True, timeout=100)
    module = bowline.load_module(path, keep_module_alive=False)
    assert module.counted() == "the functions of the extension were found"
    with pytest.raises(KeyError, match="no arguments"):
        module.counted(1)


def test_the_folder_for_linkers_is_made_anew_when_it_is_stale(tmp_path):
    _, [folder], _ = config("--libdir", cache=tmp_path)
    link = Path(folder, "libtvm_ffi.so")
    link.unlink()
    link.symlink_to("/nowhere")
    assert config("--libdir", cache=tmp_path)[1] == [folder]
    assert link.resolve() == Path(bowline._core.__file__).resolve()
    assert [file.name for file in Path(folder).iterdir()] == ["libtvm_ffi.so"]


def test_headers(tmp_path):
    _, [own], _ = config("--includedir", cache=tmp_path)
    assert Path(own, "bowline.h").is_file()
    for arguments, name in ((("--tvm-includedir",), "bowline-config"), (("--includedir",), "tvm-ffi-config")):
        code, lines, said = config(*arguments, cache=tmp_path, name=name)
        assert (code, lines) == (1, [])
        assert "TVM_FFI_INCLUDE" in said
        assert "--headers-from" in said
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(IN_WHEEL + "tvm/ffi/c_api.h", "/* here */")
        archive.writestr(IN_WHEEL + "../../out.h", "/* not here */")
        archive.writestr(IN_WHEEL + "core.py", "")
    for _ in range(2):
        code, [folder], _ = config("--headers-from", str(wheel), cache=tmp_path)
        assert code == 0
        assert Path(folder, "tvm/ffi/c_api.h").read_text() == "/* here */"
    assert [path.name for path in tmp_path.rglob("*.h")] == ["c_api.h"]
    assert config("--cflags", cache=tmp_path, name="tvm-ffi-config", TVM_FFI_INCLUDE=folder)[1] == [f"-I{folder}"]
    assert config("--cxxflags", "--headers-from", str(wheel), cache=tmp_path)[1] == [f"-I{folder} -std=c++17"]
    code, _, said = config("--tvm-includedir", cache=tmp_path, TVM_FFI_INCLUDE=str(tmp_path))
    assert code == 1
    assert "has no tvm/ffi/c_api.h" in said


@pytest.mark.parametrize("sources", [False, True])
def test_flags_of_tvm_ffi(tmp_path, sources):
    headers, dlpack = tmp_path / "include", tmp_path / ("3rdparty/dlpack/include" if sources else "include")
    cmake = tmp_path / "share/cmake/tvm_ffi"
    for file in (headers / "tvm/ffi/c_api.h", dlpack / "dlpack" / "dlpack.h", cmake / "tvm_ffi-config.cmake"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    arguments = ("--dlpack-includedir", "--cmakedir", "--sourcedir", "--cython-lib-path", "--cflags", "--cxxflags")
    for by_module in (False, True):
        if by_module:
            command = [sys.executable, "-m", "bowline.run_as_tvm_ffi", "-m", "tvm_ffi.config", *arguments]
            env = os.environ | {"TVM_FFI_INCLUDE": str(headers)}
            lines = subprocess.run(command, env=env, capture_output=True, text=True, timeout=100, check=True).stdout.splitlines()
        else:
            lines = config(*arguments, cache=tmp_path, name="tvm-ffi-config", TVM_FFI_INCLUDE=str(headers))[1]
        flags = f"-I{headers} -I{dlpack}"
        package, core = Path(bowline.__file__).parent.resolve(), Path(bowline._core.__file__).resolve()
        assert lines == [str(dlpack), str(cmake), str(package), str(core), flags, f"{flags} -std=c++17"]
    (cmake / "tvm_ffi-config.cmake").unlink()
    code, _, said = config("--cmakedir", cache=tmp_path, TVM_FFI_INCLUDE=str(headers))
    assert code == 1
    assert "tvm_ffi-config.cmake" in said


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_what_is_no_wheel_with_headers(tmp_path, content):
    wheel = tmp_path / "a.whl"
    if content is None:
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("a.py", "")
    else:
        wheel.write_bytes(content)
    code, lines, said = config("--headers-from", str(wheel), cache=tmp_path)
    assert (code, lines) == (1, [])
    assert "wheel" in said


def test_without_arguments_it_says_what_there_is(tmp_path):
    code, lines, _ = config(cache=tmp_path)
    assert code == 0
    assert any("--libdir" in line for line in lines)
