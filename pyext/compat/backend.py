"""Builds the wheel (PEP 517, PEP 660): one module and type stubs, under one of two names.

``--config-settings name=apache-tvm-ffi`` makes the wheel that satisfies what requires that distribution; it has a local
version, which no public index takes.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "python"
# The distribution whose API is provided, and the version of that API.
API_NAME, API_VERSION = "apache-tvm-ffi", "0.1.15.post2"
OWN_NAME = "tvm-ffi-on-bowline"


def _bowline_version() -> str:
    """Return the version, which is written in one place."""
    text = (HERE.parents[1] / "Cargo.toml").read_text(encoding="utf-8")
    found = re.search(r'^\[workspace\.package\]\s*^version = "([^"]+)"', text, re.M)
    if found is None:
        raise RuntimeError("Cargo.toml of the repository has no version")
    return found[1]


def _identity(settings: dict[str, Any] | None) -> tuple[str, str]:
    name = (settings or {}).get("name", OWN_NAME)
    if name == OWN_NAME:
        return name, _bowline_version()
    if name == API_NAME:
        return name, f"{API_VERSION}+bowline"
    raise ValueError(f"name is {OWN_NAME} or {API_NAME}, not {name!r}")


def _metadata(name: str, version: str) -> dict[str, bytes]:
    texts = {
        "METADATA": (
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            "Summary: The package tvm_ffi, provided by bowline\nLicense: Apache-2.0\nRequires-Python: >=3.11\n"
            f"Requires-Dist: bowline-ffi=={_bowline_version()}\nProvides-Extra: cpp\n"
            # No index takes a file with this line.
            "Classifier: Private :: Do Not Upload\n"
            "Description-Content-Type: text/markdown\n\n" + (HERE / "README.md").read_text(encoding="utf-8")
        ),
        "WHEEL": "Wheel-Version: 1.0\nGenerator: tvm-ffi-on-bowline\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    return {file: text.encode() for file, text in texts.items()}


def _stem(name: str, version: str) -> str:
    return f"{name.replace('-', '_')}-{version}"


def _write_wheel(folder: str, name: str, version: str, files: dict[str, bytes]) -> str:
    stem = _stem(name, version)
    files = {**files, **{f"{stem}.dist-info/{file}": data for file, data in _metadata(name, version).items()}}
    record = []
    file_name = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, file_name), "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, data in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(data)}\n")
            # Of one date: the same sources make the same wheel.
            wheel.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), data)
        record.append(f"{stem}.dist-info/RECORD,,\n")
        wheel.writestr(zipfile.ZipInfo(f"{stem}.dist-info/RECORD", (1980, 1, 1, 0, 0, 0)), "".join(record))
    return file_name


def _files() -> dict[str, bytes]:
    folder = SOURCES / "tvm_ffi"
    paths = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and (path.suffix in (".py", ".pyi") or path.name == "py.typed")
    ]
    return {path.relative_to(SOURCES).as_posix(): path.read_bytes() for path in paths}


def build_wheel(folder: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None) -> str:
    """Write the wheel into a folder; return its name."""
    return _write_wheel(folder, *_identity(config_settings), _files())


def build_editable(folder: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None) -> str:
    """Write a wheel that leads to the sources."""
    return _write_wheel(folder, *_identity(config_settings), {"tvm_ffi_on_bowline.pth": f"{SOURCES}\n".encode()})


def prepare_metadata_for_build_wheel(folder: str, config_settings: dict[str, Any] | None = None) -> str:
    """Write what is known without building; return the name of its folder."""
    name, version = _identity(config_settings)
    made = f"{_stem(name, version)}.dist-info"
    os.makedirs(os.path.join(folder, made), exist_ok=True)
    for file, data in _metadata(name, version).items():
        Path(folder, made, file).write_bytes(data)
    return made


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_sdist(folder: str, config_settings: dict[str, Any] | None = None) -> str:
    """Refuse: the version is that of the repository."""
    raise NotImplementedError("build a wheel, from a checkout")
