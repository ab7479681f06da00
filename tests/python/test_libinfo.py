"""Where libraries are found, and in which order."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import bowline
import pytest
from bowline import libinfo
from support import run_script, settle

SOURCE = "int __tvm_ffi_which(void* s, void* a, int n, long* result) { result[0] = 1; result[1] = WHICH; return 0; }\nint which = WHICH;"


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    """Libraries of one name, in three places.

    They are in a distribution (1), in a folder that the caller names (2), in the environment's (3).
    """
    top = tmp_path_factory.mktemp("room")
    (top / "code.c").write_text(SOURCE)
    places = {1: "site/mine/lib", 2: "extra", 3: "env"}
    for which, place in places.items():
        (top / place).mkdir(parents=True)
        command = ["cc", "-shared", "-fPIC", f"-DWHICH={which}", "-o", top / place / "libmine.so", top / "code.c"]
        subprocess.run(command, check=True, timeout=100)
    record = top / "site" / "mine_dist-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: mine-dist\nVersion: 1.0\n")
    (record / "RECORD").write_text('"mine/lib/libmine.so",,\nmine/lib/libgone.so,,\n')
    return top


def which(library):
    return ctypes.c_int.in_dll(library, "which").value


def test_the_order(room, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{room / 'nothing'}{os.pathsep}{room / 'env'}")
    monkeypatch.syspath_prepend(str(room / "site"))
    find = libinfo._find_library_by_basename
    extra = [room / "extra"]
    assert which(libinfo.load_lib_ctypes("mine-dist", "mine", "RTLD_LOCAL", extra_lib_paths=extra)) == 1
    assert find("other-dist", "mine", extra) == (room / "extra" / "libmine.so").resolve()
    assert find("other-dist", "mine") == (room / "env" / "libmine.so").resolve()
    with pytest.raises(RuntimeError, match=r"(?s)Cannot find library libmine\.so.*other-dist"):
        find("other-dist", "mine", use_env_path=False)
    with pytest.raises(RuntimeError, match=r"libgone\.so"):
        # In the record, and not there.
        find("mine-dist", "gone", extra)
    with pytest.raises(TypeError, match=r"pathlib\.Path"):
        find("other-dist", "mine", ["extra"])
    with pytest.raises(AttributeError):
        libinfo.load_lib_ctypes("mine-dist", "mine", "RTLD_NOTHING")
    with pytest.raises(TypeError, match="package must be a str, got 5"):
        libinfo.load_lib_module(5, "mine")
    with pytest.raises(TypeError, match="target_name must be a str, got None"):
        libinfo.load_lib_module("mine-dist", None)


def test_a_module(room, monkeypatch):
    monkeypatch.syspath_prepend(str(room / "site"))
    module = libinfo.load_lib_module("mine-dist", "mine")
    assert module.which() == 1
    assert libinfo.load_lib_module("x", "mine", extra_lib_paths=[room / "extra"]).which() == 2
    del module
    settle()


def test_the_library_of_the_object_system():
    # The one that is loaded, never a second one.
    for package in ("apache-tvm-ffi", "apache_tvm_ffi", "bowline"):
        path = libinfo._find_library_by_basename(package, "tvm_ffi")
        library = ctypes.CDLL(str(path))
        assert library.TVMFFIGetVersion
    linked = Path(libinfo.find_libtvm_ffi())
    assert linked.name == "libtvm_ffi.so"
    assert linked.resolve() == Path(bowline._core.__file__).resolve()
    with pytest.raises(TypeError, match=r"extra_lib_paths\[1\] must be a pathlib.Path, got 'x'"):
        libinfo._find_library_by_basename("bowline", "tvm_ffi", extra_lib_paths=[Path("x"), "x"])
    assert libinfo.find_cython_lib() == str(Path(bowline._core.__file__).resolve())
    assert ctypes.cast(bowline.LIB.TVMFFITypeKeyToIndex, ctypes.c_void_p).value
    assert libinfo.find_source_path() == str(Path(bowline.__file__).parent.resolve())
    for call in (libinfo.find_windows_implib, libinfo.find_python_helper_include_path):
        with pytest.raises(RuntimeError):
            call()


def test_the_first_accepted_path(tmp_path):
    def condition(path):
        if path.name == "raises":
            raise OSError
        return {"other": tmp_path / "instead"}.get(path.name, path.name == "good")

    find = libinfo._resolve_and_validate
    assert find([tmp_path / "bad", tmp_path / "raises", tmp_path / "good"], condition) == str((tmp_path / "good").resolve())
    assert find([tmp_path / "other"], cond=condition) == str(tmp_path / "instead")
    assert find([tmp_path / "bad"], condition) is None
    with pytest.raises(ZeroDivisionError):
        find([tmp_path], lambda _: 1 / 0)


@pytest.mark.skipif(sys.platform != "linux", reason="symbols are looked up among all libraries on Linux only")
def test_lib_shows_its_symbols_to_all():
    run_script("import bowline, ctypes\nbowline.LIB\nassert ctypes.CDLL(None).TVMFFIObjectIncRef")
