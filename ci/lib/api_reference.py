"""Writes the API reference of the Python package, and checks it: a part of ci/check/doc.

    api_reference.py FOLDER      with an interpreter that has bowline and pdoc

Every public name has its place on the page of its module, and every public class and function a docstring. A warning is an error.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from pathlib import Path

import bowline
import pdoc
import pdoc.doc
import pdoc.render

# What users are not to build on: programs to run, and types for tests.
LEFT_OUT = {"demo", "testing"}


def main() -> int:
    folder = Path(sys.argv[1])
    warnings.simplefilter("error")
    names = ["bowline", *sorted(f"bowline.{name}" for name in bowline._MODULES - LEFT_OUT)]
    wrong, count = [], 0
    modules = {}
    for name in names:
        module = importlib.import_module(name)
        # Most names are loaded on first use, and pdoc does not use them.
        modules[name] = [public for public in module.__all__ if getattr(module, public, module) is not module]
    pdoc.render.configure(docformat="numpy", footer_text=f"bowline {bowline.__version__}")
    pdoc.pdoc(*names, output_directory=folder)
    for name, public in modules.items():
        page = (folder / f"{name.replace('.', '/')}.html").read_text()
        members = pdoc.doc.Module(importlib.import_module(name)).members
        for member in public:
            count += 1
            if member.startswith("_"):
                continue
            if f'id="{member}"' not in page:
                wrong.append(f"{name}.{member} is not on the page")
            elif members[member].kind != "variable" and not members[member].docstring:
                wrong.append(f"{name}.{member} has no docstring")
    if count < 100:
        wrong.append(f"only {count} names: the package was not found")
    print(f"{count} names on {len(names)} pages in {folder}")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
