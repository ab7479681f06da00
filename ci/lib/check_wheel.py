"""Looks at a wheel, and installs it where nothing else is: a part of ci/wheels.

    check_wheel.py BUILT WHEEL PYTHON

BUILT is the wheel before auditwheel gave it a tag: that must not change a library. What is said of the tag is printed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

# What a user does first, with nothing but the wheel. It ends with the version.
FIRST_STEPS = """
import pickle, sys, sysconfig
import bowline
from bowline import Object, py_class

@py_class("wheel.Node")
class Node(Object):
    name: str
    next: "Node | None" = None

shared = Node("b")
one = Node("a", shared)
assert one.next is shared
assert pickle.loads(pickle.dumps(one)).next.name == "b"
bowline.show(one, sys.argv[1])
assert "<svg" in open(sys.argv[1], encoding="utf-8").read()
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    assert not sys._is_gil_enabled()
assert not [name for name in dir(bowline._core) if name.startswith("testing_")]
from bowline import testing
assert testing.TestIntPair(1, 2).sum() == 3
print(bowline.__version__)
"""
MOST_BYTES = 4_000_000


def run(*command: str | Path, **options: object) -> str:
    return subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE, text=True, **options).stdout  # type: ignore[call-overload]


def libraries(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.endswith(".so")}


def check_libraries(built: Path, wheel: Path, folder: Path) -> list[str]:
    """Say what is wrong with the libraries. They have no symbols for linkers and debuggers, and the names they had."""
    wrong = []
    before, after = libraries(built), libraries(wheel)
    if before.keys() != after.keys() or len(after) != 2:
        wrong.append(f"libraries: {sorted(before)} became {sorted(after)}")
    for name, content in after.items():
        path = folder / Path(name).name
        path.write_bytes(content)
        sections = run("readelf", "--wide", "--sections", path)
        if re.search(r"\.(debug_\w+|symtab)\b", sections):
            wrong.append(f"{name} is not stripped")
        dynamic = run("readelf", "--dynamic", path)
        soname = re.findall(r"SONAME.*\[(.*)\]", dynamic)
        if "_core." in name and soname != ["libtvm_ffi.so"]:
            wrong.append(f"{name} is called {soname}, by which libraries in C++ do not find it")
        versions = re.findall(r"Name: (GLIBC|GLIBCXX|CXXABI|GCC)_([\d.]+)", run("readelf", "--wide", "--version-info", path))
        newest = {
            kind: max((v for k, v in versions if k == kind), key=lambda v: [*map(int, v.split("."))]) for kind, _ in versions
        }
        needed = re.findall(r"NEEDED.*\[(.*)\]", dynamic)
        print(f"{name}: {len(content)} bytes; asks for {newest} of {needed}")
        if "_core." in name and b"testing.TestIntPair" in content:
            wrong.append(f"{name} has the types of bowline.testing, which are for tests")
    if wheel.stat().st_size > MOST_BYTES:
        wrong.append(f"{wheel.name} has {wheel.stat().st_size} bytes, where {MOST_BYTES} are the most")
    said = run("auditwheel", "show", wheel)
    print(re.sub(r"\s+", " ", said).strip())
    tag = wheel.stem.rsplit("-", 1)[1]
    consistent = re.search(r'following\s+platform tag:\s+"([^"]+)"', said)
    if not tag.startswith("manylinux_") or consistent is None or consistent[1] not in tag.split("."):
        wrong.append(f"the tag {tag} is not what auditwheel says: {consistent and consistent[1]}")
    return wrong


def check_texts(wheel: Path) -> list[str]:
    """Say what is missing among the files that are no libraries."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    wanted = ("bowline/py.typed", "bowline/_core.pyi", "bowline/_show/page.html", "bowline/include/bowline.h", "LICENSE")
    missing = [f"{name} is missing" for name in wanted if not any(found.endswith(name) for found in names)]
    return missing + [f"{name} is there" for name in names if "__pycache__" in name or name.startswith("tests/")]


def check_installed(wheel: Path, python: str, folder: Path) -> list[str]:
    """Install the wheel alone, use it, and uninstall it; say what is wrong."""
    venv = folder / "venv"
    run(python, "-m", "venv", venv)
    inside = venv / "bin" / "python"
    start = files(venv)
    run(inside, "-m", "pip", "install", "-q", "--no-index", wheel)
    version = run(inside, "-I", "-c", FIRST_STEPS, folder / "graph.svg", cwd=folder).strip()
    print(f"installed and used: {version}")
    wrong = [] if f"-{version}-" in wheel.name else [f"it says that it is {version}"]
    run(inside, "-I", "-m", "bowline.demo", cwd=folder)
    run(venv / "bin" / "bowline-config", "--cflags", cwd=folder)
    run(inside, "-m", "pip", "uninstall", "-q", "-y", "bowline-ffi")
    return wrong + [f"{left} is left after pip uninstall" for left in sorted(files(venv) - start)]


def files(venv: Path) -> set[str]:
    """Return what a venv has, but for what pip itself caches."""
    return {
        str(path.relative_to(venv)) for path in venv.rglob("*") if "__pycache__" not in path.parts or "bowline" in path.parts
    }


def main() -> int:
    built, wheel, python = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wrong = check_libraries(built, wheel, folder) + check_texts(wheel) + check_installed(wheel, python, folder)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
