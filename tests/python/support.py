"""What several test files use. It has threads that re-raise, keys, scripts in a process of their own."""

import gc
import itertools
import os
import subprocess
import sys
import sysconfig
import textwrap
import threading
from pathlib import Path

import bowline

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
# Whether CPython's own assertions are compiled in, as with Py_DEBUG.
ASSERTS = hasattr(sys, "gettotalrefcount") or "NDEBUG" not in (sysconfig.get_config_var("OPT") or "NDEBUG")

_numbers = itertools.count()


def new_key(stem="test"):
    """A type key or function name that was not used before."""
    return f"{stem}.n{next(_numbers)}"


def run_threads(*workers, timeout=100):
    """Run each callable on a thread, all at once. Join them and raise what any of them raised."""
    barrier = threading.Barrier(len(workers))
    errors = []

    def run(worker):
        try:
            barrier.wait(timeout)
            worker()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(worker,), daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout)
        if thread.is_alive():
            raise TimeoutError(f"{thread} did not end in {timeout} s")
    if errors:
        raise errors[0]


def settle():
    """Give everything that is due the chance to go: garbage, queued releases, kept storage."""
    gc.collect()
    bowline.settle()
    bowline.trim()


def run_script(source, *args, timeout=100, check=True, **env):
    """Run Python source in a fresh interpreter; return the finished process, text output captured."""
    process = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(source), *map(str, args)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, "PYTHONPATH": os.path.dirname(__file__), **env},
        check=False,
    )
    if check and process.returncode != 0:
        raise AssertionError(f"exit code {process.returncode}\n{process.stdout}\n{process.stderr}")
    return process


def cpp_library(folder, name):
    """Compile the C++ file NAME of tests/abi for Python to load. It uses tvm-ffi's headers; skip where there are none."""
    import pytest  # not at the top: processes with little memory import this file

    root = Path(__file__).resolve().parents[2]
    headers = subprocess.run([root / "ci/lib/tvm-ffi"], capture_output=True, text=True, timeout=500, check=False)
    if headers.returncode == 3:
        pytest.skip(f"there are no headers of tvm-ffi: {headers.stderr.strip()}")
    assert headers.returncode == 0, headers.stderr
    path = folder / f"lib{name}.so"
    include = Path(headers.stdout.strip()) / "include"
    command = ["c++", "-std=c++17", "-O1", "-shared", "-fPIC", "-isystem", include, root / f"tests/abi/{name}.cpp"]
    subprocess.run([*command, "-o", path, bowline._core.__file__, "-pthread"], check=True, timeout=500)
    return path
