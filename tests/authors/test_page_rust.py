"""The page "Your own native types in Rust".

Its files, commands and Python run in the order in which they stand, in an empty folder.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "pyext/docs/native_types_rust.md"
# A block may have the name of its file in front.
BLOCK = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$", re.M | re.S)


def test_the_page(tmp_path):
    folder = tmp_path / "my-ir"
    commands, python, files = ["set -e"], [], {}
    for file, language, text in BLOCK.findall(PAGE.read_text()):
        if file:
            files[file] = text
        elif language == "sh":
            commands.append(text)
        else:
            assert language == "python", f"a block that is not tested: {text}"
            python.append(text)
    assert len(files) == 5 and len(commands) == 2 and len(python) == 1
    assert files["wheel_of_crate.py"] == (ROOT / "tests/authors/rust-ir/wheel_of_crate.py").read_text()
    # The crate as it is here, where a user has it from a registry. Its dependencies are as they are locked here.
    files[".cargo/config.toml"] = f'[patch.crates-io]\nbowline = {{ path = "{ROOT}" }}\n'
    files["Cargo.lock"] = (ROOT / "tests/authors/rust-ir/Cargo.lock").read_text().replace("rust-ir", "my-ir")
    for file, text in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PIP_NO_INDEX": "1",
        "PIP_TARGET": str(tmp_path / "site"),
    }
    subprocess.run(["bash", "-c", "\n".join(commands)], cwd=folder, env=env, check=True, timeout=900)
    [wheel] = (folder / "dist").iterdir()
    assert wheel.name.startswith("my_ir-0.1.0-py3-none-")
    env["PYTHONPATH"] = env["PIP_TARGET"]
    subprocess.run([sys.executable, "-X", "faulthandler", "-c", "\n".join(python)], env=env, check=True, timeout=100)
