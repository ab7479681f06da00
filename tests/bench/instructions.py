"""Instructions that the extension takes for one operation of the hot paths, counted by callgrind.

instructions.py check TAG     compare with instructions.json; exit code 1 if something got costlier
instructions.py record TAG    write what was counted there

Only what runs inside the extension module counts, so that the interpreter's build matters little; machine load does not
matter at all. Run it with an interpreter that has `bowline`.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).parent
BASELINE = HERE / "instructions.json"
WORKS = [
    "live read",
    "dropped read",
    "rich live read",
    "rich dropped read",
    "int read",
    "echo",
    "no-argument call",
    "callback",
    "index",
    "iteration",
    "construct",
]
LOOPS = 200
# How much more an operation may take than the baseline says. Counts vary a little with addresses and compilers.
RELATIVE, ABSOLUTE = 0.05, 3


def mark() -> None:
    """Begin a new part of callgrind's output. It dumps whenever this function of libc is called."""
    os.getppid()


def worker(threads: bool) -> None:
    """Run the works between marks. The process has started a thread or has not."""
    sys.path.insert(0, str(HERE))
    if threads:
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
    import works
    from systems import bowline

    for name in WORKS:
        run, _ = works.prepared(name, bowline)
        # Both turns of the attribute lookup are over then.
        run(200)
        mark()
        run(LOOPS)
        mark()


def counted(output: pathlib.Path) -> int:
    """Return the instructions of the extension's own functions. A part of callgrind's output attributes them."""
    total, ours, callee = 0, False, False
    for line in output.read_text().splitlines():
        if line.startswith("ob="):
            ours = "_core" in pathlib.Path(line[3:]).name
        elif line.startswith("calls="):
            # The next line is what the callee took.
            callee = True
        elif re.match(r"[+\-*\d]", line):
            if ours and not callee:
                total += int(line.split()[1])
            callee = False
    return total


def count(threads: bool) -> dict[str, float]:
    """Return instructions per operation by work. The process has started a thread or has not."""
    sys.path.insert(0, str(HERE))
    import works

    with tempfile.TemporaryDirectory() as folder:
        command = [
            "valgrind",
            "--tool=callgrind",
            "--dump-before=getppid",
            "--compress-strings=no",
            f"--callgrind-out-file={folder}/out",
            sys.executable,
            __file__,
            "threads" if threads else "worker",
        ]
        environment = os.environ | {"PYTHONHASHSEED": "0"}
        run = subprocess.run(command, env=environment, capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"valgrind failed:\n{run.stderr}")
        found = {}
        for at, name in enumerate(WORKS):
            # Parts are numbered from 1 and end before a mark. The second, fourth, … are the measured runs.
            part = counted(pathlib.Path(folder, f"out.{2 * at + 2}"))
            work = works.WORKS[name]
            times = works.UNROLLED if work.operations < works.ELEMENTS else 1
            if part == 0:
                sys.exit(f"no instruction of the extension was seen in {name}")
            found[f"{name}, threads" if threads else name] = round(part / (LOOPS * times * work.operations), 1)
    return found


def main() -> None:
    if sys.argv[1] in ("worker", "threads"):
        worker(threads=sys.argv[1] == "threads")
        return
    mode, tag = sys.argv[1:3]
    found = count(threads=False) | count(threads=True)
    baselines = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if mode == "record":
        BASELINE.write_text(json.dumps(baselines | {tag: found}, indent=2, sort_keys=True) + "\n")
    elif tag not in baselines:
        sys.exit(f"{BASELINE.name} has no figures for Python {tag}; `ci/bench --record {tag}` makes them")
    before = baselines.get(tag, found)
    costlier = []
    for name, now in found.items():
        was = before[name] if name in before else now
        print(f"{name:28} {was:8.1f} -> {now:8.1f}")
        if mode == "check" and now > was * (1 + RELATIVE) + ABSOLUTE:
            costlier.append(name)
    if costlier:
        sys.exit(f"costlier than the baseline: {', '.join(costlier)}")


main()
