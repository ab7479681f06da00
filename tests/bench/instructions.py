"""Instructions that the extension takes for one operation of the hot paths, counted by callgrind.

instructions.py check TAG     compare with instructions.json; exit code 1 if something got costlier
instructions.py record TAG    write what was counted there

Only what runs inside the extension module counts, so that the interpreter's build matters little; machine load does not
matter at all. Run it with an interpreter that has `bowline`. Rows that begin with "ir: " are those of the workload in `ir/`, with a
small graph and frozen fields.
"""

from __future__ import annotations

import gc
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
# What a worker runs. It is the works in a process without threads, the works in one with threads, and the workload in such a one.
KINDS = ["single", "threads", "workload"]
LOOPS = 200
# Nodes of the workload's graph. The other is how often a statement is repeated at least.
COUNT, OPERATIONS = 1000, 1000
# How many of another's instructions an operation may take. The interpreter's count, too. The rich one
# does what the lean one does, and keeps what Python knows.
RATIOS = [("rich dropped read, threads", "dropped read, threads", 1.20)]
# How much more an operation may take than the baseline says. Counts vary a little with addresses and compilers.
RELATIVE, ABSOLUTE = 0.05, 3


def mark() -> None:
    """Begin a new part of callgrind's output. It dumps whenever this function of libc is called."""
    os.getppid()


def single_works() -> dict[str, float]:
    """Run the works between marks; how many operations each was."""
    import works
    from systems import bowline

    operations = {}
    for name in WORKS:
        run, _ = works.prepared(name, bowline)
        # Both turns of the attribute lookup are over then.
        run(200)
        mark()
        run(LOOPS)
        mark()
        work = works.WORKS[name]
        operations[name] = LOOPS * (works.UNROLLED if work.operations < works.ELEMENTS else 1) * work.operations
    return operations


def workload() -> dict[str, float]:
    """Run the rows of the workload between marks; how many operations each was."""
    sys.path.insert(0, str(HERE / "ir"))
    os.environ["BENCH_IR_SYSTEM"] = "bowline"
    import rows
    import statements

    # What a collection adds depends on when it comes.
    gc.disable()
    sys.setrecursionlimit(100_000)
    operations = {}
    load, scope = rows.Workload(COUNT), statements.scope()
    for name, make in rows.ROWS.items():
        row = make(load)
        row.run()
        mark()
        row.run()
        mark()
        operations[f"ir: {name}"] = row.operations
    for name in statements.STATEMENTS:
        run, times = statements.compiled(name, scope)
        loops = 1 if name == "class creation" else -(-OPERATIONS // times)
        run(loops)
        mark()
        run(loops)
        mark()
        operations[f"ir: {name}"] = loops * times
    return operations


def worker(kind: str) -> None:
    """Print the operations of what was run between marks. The process has started a thread or has not."""
    sys.path.insert(0, str(HERE))
    if kind != "single":
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
    operations = workload() if kind == "workload" else single_works()
    if kind == "threads":
        operations = {f"{name}, threads": times for name, times in operations.items()}
    print(json.dumps(operations))


def counted(output: pathlib.Path) -> tuple[int, int]:
    """Return the instructions of the extension's own functions, and of all. A part of callgrind's output attributes them."""
    total, everything, ours, callee = 0, 0, False, False
    for line in output.read_text().splitlines():
        if line.startswith("ob="):
            ours = "_core" in pathlib.Path(line[3:]).name
        elif line.startswith("calls="):
            # The next line is what the callee took.
            callee = True
        elif re.match(r"[+\-*\d]", line):
            if not callee:
                everything += int(line.split()[1])
                total += int(line.split()[1]) * ours
            callee = False
    return total, everything


def count(kind: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return instructions per operation by work: the extension's own, and all of the process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "valgrind",
            "--tool=callgrind",
            "--dump-before=getppid",
            "--compress-strings=no",
            f"--callgrind-out-file={folder}/out",
            sys.executable,
            __file__,
            kind,
        ]
        environment = os.environ | {"PYTHONHASHSEED": "0"}
        run = subprocess.run(command, env=environment, capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"valgrind failed:\n{run.stderr}")
        found, whole = {}, {}
        for at, (name, operations) in enumerate(json.loads(run.stdout).items()):
            # Parts are numbered from 1 and end before a mark. The second, fourth, … are the measured runs.
            part, everything = counted(pathlib.Path(folder, f"out.{2 * at + 2}"))
            if part == 0:
                sys.exit(f"no instruction of the extension was seen in {name}")
            found[name], whole[name] = round(part / operations, 1), round(everything / operations, 1)
    return found, whole


def main() -> None:
    if sys.argv[1] in KINDS:
        worker(sys.argv[1])
        return
    mode, tag = sys.argv[1:3]
    found, whole = {}, {}
    for kind in KINDS:
        for known, more in zip((found, whole), count(kind), strict=True):
            known.update(more)
    baselines = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if mode == "record":
        BASELINE.write_text(json.dumps(baselines | {tag: found}, indent=2, sort_keys=True) + "\n")
    elif tag not in baselines:
        sys.exit(f"{BASELINE.name} has no figures for Python {tag}; `ci/bench --record {tag}` makes them")
    before = baselines.get(tag, found)
    costlier = []
    for name, now in found.items():
        was = before[name] if name in before else now
        print(f"{name:38} {was:8.1f} -> {now:8.1f}")
        if mode == "check" and now > was * (1 + RELATIVE) + ABSOLUTE:
            costlier.append(name)
    for name, other, limit in RATIOS:
        ratio = whole[name] / whole[other]
        print(f"{name}, of {other}, whole process: {whole[name]:.1f} : {whole[other]:.1f} = {ratio:.3f}, at most {limit:.2f}")
        if mode == "check" and ratio > limit:
            costlier.append(f"{name} beside {other}")
    if costlier:
        sys.exit(f"costlier than the baseline: {', '.join(costlier)}")


main()
