"""The pages "Your own native types".

Their files, commands and Python run in the order in which they stand, in an empty folder.
"""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "pyext/docs").glob("native_types_c*.md"))
# A block may have the name of its file in front.
BLOCK = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$", re.M | re.S)


def wheel_of_headers(folder):
    """Pack the headers of tvm-ffi as its wheel has them. So no test needs the net."""
    include = Path(os.environ["TVM_FFI_INCLUDE"])
    with zipfile.ZipFile(folder / "apache_tvm_ffi-0.1.15-py3-none-any.whl", "w") as wheel:
        for header in include.rglob("*.h"):
            wheel.write(header, f"tvm_ffi/include/{header.relative_to(include)}")
        info = "apache_tvm_ffi-0.1.15.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: apache-tvm-ffi\nVersion: 0.1.15\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def environment(folder):
    """What the commands of a page run with. bowline and what builds wheels are there, the net is not."""
    kept = {name: value for name, value in os.environ.items() if name != "TVM_FFI_INCLUDE"}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_FIND_LINKS": str(folder),
        "PIP_NO_BUILD_ISOLATION": "0",  # the name says what is turned off, the value whether it is on
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_TARGET": str(folder / "site"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


def test_there_are_two():
    assert [page.name for page in PAGES] == ["native_types_c.md", "native_types_cpp.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page(page, tmp_path):
    wheel_of_headers(tmp_path)
    folder = tmp_path / "folder"
    folder.mkdir()
    commands, python = ["set -e"], []
    for file, language, text in BLOCK.findall(page.read_text()):
        if file:
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        elif language == "sh":
            commands.append(text)
        else:
            assert language == "python", f"a block that is not tested: {text}"
            python.append(text)
    assert len(commands) > 1 and python
    env = environment(tmp_path)
    subprocess.run(["bash", "-c", "\n".join(commands)], cwd=folder, env=env, check=True, timeout=300)
    [wheel] = (folder / "dist").iterdir()
    assert "-py3-none-" in wheel.name
    env["PYTHONPATH"] = env["PIP_TARGET"]
    subprocess.run([sys.executable, "-X", "faulthandler", "-c", "\n".join(python)], env=env, check=True, timeout=100)


def test_without_headers_the_build_says_where_they_are(tmp_path):
    command = ["cmake", "-S", ROOT / "tests/authors/cpp-ir", "-B", tmp_path / "build"]
    ran = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=100)
    assert ran.returncode != 0
    assert "TVM_FFI_INCLUDE" in ran.stderr
    assert "--headers-from" in ran.stderr
