"""What the distribution says of itself, and of another one in its folder."""

import os
import pathlib
import subprocess
import sys
from importlib import metadata

import bowline


def test_what_the_distribution_says():
    found = metadata.distribution("bowline-ffi")
    assert found.version == bowline.__version__
    head = found.metadata
    assert (head["Author"], head["License-Expression"]) == ("The bowline developers", "Apache-2.0")
    assert head.get_all("License-File") == ["LICENSE"]
    (licence,) = [file for file in found.files if file.name == "LICENSE"]
    assert "Apache License" in licence.locate().read_text()
    # 3.15 has it among the headers alone.
    assert "exactly one Python wrapper" in (head.get_payload() or head["Description"])
    version = f"Programming Language :: Python :: 3.{sys.version_info[1]}"
    assert {version, "Typing :: Typed"} <= set(head.get_all("Classifier"))


def test_another_distribution_in_the_same_folder(tmp_path):
    # The one on PyPI under the module's name has a file of this name. Ours has not.
    folder = tmp_path / "bowline"
    folder.mkdir()
    (folder / "__init__.py").write_text(pathlib.Path(bowline.__file__).read_text())
    (folder / "preprocessors.py").touch()
    ran = subprocess.run(
        [sys.executable, "-c", "import bowline"],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 1
    assert "ImportError: the distribution 'bowline', another project" in ran.stderr
    assert "pip uninstall bowline bowline-ffi" in ran.stderr
