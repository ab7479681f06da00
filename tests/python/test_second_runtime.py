"""Libraries that bring a copy of the core of their own. They are refused before any object crosses."""

import shutil
import subprocess

import bowline
import pytest
from bowline import load_module
from support import run_script

# A library of C with the mark that every copy of the core has. The other one only depends on such a library.
MARKED = "static char own; void* BOWLINE_RUNTIME = &own; int __tvm_ffi_five(void* s, void* a, int n, void* r) { return -1; }"
DEPENDENT = "extern void* BOWLINE_RUNTIME; void** used(void) { return &BOWLINE_RUNTIME; }"


def build(folder, name, source, *more):
    (folder / "source.c").write_text(source)
    path = folder / name
    subprocess.run(["cc", "-shared", "-fPIC", "-o", path, folder / "source.c", *more], check=True, timeout=100)
    return path


def refused(path):
    with pytest.raises(RuntimeError, match="brings a copy of the bowline core of its own") as raised:
        load_module(path)
    assert str(path) in str(raised.value)


def test_a_copy_of_the_extension(tmp_path):
    # The extension itself is a library in Rust with the core inside.
    path = tmp_path / "second.so"
    shutil.copy(bowline._core.__file__, path)
    for _ in range(3):
        refused(path)


def test_this_very_copy():
    # Loaded already: the loader gives the same library, whose core is this one.
    module = load_module(bowline._core.__file__)
    assert module.kind == "library"


def test_a_copy_beside_names_that_all_libraries_see(tmp_path):
    # What the copy does when it is loaded is done to itself. Its names are bound to this one's all the same.
    path = tmp_path / "second.so"
    shutil.copy(bowline._core.__file__, path)
    run_script(
        f"""
        import ctypes
        import bowline
        ctypes.CDLL(bowline._core.__file__, ctypes.RTLD_GLOBAL)
        try:
            bowline.load_module({str(path)!r})
        except RuntimeError as error:
            assert "of its own" in str(error)
        else:
            raise AssertionError("loaded")
        assert bowline.load_module(bowline._core.__file__).kind == "library"
        """
    )


def test_a_mark_in_c(tmp_path):
    path = build(tmp_path, "marked.so", MARKED)
    refused(path)
    # Also in a library that the one in question was linked with.
    refused(build(tmp_path, "dependent.so", DEPENDENT, path, f"-Wl,-rpath,{tmp_path}"))


def test_a_mark_that_all_libraries_see(tmp_path):
    # A copy that came first does not pass for ours, nor ours for it. It shows its names to all.
    path = build(tmp_path, "marked.so", MARKED)
    run_script(
        f"""
        import ctypes
        ctypes.CDLL({str(path)!r}, ctypes.RTLD_GLOBAL)
        import bowline
        assert bowline.load_module(bowline._core.__file__).kind == "library"
        try:
            bowline.load_module({str(path)!r})
        except RuntimeError as error:
            assert "of its own" in str(error)
        else:
            raise AssertionError("loaded")
        """
    )
