"""Programs that say `import tvm_ffi` run on the package.

They do so by the distribution in pyext/compat, by a call, by a command.
"""

import os
import pathlib
import pickle
import re
import shutil
import subprocess
import sys

import bowline
import pytest
from support import run_script

ROOT = pathlib.Path(__file__).parents[2]
COMPAT = ROOT / "pyext" / "compat"
TESTS = os.path.dirname(__file__)
INSTALLED = {"PYTHONPATH": f"{TESTS}{os.pathsep}{COMPAT / 'python'}"}
WAYS = {
    "installed": "import tvm_ffi",
    "package first": "import bowline, bowline.container\nimport tvm_ffi",
    "module first": "import tvm_ffi.container",
    "from": "from tvm_ffi.dataclasses import py_class\nimport tvm_ffi",
    "by a call": "import bowline\nbowline.provide_tvm_ffi()\nbowline.provide_tvm_ffi()\nimport tvm_ffi",
}
ONCE = """
import importlib, pkgutil, sys
import tvm_ffi
import bowline
assert tvm_ffi is bowline is sys.modules["tvm_ffi"]
spec = bowline.__spec__
assert spec.name == "bowline"
names = [m.name for m in pkgutil.walk_packages(bowline.__path__, "bowline.") if not m.name.endswith("__main__")]
assert len(names) > 40
for turn, name in enumerate(names):
    other = "tvm_ffi" + name.removeprefix("bowline")
    first, second = (name, other) if turn % 2 else (other, name)
    module = importlib.import_module(first)
    assert importlib.import_module(second) is module, name
    assert sys.modules[name] is sys.modules[other] is module
    assert module.__name__ == module.__spec__.name == name, (name, module.__spec__)
    assert not module.__spec__._initializing
for name in names:
    assert importlib.reload(importlib.import_module("tvm_ffi" + name.removeprefix("bowline"))) is sys.modules[name]
assert bowline.__spec__ is spec
# Functions of a package stay what they are where a module has their name.
import tvm_ffi.dataclasses.field, tvm_ffi.dataclasses.py_class, tvm_ffi.dataclasses.c_class
from tvm_ffi.dataclasses import common, enum, field
from tvm_ffi.dataclasses.field import Field
assert callable(bowline.dataclasses.field) and callable(bowline.dataclasses.py_class) and callable(tvm_ffi.dataclasses.c_class)
assert Field is bowline.dataclasses.Field and enum.Enum is bowline.dataclasses.Enum and common.asdict is tvm_ffi.dataclasses.asdict
for name in ("tvm_ffi.nothing", "tvm_ffi.core.nothing", "tvm_ffi.dataclasses.nothing", "tvm_ffi.Object"):
    try:
        importlib.import_module(name)
    except ImportError as error:
        assert "tvm_ffi" in str(error), error
    else:
        raise AssertionError(name)
# Taken out and imported again.
for name in [name for name in sys.modules if name.startswith("tvm_ffi")]:
    del sys.modules[name]
import tvm_ffi.dataclasses
assert tvm_ffi is bowline and callable(tvm_ffi.dataclasses.field)
assert len([finder for finder in sys.meta_path if type(finder).__module__ == "bowline._alias"]) == 1
"""


@pytest.mark.parametrize("way", WAYS)
def test_each_module_once(way):
    run_script(WAYS[way] + "\n" + ONCE, **INSTALLED)


def test_pickles_of_both_names():
    run_script(
        """
        import pickle, pickletools
        import tvm_ffi
        from tvm_ffi.dataclasses import py_class
        @py_class("names.Node")
        class Node(tvm_ffi.Object):
            value: int
        Node.__module__ = "__main__"
        text = pickle.dumps([Node(1), tvm_ffi.Array([1, 2]), tvm_ffi.dtype("int8"), tvm_ffi.Device("cpu", 0)])
        old = text.replace(b"bowline", b"tvm_ffi")
        assert old != text
        for form in (text, old):
            node, array, dtype, device = pickle.loads(form)
            assert type(node) is Node and type(array) is tvm_ffi.Array and dtype == "int8" and str(device) == "cpu:0"
        """,
        **INSTALLED,
    )


def test_threads_import_at_once():
    # There is no half-made module, no second one, no deadlock of the imports.
    for _ in range(3):
        run_script(
            """
            import importlib, random, sys, threading
            names = ["", ".container", ".dataclasses", ".structural", ".utils", ".libinfo", ".stream"]
            sys.setswitchinterval(1e-5)
            barrier = threading.Barrier(8)
            found, errors = [], []
            def work(n):
                try:
                    order = names * 2
                    random.Random(n).shuffle(order)
                    barrier.wait()
                    # Each by the package first. Python does not let an import of a module wait for that of its package.
                    importlib.import_module("tvm_ffi" if n % 2 else "bowline").Object
                    import tvm_ffi
                    for turn, name in enumerate(order):
                        module = importlib.import_module(("tvm_ffi" if (turn + n) % 2 else "bowline") + name)
                        found.append((name, module))
                        import tvm_ffi
                        tvm_ffi.Object, tvm_ffi.Array, tvm_ffi.structural_equal
                        from tvm_ffi import Map, container
                        if name == ".container":
                            module.Array, module.Dict
                except BaseException as error:
                    errors.append(error)
            threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(8)]
            for t in threads: t.start()
            for t in threads: t.join(60); assert not t.is_alive()
            if errors: raise errors[0]
            for name, module in found:
                assert sys.modules["bowline" + name] is sys.modules["tvm_ffi" + name]
                assert module.__spec__.name == "bowline" + name or module.__spec__.name == "tvm_ffi"
                assert name or module.Object is sys.modules["bowline"].Object
            """,
            **INSTALLED,
        )


