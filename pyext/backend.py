"""Builds the package (PEP 517, PEP 660): maturin makes the wheel, and the library of `bowline.testing` is put with it.

Maturin builds one library for a wheel. This other one has no Python in it: it is the same for every interpreter.

As a program it adds the library to a wheel of maturin's: ``backend.py WHEEL [ARGUMENT...]``, with more arguments for cargo.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CRATE = "bowline-testing"
# Where `bowline.testing` looks for it: not among the modules, for one of which it would be taken by its ending.
PLACE = "bowline/lib/libbowline_testing.so"


def build_library(*arguments: str) -> Path:
    """Build the library of `bowline.testing`, and return its path.

    Parameters
    ----------
    *arguments : str
        More arguments for cargo, such as ``--target``.
    """
    crate = next(crate for crate in (HERE / "testing", HERE / "pyext" / "testing") if crate.exists())
    manifest = str(crate / "Cargo.toml")
    command = [os.environ.get("CARGO", "cargo"), "build", "--release", "--quiet", "--manifest-path", manifest]
    command += ["--features", "guest", "--message-format", "json-render-diagnostics", *arguments]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    built = [
        file
        for message in map(json.loads, output.splitlines())
        if message.get("reason") == "compiler-artifact" and CRATE in message["package_id"]
        for file in message["filenames"]
    ]
    if not built:
        raise RuntimeError(f"cargo built no library of {CRATE}")
    return Path(built[-1])


def add_library(wheel: Path, library: Path) -> None:
    """Put a library into a wheel, and into the list of what the wheel has."""
    with zipfile.ZipFile(wheel) as archive:
        entries = [(info, archive.read(info)) for info in archive.infolist()]
    content = library.read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    line = f"{PLACE},sha256={digest},{len(content)}\n"
    of_the_library = zipfile.ZipInfo(PLACE, entries[0][0].date_time)
    of_the_library.external_attr = 0o100755 << 16
    made = wheel.with_suffix(".made")
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(of_the_library, content, zipfile.ZIP_DEFLATED)
        for info, data in entries:
            is_record = info.filename.endswith(".dist-info/RECORD")
            archive.writestr(info, line.encode() + data if is_record else data, zipfile.ZIP_DEFLATED)
    made.replace(wheel)


def add_sources(archive: Path) -> None:
    """Put the crate, cargo's settings and this file into an archive of sources, of which maturin knows none."""
    files = [Path("testing/Cargo.toml"), *(file.relative_to(HERE) for file in sorted(HERE.glob("testing/src/*.rs")))]
    made = archive.with_suffix(".made")
    with tarfile.open(archive) as old, tarfile.open(made, "w:gz") as new:
        top = old.getnames()[0].split("/")[0]

        def add(path: str, content: bytes) -> None:
            entry = tarfile.TarInfo(f"{top}/{path}")
            entry.size, entry.mode = len(content), 0o644
            new.addfile(entry, io.BytesIO(content))

        for entry in old:
            read = old.extractfile(entry)
            content = b"" if read is None else read.read()
            if entry.name == f"{top}/Cargo.toml":
                # Of the members it names those that the extension needs.
                content = content.replace(b'"pyext/macros"', b'"pyext/macros", "pyext/testing"')
                entry.size = len(content)
            new.addfile(entry, io.BytesIO(content))
        for file in files:
            add(f"pyext/{file.as_posix()}", (HERE / file).read_bytes())
        add(".cargo/config.toml", HERE.parent.joinpath(".cargo", "config.toml").read_bytes())
        # Beside pyproject.toml, which is at the top there.
        add("backend.py", Path(__file__).read_bytes())
    made.replace(archive)


def build_wheel(folder: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None) -> str:
    """Build the wheel into a folder; return its name."""
    import maturin

    name: str = maturin.build_wheel(folder, config_settings, metadata_directory)
    add_library(Path(folder, name), build_library())
    return name


def build_editable(folder: str, config_settings: dict[str, Any] | None = None, metadata_directory: str | None = None) -> str:
    """Build a wheel that leads to the sources, beside which the libraries are put."""
    import maturin

    name: str = maturin.build_editable(folder, config_settings, metadata_directory)
    made = HERE / "python" / PLACE
    made.parent.mkdir(exist_ok=True)
    part = made.with_suffix(".part")
    part.write_bytes(build_library().read_bytes())
    # Not over one that a process has loaded.
    part.replace(made)
    return name


def build_sdist(folder: str, config_settings: dict[str, Any] | None = None) -> str:
    """Write the sources into an archive; return its name."""
    import maturin

    name: str = maturin.build_sdist(folder, config_settings)
    add_sources(Path(folder, name))
    return name


def _hook(name: str) -> Any:
    def hook(*arguments: Any) -> Any:
        import maturin

        return getattr(maturin, name)(*arguments)

    return hook


get_requires_for_build_wheel = _hook("get_requires_for_build_wheel")
get_requires_for_build_editable = _hook("get_requires_for_build_editable")
get_requires_for_build_sdist = _hook("get_requires_for_build_sdist")
prepare_metadata_for_build_wheel = _hook("prepare_metadata_for_build_wheel")
prepare_metadata_for_build_editable = _hook("prepare_metadata_for_build_editable")


if __name__ == "__main__":
    add_library(Path(sys.argv[1]), build_library(*sys.argv[2:]))
