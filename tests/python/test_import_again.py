"""Modules of the package that were taken out of `sys.modules` come back as they were."""

import pytest
from support import run_script

SCRIPT = """
import importlib, sys
import bowline
import bowline.testing, bowline.dataclasses, bowline.container, bowline.error, bowline.module, bowline.structural, bowline.access_path
import shapes
from bowline import Object

def names():
    return [name for name in sys.modules if name == "bowline" or name.startswith("bowline.")]

modules = {name: sys.modules[name] for name in names()}
specs = {name: module.__spec__ for name, module in modules.items()}
wrapper = shapes.Plain(1)
holder = shapes.Holder(wrapper)

def check():
    assert bowline.Object is Object
    assert holder.value is wrapper and type(wrapper) is shapes.Plain
    again = importlib.import_module("bowline")
    assert again is bowline
    assert again.List([1, wrapper])[1] is wrapper
    assert again.get_global_func("testing.echo")(wrapper) is wrapper
    for name, module in modules.items():
        assert importlib.import_module(name) is module, name
        assert module.__spec__ is specs[name], name
"""

CHOICES = {
    "all": "names()",
    "the package": "[name for name in names() if name != 'bowline._core']",
    "the native half": "['bowline._core']",
    "only the top": "['bowline']",
    "each in turn": None,
}


@pytest.mark.parametrize("choice", CHOICES)
def test_import_again(choice):
    if choice == "each in turn":
        body = "for gone in list(modules):\n    del sys.modules[gone]\n    check()\n"
    else:
        body = f"for gone in {CHOICES[choice]}:\n    del sys.modules[gone]\ncheck()\ncheck()\n"
    run_script(
        SCRIPT
        + body
        + """
import bowline
@bowline.py_class("again.Node")
class Node(bowline.Object):
    next: "Node | None" = None
assert Node(Node()).next.next is None
assert issubclass(Node, Object)
"""
    )


def test_reload_leaves_the_modules_as_they_are():
    run_script(
        SCRIPT
        + """
for module in modules.values():
    assert importlib.reload(module) is module
check()
"""
    )


def test_modules_that_are_not_there():
    run_script(
        """
        import importlib, sys
        import bowline
        for name in ("bowline.nothing", "bowline.Object", "bowline.core.Object", "bowlines", "nothing.bowline"):
            try:
                importlib.import_module(name)
            except ImportError as error:
                assert name.split(".")[0] in str(error)
            else:
                raise AssertionError(name)
        assert len([finder for finder in sys.meta_path if type(finder).__module__ == "bowline._again"]) == 1
        """
    )




# Which names are taken out of `sys.modules`, of the package's two names for each module.
NAMED = {
    "both names": 'name.split(".")[0] in ("tvm_ffi", "bowline")',
    "both names of the top": 'name in ("tvm_ffi", "bowline")',
    "both names of a module": 'name in ("tvm_ffi.container", "bowline.container", "tvm_ffi.config", "bowline._config")',
    "the second name": 'name.split(".")[0] == "tvm_ffi"',
    "the own name": 'name.split(".")[0] == "bowline"',
}


@pytest.mark.parametrize("provided", ["bowline.provide_tvm_ffi()", "runpy"])
@pytest.mark.parametrize("gone", NAMED)
def test_import_by_the_second_name_again(gone, provided):
    source = f"""
import importlib, sys
import tvm_ffi, tvm_ffi.container, tvm_ffi.config, tvm_ffi.testing
import bowline
package, modules = bowline, {{name: module for name, module in sys.modules.items() if {NAMED[gone]}}}
specs = {{name: module.__spec__ for name, module in modules.items()}}
assert modules
for _ in range(2):
    for name in modules:
        del sys.modules[name]
    import tvm_ffi
    from tvm_ffi import Array
    assert tvm_ffi is package and Array is package.Array and importlib.import_module("bowline") is package
    for name, module in modules.items():
        assert importlib.import_module(name) is module, name
        assert module.__spec__ is specs[name], name
"""
    if provided == "runpy":
        run_script(f"import sys\nfrom bowline import run_as_tvm_ffi\nrun_as_tvm_ffi.main(['-c', {source!r}])")
    else:
        run_script(f"import bowline\n{provided}\n{source}")