def test_a_stand_in_is_the_package():
    # What a thread has that found the distribution's own module early. The package took its place afterwards.
    run_script(
        """
        import sys, types
        former = types.ModuleType("tvm_ffi")
        import os, bowline
        former.__file__ = os.path.join(sys.argv[1], "tvm_ffi", "__init__.py")
        sys.modules["tvm_ffi"] = former
        bowline.provide_tvm_ffi()
        assert sys.modules["tvm_ffi"] is bowline
        assert former.Object is bowline.Object and former.__name__ == "bowline" and "Array" in dir(former)
        former.new = 1
        assert bowline.new == 1
        del former.new
        assert not hasattr(bowline, "new")
        """,
        COMPAT / "python",
    )


def test_another_interpreter_refuses():
    run_script(
        """
        try:
            from concurrent import interpreters
        except ImportError:
            try:
                import _interpreters as low
            except ImportError:
                import _xxsubinterpreters as low
            made = low.create()
            code = "try:\\n import tvm_ffi\\nexcept ImportError: pass\\nelse: raise AssertionError"
            assert not (low.run_string(made, code))
        else:
            made = interpreters.create()
            made.exec("try:\\n import tvm_ffi\\nexcept ImportError: pass\\nelse: raise AssertionError")
        """,
        **INSTALLED,
    )


# ---- beside the files of the other package


