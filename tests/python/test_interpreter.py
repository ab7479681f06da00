"""What is taken for granted of the interpreter's memory is compared at import. Nothing relies on it before."""

import pathlib
import re
import sys

import pytest
from bowline import _core
from support import FREE_THREADED

NOWHERE = 2 * sys.maxsize + 1


def rows():
    return {what: (used_by, built_for, found) for what, used_by, built_for, found in _core.testing_layout()}


def test_everything_is_as_it_was_built_for():
    for what, (used_by, built_for, found) in rows().items():
        assert built_for == found, f"{what} ({used_by})"


def test_who_relies_on_a_number_is_in_the_tree():
    sources = pathlib.Path(__file__).parents[2] / "pyext"
    known = {path.name for path in sources.rglob("*.rs")}
    for what, (used_by, _, _) in rows().items():
        for file in re.findall(r"[\w/]+\.rs", used_by):
            assert pathlib.PurePath(file).name in known, f"{what} ({used_by})"


def test_what_is_compared():
    found = rows()
    assert found["the major version"][2] == sys.version_info.major
    assert found["the minor version"][2] == sys.version_info.minor
    assert found["type.__basicsize__"][1] == type.__basicsize__
    assert found["int.__basicsize__"][1] == int.__basicsize__
    assert found["the offset of PyObject.ob_type"][1] == object.__basicsize__ - 8
    of_this_kind = "PyObject.ob_ref_shared of a dying object" if FREE_THREADED else "the count of a fresh object"
    assert of_this_kind in found
    for field in ("tp_basicsize", "tp_dealloc", "tp_getattro", "tp_new", "tp_free", "tp_finalize"):
        assert f"the offset of PyTypeObject.{field}" in found


def test_a_wrong_number_is_an_import_error():
    for what, (_, built_for, found) in rows().items():
        _core.testing_layout_check(what, built_for, found)
        wrong = (found + 8) % NOWHERE
        with pytest.raises(ImportError) as raised:
            _core.testing_layout_check(what, built_for, wrong)
        text = str(raised.value)
        assert what in text and f" {wrong} " in text
        assert built_for == NOWHERE or f" {built_for} " in text
        assert "{}.{}".format(*sys.version_info) in text


def test_a_place_that_is_not_found():
    with pytest.raises(ImportError, match=r"ob_tid was 0 in .* here it is not to be found \(a test\)"):
        _core.testing_layout_check("the offset of PyObject.ob_tid", 0, NOWHERE)
