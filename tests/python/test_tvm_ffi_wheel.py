"""The distribution in pyext/compat: its wheels under both names, and the type stubs in it."""

import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

import bowline
import pytest
from support import run_script

ROOT = pathlib.Path(__file__).parents[2]
COMPAT = ROOT / "pyext" / "compat"


def wheel(folder, *settings):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import backend; "
        "print(backend.build_wheel(sys.argv[2], dict(s.split('=') for s in sys.argv[3:])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, COMPAT, folder, *settings], check=True, capture_output=True, text=True, timeout=100
    )
    return folder / done.stdout.strip()


@pytest.mark.parametrize(
    ("settings", "name", "version"),
    [((), "tvm-ffi-on-bowline", bowline.__version__), (("name=apache-tvm-ffi",), "apache-tvm-ffi", "0.1.15.post2+bowline")],
)
def test_a_wheel(tmp_path, settings, name, version):
    made = wheel(tmp_path, *settings)
    with zipfile.ZipFile(made) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "site")
    metadata = next((tmp_path / "site").glob("*.dist-info")) / "METADATA"
    head = metadata.read_text().split("\n\n")[0]
    assert f"\nName: {name}\nVersion: {version}\n" in head
    assert f"Requires-Dist: bowline-ffi=={bowline.__version__}" in head and "Private :: Do Not Upload" in head
    run_script(
        """
        import sys
        from importlib.metadata import version
        from importlib.util import find_spec
        assert version(sys.argv[1]) == sys.argv[2]
        import tvm_ffi, bowline
        assert tvm_ffi is bowline
        """,
        name,
        version,
        PYTHONPATH=str(tmp_path / "site"),
    )


def test_pip_builds_and_finds_it(tmp_path):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir"]
    if subprocess.run([*pip, "--version"], check=False, capture_output=True).returncode != 0:
        pytest.skip("there is no pip in this environment")

    def run(*arguments):
        done = subprocess.run([*pip, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    # Of a copy: pip may leave files beside the sources.
    source = tmp_path / "source" / "pyext" / "compat"
    shutil.copytree(COMPAT, source, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Cargo.toml", tmp_path / "source")
    wheels = tmp_path / "wheels"
    run("wheel", source, "--no-deps", "--no-index", "--config-settings", "name=apache-tvm-ffi", "--wheel-dir", wheels)
    # As of a package that requires it.
    requirement = "apache-tvm-ffi>=0.1.15"
    run("install", "--no-index", "--no-deps", "--find-links", wheels, "--target", tmp_path / "site", requirement)
    assert (tmp_path / "site" / "tvm_ffi" / "__init__.py").exists()


def test_the_backend_refuses_other_names(tmp_path):
    with pytest.raises(subprocess.CalledProcessError) as raised:
        wheel(tmp_path, "name=numpy")
    assert "name is tvm-ffi-on-bowline or apache-tvm-ffi" in raised.value.stderr


# Private modules that clients of tvm-ffi import.
SHOWN = ("_convert.py", "_dtype.py", "_ffi_api.py", "_optional_torch_c_dlpack.py", "_tensor.py", "_version.py")


def test_stubs_of_all_modules():
    # Type checkers find each module under its other name, too.
    folder = COMPAT / "python" / "tvm_ffi"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*.pyi")}
    package = pathlib.Path(bowline.__file__).parent
    for path in package.rglob("*.py"):
        name = path.relative_to(package)
        is_shown = not any(part.startswith("_") and part not in ("__init__.py", *SHOWN) for part in name.parts)
        if is_shown and name.parts[0] != "demo" and name.stem != "run_as_tvm_ffi":
            assert name.with_suffix(".pyi").as_posix() in found, name
    for path in folder.rglob("*.pyi"):
        for module in re.findall(r"^from (bowline\S*) import", path.read_text(), re.M):
            __import__(module)
