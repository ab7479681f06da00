"""Runs mypy over mistakes: each line below must be an error, and the stub is what makes it one."""

import pathlib
import subprocess
import sys
import tempfile

MISTAKES = [
    'index: str = _core.type_index("ffi.Object")',
    "_core.type_index(5)",
    "_core.no_such_function()",
    "_core.content_equal([1])",
    '_core.TypeSchema(5)',
    "_core.stats().append(1)",
    'class Mine(_core.CAny): ...',
]

with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "mistakes.py")
    path.write_text("\n".join(["from bowline import _core", *MISTAKES, ""]))
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(path)], capture_output=True, text=True, check=False
    ).stdout
lines = {int(line.split(":")[1]) for line in found.splitlines() if ": error:" in line}
missed = [mistake for number, mistake in enumerate(MISTAKES, 2) if number not in lines]
sys.exit(f"mypy passed: {missed}" if missed else 0)
