"""The library of `bowline.testing` comes at its first use. It and libtvm_ffi_testing.so exclude each other."""

import shutil
import subprocess
from pathlib import Path

import bowline
import pytest
from support import run_script

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def other():
    """The path of libtvm_ffi_testing.so, of a wheel of apache-tvm-ffi that is unpacked, not installed."""
    found = subprocess.run([ROOT / "ci/lib/tvm-ffi"], capture_output=True, text=True, timeout=500, check=False)
    if found.returncode == 3:
        pytest.skip(f"there is no wheel of tvm-ffi: {found.stderr.strip()}")
    assert found.returncode == 0, found.stderr
    path = Path(found.stdout.strip()) / "lib" / "libtvm_ffi_testing.so"
    if not path.exists():
        pytest.skip(f"TVM_FFI_INCLUDE is of no wheel: there is no {path}")
    return path


def test_it_is_loaded_at_the_first_use():
    run_script(
        """
        import bowline
        from bowline import _core
        names = lambda: {name for name in bowline.registry.list_global_func_names() if name.startswith("testing.")}
        before = names()
        assert "testing.echo" not in before and _core.get_global_func("testing.TestIntPairSum") is None
        try:
            _core.type_index("testing.TestIntPair")
        except ValueError:
            pass
        else:
            raise AssertionError("the type is there")
        assert bowline.testing.echo(1) == 1 and bowline.testing.TestIntPair(1, 2).sum() == 3
        assert len(names() - before) > 50
        # It has the host's state, none of its own.
        alive = bowline.stats()["objects_alive"]
        pairs = [bowline.testing.TestIntPair(n, n) for n in range(10)]
        assert bowline.stats()["objects_alive"] == alive + 10
        """
    )


def test_as_tvm_ffi_its_names_are_there():
    """The other package always has a library with these names, which its users rely on."""
    for asked in (
        "tvm_ffi.get_global_func('testing.echo')(1) == 1",
        "tvm_ffi.get_global_func('testing.echo', allow_missing=True) is not None",
        "'int' in tvm_ffi.get_global_func_metadata('testing.add_one')['type_schema']",
        "tvm_ffi.system_lib('testing.').add_one(1) == 2",
        "tvm_ffi.register_object('testing.TestIntPair')(type('Pair', (tvm_ffi.Object,), {}))(1, 2).b == 2",
        "c_class('testing.DocPair')(type('Pair', (tvm_ffi.Object,), {'__annotations__': {'a': int, 'b': int}}))(1, 2).b == 2",
    ):
        run_script(
            f"""
            import bowline
            bowline.provide_tvm_ffi()
            import sys, tvm_ffi
            from bowline.dataclasses import c_class
            assert "bowline.testing" not in sys.modules
            assert tvm_ffi.get_global_func("testing_of_another", allow_missing=True) is None
            assert "bowline.testing" not in sys.modules
            assert {asked}
            assert "bowline.testing" in sys.modules
            """
        )


def test_threads_may_be_first_together():
    run_script(
        """
        from support import run_threads
        import bowline
        made = []
        def first():
            made.append(type(bowline.testing.TestIntPair(1, 2)))
            assert bowline.testing.copies(bowline.testing.TestObjectBase(v_i64=3), 2)[1].v_i64 == 3
        run_threads(*[first] * 8)
        assert len(made) == 8 and len(set(made)) == 1
        """
    )


def test_without_its_file_the_import_says_what_is_missing(tmp_path):
    copy = tmp_path / "bowline"
    shutil.copytree(Path(bowline.__file__).parent, copy, ignore=shutil.ignore_patterns("lib", "__pycache__"))
    run_script(
        """
        import bowline, sys
        assert bowline.__file__.startswith(sys.argv[1])
        try:
            import bowline.testing
        except ImportError as error:
            assert "libbowline_testing.so" in str(error) and sys.argv[1] in str(error), error
            assert error.name == "bowline.testing"
        else:
            raise AssertionError("it came from elsewhere")
        """,
        tmp_path,
        PYTHONPATH=str(tmp_path),
    )


def test_behind_the_other_the_import_is_refused(other):
    run_script(
        """
        import bowline, sys
        bowline.load_module(sys.argv[1])
        assert bowline.get_global_func("testing.add_one")(1) == 2
        for _ in range(2):
            try:
                import bowline.testing
            except ImportError as error:
                assert "libtvm_ffi_testing.so of apache-tvm-ffi, which this process has loaded" in str(error), error
            else:
                raise AssertionError("both are loaded")
        # The other one works on, and may be asked for again.
        assert bowline.load_module(sys.argv[1]).kind == "library"
        pair = bowline.get_global_func("ffi.MakeObjectFromPackedArgs")("testing.TestIntPair", "a", 3, "b", 4)
        assert bowline.get_global_func("testing.TestIntPairSum")(pair) == 7
        # Nor is the library taken by hand, though nothing knows it by its name then.
        from pathlib import Path
        ours = Path(bowline._core.__file__).parent / "lib" / "libbowline_testing.so"
        try:
            bowline.load_module(ours)
        except RuntimeError as error:
            assert "is registered already, by another library" in str(error), error
        else:
            raise AssertionError("both are loaded")
        assert (pair.a, pair.b) == (3, 4)
        """,
        other,
    )


def test_behind_ours_the_other_is_refused(other):
    run_script(
        """
        import bowline, bowline.testing, sys
        from pathlib import Path
        from bowline import libinfo
        path = Path(sys.argv[1])
        for load in (
            lambda: bowline.load_module(path),
            lambda: bowline.load_module(str(path), serialize=True),
            lambda: bowline.load_module(bytes(path)),
            lambda: libinfo.load_lib_ctypes("no-such-distribution", "tvm_ffi_testing", "RTLD_LOCAL", [path.parent]),
            lambda: libinfo.load_lib_module("no-such-distribution", "tvm_ffi_testing", extra_lib_paths=[path.parent]),
        ):
            try:
                load()
            except ImportError as error:
                assert "the same names as bowline.testing, which this process has imported" in str(error), error
                assert error.path == str(path), error.path
            else:
                raise AssertionError("both are loaded")
        assert bowline.testing.TestIntPair(1, 2).sum() == 3
        """,
        other,
    )


def test_the_loader_alone_ends_in_the_name_that_both_have(other):
    """An error in the initialisers of C++ ends the process. Its message has the name."""
    ended = run_script("import bowline.testing, ctypes, sys; ctypes.CDLL(sys.argv[1])", other, check=False)
    assert ended.returncode < 0
    assert "testing." in ended.stderr and "already" in ended.stderr, ended.stderr


def test_a_signal_ends_long_work_of_the_library():
    run_script(
        """
        import bowline.testing, os, signal, sys, threading, time
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        begun = time.monotonic()
        try:
            bowline.testing.run_check_signal(30)
        except KeyboardInterrupt:
            assert time.monotonic() - begun < 15
        else:
            raise AssertionError("the signal was lost")
        # On a thread that has no signals it comes to its end, and lets others run.
        worker = threading.Thread(target=bowline.testing.run_check_signal, args=(1,))
        worker.start()
        turns = 0
        while worker.is_alive():
            turns += 1
            time.sleep(0.01)
        assert turns > 10
        """
    )


def test_generated_stubs_have_its_names():
    run_script(
        """
        from bowline.stub.lib_state import collect_global_funcs, collect_type_keys
        assert any(info.schema.name == "testing.add_one" for info in collect_global_funcs()["testing"])
        assert "testing.TestIntPair" in collect_type_keys()["testing"]
        """
    )
