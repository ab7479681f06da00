"""xgrammar's library. A grammar in C++ is made of an expression and of a schema, and errors come through."""

import bowline
from loading import get, load

load("xgrammar/libxgrammar_bindings.so", functions=20)
testing = "xgrammar.tvm_ffi_binding.testing."
assert "root ::= " in get(testing + "_regex_to_ebnf")("[a-z]+", True)
try:
    get(testing + "_regex_to_ebnf")("[a-z", True)
except Exception as error:
    print(f"as it should: {type(error).__name__}: {error}".splitlines()[0])
else:
    raise AssertionError("a broken expression was taken")
assert bowline.get_global_func("xgrammar.tvm_ffi_binding.config.get_serialization_version")()
