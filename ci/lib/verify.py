"""Fails unless the interpreter that runs it is whole. One that is only nearly so would waste hours elsewhere.

python verify.py TAG      TAG as for ci/python
"""

import bz2  # noqa: F401  the modules that builds lose
import ctypes
import pathlib
import subprocess
import sys
import sysconfig
import tempfile

tag = sys.argv[1]
free_threaded = tag.endswith("t")
assert sys.version_info[:2] == tuple(int(part) for part in tag.rstrip("t").split(".")), sys.version
assert bool(sysconfig.get_config_var("Py_GIL_DISABLED")) == free_threaded, "the build variables name another build"
assert not free_threaded or not sys._is_gil_enabled(), "the GIL is on"
ctypes.pythonapi.Py_IncRef  # raises if the C API is not exported

header = pathlib.Path(sysconfig.get_config_h_filename()).read_text()
assert ("\n#define Py_GIL_DISABLED 1" in header) == free_threaded, "the headers are those of another build"

with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([f"{folder}/bin/python", "-m", "pip", "--version"], check=True, stdout=subprocess.DEVNULL)