@pytest.fixture
def mixed(tmp_path):
    shutil.copytree(COMPAT / "python" / "tvm_ffi", tmp_path / "tvm_ffi", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tvm_ffi" / "lib").mkdir()
    (tmp_path / "tvm_ffi" / "lib" / "libtvm_ffi.so").write_bytes(b"")
    (tmp_path / "tvm_ffi" / "core.cpython-311-x86_64-linux-gnu.so").write_bytes(b"")
    (tmp_path / "tvm_ffi" / "container.py").write_text("raise SystemExit('the other package runs')")
    return tmp_path


@pytest.mark.parametrize("first", ["", "import bowline\n"])
def test_beside_the_other_files(mixed, first):
    done = run_script(f"{first}import tvm_ffi", PYTHONPATH=str(mixed), check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: tvm_ffi in ")
    for file in ("lib", "core.cpython-311-x86_64-linux-gnu.so", "container.py"):
        assert str(mixed / "tvm_ffi" / file) in last
    assert "Uninstall both" in last
    # Nothing but those files: with them gone it works.
    shutil.rmtree(mixed / "tvm_ffi" / "lib")
    for file in ("core.cpython-311-x86_64-linux-gnu.so", "container.py"):
        (mixed / "tvm_ffi" / file).unlink()
    run_script(f"{first}import tvm_ffi\nassert tvm_ffi.Object", PYTHONPATH=str(mixed))


def test_the_other_package_after_this_one(mixed):
    (mixed / "tvm_ffi" / "__init__.py").write_text("from . import core")
    for file in ("lib", "core"):
        done = run_script("import bowline\nimport tvm_ffi", PYTHONPATH=str(mixed), check=False)
        assert "brings a runtime of its own" in done.stderr and str(mixed / "tvm_ffi") in done.stderr
        if file == "lib":
            shutil.rmtree(mixed / "tvm_ffi" / "lib")


def test_the_other_package_is_loaded():
    script = """
    import sys, types
    sys.modules["tvm_ffi"] = types.ModuleType("tvm_ffi")
    sys.modules["tvm_ffi"].__file__ = "/somewhere/tvm_ffi/__init__.py"
    import bowline
    try:
        bowline.provide_tvm_ffi()
    except ImportError as error:
        assert "/somewhere/tvm_ffi/__init__.py" in str(error)
    else:
        raise AssertionError
    """
    run_script(script)


def test_run_a_module_of_the_package():
    done = subprocess.run(
        [sys.executable, "-m", "tvm_ffi.demo", "--help"], capture_output=True, text=True, timeout=100,
        env={**os.environ, **INSTALLED},
    )
    assert "can't find" not in done.stderr and "No module" not in done.stderr and "cannot handle" not in done.stderr


# ---- what the guide says


def test_the_guide_under_this_name():
    text = (ROOT / "pyext" / "docs" / "guide.md").read_text()
    blocks = "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S))
    other = re.sub(r"\bbowline\b", "tvm_ffi", blocks)
    assert other.count("tvm_ffi") > 20 and "bowline" not in other
    run_script(other, **INSTALLED)


ASKED = {
    "a function": "assert tvm_ffi.get_global_func('testing.echo')(1) == 1",
    "what is known of it": "assert tvm_ffi.registry.get_global_func_metadata('testing.add_one')",
    "one that may be missing": "assert tvm_ffi.get_global_func('testing.echo', allow_missing=True)",
    "all functions": "tvm_ffi.init_ffi_api('testing', '__main__')\nassert add_one(1) == 2",
    "a type": "assert tvm_ffi.register_object('testing.TestIntPair')(type('P', (tvm_ffi.Object,), {}))(1, 2).a == 1",
    "a dataclass": "assert tvm_ffi.dataclasses.c_class('testing.TestIntPair')(type('P', (tvm_ffi.Object,), {}))(1, 2).b == 2",
    "an index": "assert tvm_ffi.core._object_type_key_to_index('testing.TestIntPair')",
    "a module": "assert tvm_ffi.system_lib('testing.').add_one(1) == 2",
    "none of them": "assert tvm_ffi.get_global_func('testing.of.nothing', allow_missing=True) is None",
}


@pytest.mark.parametrize("asked", ASKED)
def test_names_of_testing_are_there_from_the_start(asked):
    """Most of tvm-ffi's guide has them after `import tvm_ffi` alone. They cost nothing before."""
    run_script(f"import sys\nimport tvm_ffi\nassert 'bowline.testing' not in sys.modules\n{ASKED[asked]}", **INSTALLED)


def test_pickles_name_this_package():
    assert pickle.loads(pickle.dumps(bowline.Array([1]))) == bowline.Array([1])


def test_classes_of_a_library_for_types_of_the_package():
    # As tvm does when it is imported; the last one wins.
    run_script(
        """
        import tvm_ffi
        for _ in range(2):
            @tvm_ffi.register_object("ffi.Module")
            class Module(tvm_ffi.Module):
                def more(self):
                    return self.kind + "!"
            @tvm_ffi.register_object("ffi.Tensor")
            class Tensor(tvm_ffi.Tensor):
                @property
                def rank(self):
                    return self.ndim
            import tvm_ffi.testing
            module = tvm_ffi.system_lib("testing.")
            assert type(module) is Module and module.more() .endswith("!")
            assert module.add_one(1) == 2 and tvm_ffi.system_lib("testing.") is module
            tensor = tvm_ffi.testing.make_tensor(tvm_ffi.int8, [2, 3])
            assert type(tensor) is Tensor and tensor.rank == 2 and tvm_ffi.Array([tensor])[0] is tensor
            assert tvm_ffi.core._CLASS_TENSOR is Tensor
            del module, tensor
            import gc
            gc.collect()
            tvm_ffi.trim()
        class Last(tvm_ffi.Tensor):
            pass
        tvm_ffi.core._set_class_tensor(Last)
        assert type(tvm_ffi.testing.make_tensor(tvm_ffi.int8, [1])) is Last
        for wrong in (lambda: tvm_ffi.core._set_class_tensor(tvm_ffi.Array), lambda: tvm_ffi.core._set_class_tensor(3)):
            try:
                wrong()
            except TypeError as error:
                assert "derives from bowline.Tensor" in str(error)
            else:
                raise AssertionError
        for key, base in (("ffi.Tensor", tvm_ffi.Object), ("ffi.Array", tvm_ffi.Array)):
            try:
                tvm_ffi.register_object(key)(type(base)("Other", (base,), {}))
            except ValueError as error:
                assert "has a class of the package" in str(error)
            else:
                raise AssertionError(key)
        """,
        **INSTALLED,
    )


def test_types_that_are_not_there_can_be_skipped():
    run_script(
        """
        import tvm_ffi
        from tvm_ffi import registry
        def make():
            @tvm_ffi.register_object("names.of.a.compiler.that.is.not.built")
            class Node(tvm_ffi.Object):
                def method(self):
                    return 1
            return Node
        try:
            make()
        except ValueError:
            pass
        else:
            raise AssertionError
        registry._SKIP_UNKNOWN_OBJECTS = True
        assert make().method(None) == 1
        """,
        **INSTALLED,
    )


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with 3.12")
def test_the_cost_of_this_name():
    # Bytecode instructions, those of the import system included. It is a count that no other load of the machine changes.
    script = """
    import sys
    count = 0
    def count_one(code, offset):
        global count
        count += 1
    monitoring = sys.monitoring
    monitoring.use_tool_id(0, "count")
    monitoring.register_callback(0, monitoring.events.INSTRUCTION, count_one)
    monitoring.set_events(0, monitoring.events.INSTRUCTION)
    exec("import " + sys.argv[1])
    monitoring.set_events(0, 0)
    assert "importlib.util" not in sys.modules
    print(count)
    """
    own, other = (int(run_script(script, name, **INSTALLED).stdout) for name in ("bowline", "tvm_ffi"))
    assert own > 10_000
    assert other <= 1.1 * own, (own, other)
