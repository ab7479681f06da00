"""The guide's Python runs as it stands."""

import pathlib
import re

from support import run_script

GUIDE = pathlib.Path(__file__).parents[2] / "pyext" / "docs" / "guide.md"


def test_the_guide():
    blocks = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(), re.M | re.S)
    assert len(blocks) > 5
    run_script("\n".join(blocks))
