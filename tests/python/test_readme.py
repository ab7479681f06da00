"""The README's example runs as it stands."""

import pathlib
import re

from support import run_script

README = pathlib.Path(__file__).parents[2] / "README.md"


def test_the_example(tmp_path):
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.M | re.S)
    assert blocks, "the README has a Python example"
    for block in blocks:
        run_script(block)
