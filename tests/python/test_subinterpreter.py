"""Wrappers belong to one interpreter: another one cannot import the package."""

import pathlib
import sys

import pytest
from support import run_script


@pytest.mark.parametrize("first", [True, False], ids=["imported before", "imported after"])
def test_import_is_refused(tmp_path, first):
    """Weakness 25: no wrapper crosses interpreters."""
    module = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    path = str(tmp_path / "outcome")
    script = f"""
        import {module} as interpreters
        {"import bowline" if first else ""}
        code = '''
        try:
            import bowline
        except ImportError as error:
            outcome = str(error)
        else:
            outcome = "imported"
        open({path!r}, "w").write(outcome)
        '''
        import textwrap
        interpreters.run_string(interpreters.create(), textwrap.dedent(code))
        import bowline
        """
    run_script(script)
    outcome = pathlib.Path(path).read_text()
    assert outcome != "imported" and "interpreter" in outcome
