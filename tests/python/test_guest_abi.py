"""Guests of another ABI are refused before they begin. What a guest that begins ends in is the error of loading it."""

import subprocess

import pytest
from bowline import load_module

OURS = 3

# What every guest has: its number, and how it begins. The host's table has the host's number in front.
GUEST = """
#include <stdint.h>
static int begun;
static int begin(const uint32_t* host) {{
  begun += 1;
  return *host == {ours} ? {result} : -3;
}}
const struct {{ uint32_t abi; int (*begin)(const uint32_t*); }} BOWLINE_GUEST = {{ {abi}, begin }};
int __tvm_ffi_begun(void* self, const void* args, int32_t count, struct {{ int32_t type; uint32_t zero; int64_t value; }}* result) {{
  result->type = 1;
  result->value = begun;
  return 0;
}}
"""


def build(folder, abi, result=0):
    source, path = folder / f"guest{abi}.c", folder / f"guest{abi}.so"
    source.write_text(GUEST.format(abi=abi, result=result, ours=OURS))
    subprocess.run(["cc", "-w", "-shared", "-fPIC", "-o", path, source], check=True, timeout=100)
    return path


def test_a_guest_of_this_abi_begins(tmp_path):
    path = build(tmp_path, OURS)
    assert load_module(path, keep_module_alive=False).begun() == 1
    # It stays loaded, whatever becomes of its module. The functions of its types are the host's to call.
    assert load_module(path).begun() == 2


@pytest.mark.parametrize(("theirs", "advice"), [(1, "get a newer version of it"), (OURS - 1, "get a newer version of it"), (OURS + 1, "upgrade bowline"), (999, "upgrade bowline")])
def test_a_guest_of_another_abi_is_refused(tmp_path, theirs, advice):
    path = build(tmp_path, theirs)
    with pytest.raises(ImportError, match=f"built for bowline ABI {theirs}, and this bowline has ABI {OURS}: .*{advice}") as raised:
        load_module(path)
    assert str(path) in str(raised.value)


def test_what_a_guest_begins_with_may_fail(tmp_path):
    with pytest.raises(RuntimeError, match="a function returned -1 without an error"):
        load_module(build(tmp_path, OURS, result=-1))
