"""Importing the package leaves the GIL off where it can be off."""

import sys

import bowline
import pytest
from support import FREE_THREADED, run_script


@pytest.mark.skipif(not FREE_THREADED, reason="this interpreter always has its GIL")
def test_the_gil_stays_off():
    assert not sys._is_gil_enabled()
    out = run_script(
        """
        import sys
        import bowline, bowline.container, bowline.dataclasses, bowline.error, bowline.function
        print(sys._is_gil_enabled())
        """
    ).stdout
    assert out.strip() == "False"


@pytest.mark.skipif(not FREE_THREADED, reason="this interpreter always has its GIL")
def test_no_warning_about_the_gil():
    run_script("import warnings; warnings.simplefilter('error'); import bowline")


def test_a_small_import():
    loaded = run_script(
        """
        import sys
        import bowline
        print(*sorted(m for m in sys.modules if m in {"typing", "inspect", "bowline.dataclasses", "bowline.demo"}))
        """
    ).stdout.split()
    assert "inspect" not in loaded
    assert "bowline.dataclasses" not in loaded


@pytest.mark.keeps_objects  # modules that were not named before are loaded here, for good
def test_names():
    for name in bowline.__all__:
        assert getattr(bowline, name) is not None
    assert set(bowline.__all__) <= set(dir(bowline))
    with pytest.raises(AttributeError, match="no_such_name"):
        bowline.no_such_name
