"""Runs type checkers over the programs beside this file, the guide, and the mistakes.

    check.py MYPY-PYTHON PYRIGHT    the interpreter that has mypy, and the program

Both look at the package that the interpreter of this script has.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
COMPAT = ROOT / "pyext/compat/python"
PROGRAMS = ("core.py", "program.py", "tvm_ffi_sample.py")
# What a Python file may do and the guide and the mistakes do. Their statements only read, and `numpy` is not typed in full.
RULES = {"typeCheckingMode": "strict"} | dict.fromkeys(
    (
        "reportUnusedExpression",
        "reportDuplicateImport",
        "reportUnknownMemberType",
        "reportUnknownVariableType",
        "reportUnknownArgumentType",
        "reportPrivateUsage",
        "reportRedeclaration",
    ),
    False,
)


def mypy(folder: pathlib.Path, python: str) -> list[tuple[str, int, str]]:
    """Return file, line and text of what mypy says."""
    settings = folder / "mypy.ini"
    settings.write_text(f"[mypy]\nstrict = true\nmypy_path = {COMPAT}\npython_executable = {sys.executable}\n")
    names = sorted(path.name for path in folder.glob("*.py"))
    run = [python, "-m", "mypy", "--config-file", str(settings), "--no-error-summary", "--no-pretty", *names]
    found = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False)
    if found.returncode not in (0, 1):
        sys.exit(f"mypy failed: {found.stdout}{found.stderr}")
    lines = re.findall(r"^([^:]+):(\d+): error: (.*)", found.stdout, re.M)
    return [(name, int(line), text) for name, line, text in lines]


def pyright(folder: pathlib.Path, program: str) -> list[tuple[str, int, str]]:
    """Return file, line and text of what pyright says."""
    (folder / "pyrightconfig.json").write_text(json.dumps({**RULES, "extraPaths": [str(COMPAT)]}))
    run = [program, "--outputjson", "--pythonpath", sys.executable, "--project", str(folder)]
    found = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False)
    if found.returncode not in (0, 1):
        sys.exit(f"pyright failed: {found.stdout}{found.stderr}")
    report = json.loads(found.stdout)
    if report["summary"]["filesAnalyzed"] != len(list(folder.glob("*.py"))):
        sys.exit(f"pyright did not see all files: {report['summary']}")
    return [
        (pathlib.Path(said["file"]).name, said["range"]["start"]["line"] + 1, said["message"])
        for said in report["generalDiagnostics"]
        if said["severity"] == "error"
    ]


def main() -> None:
    """Compare what each checker finds with the marks."""
    mypy_python, pyright_program = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        for program in (*PROGRAMS, "mistakes.py"):
            (folder / program).write_text((HERE / program).read_text())
        blocks = []
        for page in sorted((ROOT / "pyext/docs").glob("*.md")):
            # Those on native types are about packages that are built first.
            if not page.name.startswith("native_types"):
                found = re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S)
                (folder / f"page_{page.stem}.py").write_text("\n".join(found))
                blocks += found
        marked = {
            ("mistakes.py", number)
            for number, line in enumerate((HERE / "mistakes.py").read_text().splitlines(), 1)
            if line.endswith("# mistake")
        }
        if len(blocks) < 30 or len(marked) < 30:
            sys.exit("the blocks of the guide or the mistakes were not found")
        wrong = []
        for checker, found in (("mypy", mypy(folder, mypy_python)), ("pyright", pyright(folder, pyright_program))):
            places = {(file, line) for file, line, _ in found}
            wrong += [f"{checker}: {file}:{line}: {text}" for file, line, text in found if (file, line) not in marked]
            wrong += [f"{checker} passes the mistake in {file}:{line}" for file, line in sorted(marked - places)]
        sys.exit("\n".join(wrong) or 0)


main()
