"""Builds the wheel of a crate of native types. It is one for every Python, since no Python is in it (PEP 517).

What is particular to a crate stands in its pyproject.toml. Python's own library is enough.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sysconfig
import tomllib
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def cargo() -> Path:
    """Build the library with the feature `guest`, and return its path."""
    command = ["cargo", "build", "--release", "--lib", "--features", "guest", "--message-format", "json"]
    output = subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = [json.loads(line) for line in output.splitlines()]
    built = [message["filenames"] for message in messages if message.get("target", {}).get("kind", []) == ["rlib", "cdylib"]]
    return next(Path(name) for name in built[-1] if name.endswith((".so", ".dylib", ".dll")))


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: Any = None) -> str:
    """Build the wheel into a folder, and return its file name."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    name, version = project["name"].replace("-", "_"), project["version"]
    tag = "py3-none-" + sysconfig.get_platform().replace("-", "_").replace(".", "_")
    info = f"{name}-{version}.dist-info"
    library = cargo()
    files = {f"{name}/native{library.suffix}": library.read_bytes()}
    for file in sorted((HERE / "python" / name).iterdir()):
        if file.is_file():
            files[f"{name}/{file.name}"] = file.read_bytes()
    metadata = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {needed}" for needed in project.get("dependencies", [])]
    files[f"{info}/METADATA"] = "\n".join([*metadata, ""]).encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: {name}\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    record = ""
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(content)}\n"
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    wheel = f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(Path(wheel_directory) / wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return wheel
