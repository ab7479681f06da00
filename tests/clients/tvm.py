"""apache-tvm's libraries: runtime, more of the runtime, compiler. Expressions, their text, and modules that C++ made."""

import tempfile
from pathlib import Path

import bowline
from loading import get, load

load("tvm/lib/libtvm_runtime.so", "tvm/lib/libtvm_runtime_extra.so", "tvm/lib/libtvm_compiler.so", functions=1500)

# An object that C++ makes, and its text. C++ asks this runtime for the text, and the other way round.
five = get("ir.IntImm")(bowline.dtype("int32"), 5, None)
total = get("prim.Add")(five, five, None)
assert repr(total) == "T.Add(5, 5)", repr(total)
assert "llvm" in get("target.ListTargetKinds")()

# A module of C++: its virtual functions, and imports of modules of either side.
source = "int f(void) { return 1; }"
module = get("runtime.CSourceModuleCreate")(source, "c", bowline.Array(["f"]), None)
assert type(module) is bowline.Module
assert (module.kind, module.inspect_source(), list(module.get_write_formats())) == ("c", source, ["c"])
assert module.is_compilation_exportable()
assert not module.is_runnable()
assert module.implements_function("f")
assert not module.implements_function("g", True)
with tempfile.TemporaryDirectory() as folder:
    module.write_to_file(f"{folder}/made.c", "c")
    assert Path(folder, "made.c").read_text() == source
other = get("runtime.CSourceModuleCreate")(source, "c", bowline.Array(["g"]), None)
module.import_module(other)
module.import_module(bowline.system_lib("clients."))
assert [one.kind for one in module.imports] == ["c", "library"]
assert module.implements_function("g", True)
try:
    other.import_module(module)
except (RuntimeError, ValueError) as error:
    print(f"as it should: {error}".splitlines()[0])
else:
    raise AssertionError("modules import each other")
module.clear_imports()
assert not module.implements_function("g", True)
try:
    module.write_to_file("a.nothing", "nothing")
except Exception as error:
    print(f"as it should: {type(error).__name__}: {error}".splitlines()[0])
else:
    raise AssertionError("an unknown format was written")
