"""Modules that C++ made: their virtual functions, from Python."""

import gc
import subprocess
from pathlib import Path

import bowline
import pytest
from bowline import load_module, system_lib
from bowline._config import include_dir, lib_dir


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    # Made at the first call, and kept for good.
    system_lib("testing.")
    made = tmp_path_factory.mktemp("cxx") / "module.so"
    source = Path(__file__).with_name("cxx_module.cpp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(made.parent))
        link = ["-L", lib_dir(), "-ltvm_ffi"]
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-Wl,-z,defs", "-I", include_dir()]
    subprocess.run(["c++", *flags, "-o", made, source, *link], check=True, timeout=300)
    return made


def test_what_it_says(path):
    library = load_module(path)
    module = library.make()
    assert type(module) is bowline.Module
    assert module.kind == "made_in_cxx"
    assert (module.is_runnable(), module.is_binary_serializable(), module.is_compilation_exportable()) == (False, True, True)
    assert module.seven() == module["seven"]() == module.get_function("seven", True)() == 7
    assert module.implements_function("later")
    assert not module.implements_function("another", True)
    with pytest.raises(AttributeError, match="no function 'another'"):
        module.get_function("another")
    with pytest.raises(RuntimeError, match="an odd one"):
        module.get_function("odd")
    assert module.get_function_doc("seven") == "Gives seven, each time."
    assert module.get_function_doc("another") is None
    assert module.get_function_metadata("seven") == {"a": 1}
    assert list(module.get_write_formats()) == []
    assert module.inspect_source() == "a source"
    module.write_to_file("a path that is long", "o")
    assert module.inspect_source("path") == "a path that is long"
    assert module.save_to_bytes() == b"\0 bytes of a module"


def test_imports(path):
    library = load_module(path)
    outer, inner = library.make(), library.make()
    own = system_lib("testing.")
    assert len(outer.imports) == 0
    outer.import_module(inner)
    inner.import_module(own)
    assert outer.implements_function("add_one", True)
    assert outer.get_function("add_one", True) is own.add_one
    assert bowline.get_global_func("ffi.ModuleGetKind")(outer.imports[0]) == "made_in_cxx"
    inner.clear_imports()
    assert not outer.implements_function("add_one", True)
    outer.clear_imports()
    assert len(outer.imports) == 0


def test_it_ends(path):
    library = load_module(path)
    gc.collect()
    before = library.alive()
    made = [library.make() for _ in range(10)]
    assert library.alive() == before + 10
    made[0].import_module(made[1])
    del made
    gc.collect()
    assert library.alive() == before


def test_integers_beyond_64_bits_are_ints(path):
    big = load_module(path).big
    for low, high in ((5, 0), (-5, -1), (0, 1), (-1, 0), (0, -1), (-(2**63), -1), (3, 2**62), (3, -(2**63))):
        value = big(low, high)
        assert type(value) is int
        assert value == (high << 64) + low % 2**64
