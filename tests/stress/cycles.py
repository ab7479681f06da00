"""Starts an interpreter, gives it natives, threads and late callers, and lets it end. It does so again and again.

Each cycle is a process: CPython finalizes as a process does, and the extension, like every one that keeps static types or
interned strings, serves one interpreter per process. What a cycle does is drawn from the seed. It must end with exit code 0
and not a word on stderr.

python tests/stress/cycles.py COUNT [--seed S] [--jobs N] [--patience T]
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import random
import secrets
import subprocess
import sys
from collections import Counter

START = """\
import atexit, gc, random, sys, threading, time, weakref
import bowline
from bowline import Array, Dict, List, _core, convert
from world import AnyHolder, FrozenHolder, Ghost, Holder, Leaf, Loose, LooseGhost, Solid, Weak
import world
draw = random.Random({seed!r})
kept, over = [], []
def at_work(over=over): return not over
"""

# CPython 3.13t frees the states of daemon threads while it finalizes. Those that wait to go on crash it when they do; plain
# Python shows it. There they end after the last atexit callback.
END_THREADS = """
def end_threads():
    over.append(True)
    for thread in threading.enumerate():
        if thread.daemon:
            thread.join()
atexit.register(end_threads)
"""

# Each is a few lines that leave something alive, or about to happen, at exit.
PIECES = {
    "natives in globals": "kept += [Holder(cls(1)) for cls in (Leaf, Weak, Loose, Solid)]; values = [h.value for h in kept]",
    "dormant wrappers": "dormant = [Holder(draw.choice((Leaf, Loose))(n)) for n in range(200)]; [h.value for h in dormant]",
    "daemon threads that read": """
shared = Holder(draw.choice((Leaf, Loose, Ghost))(1))
def spin(shared=shared, Holder=Holder, Leaf=Leaf, at_work=at_work):
    while at_work():
        shared.value.n
        Holder(Leaf(2)).value
for _ in range(2):
    threading.Thread(target=spin, daemon=True).start()
""",
    "daemon threads that store": """
cell = AnyHolder(None)
def store(cell=cell, Leaf=Leaf, Loose=Loose, List=List, at_work=at_work):
    while at_work():
        cell.value = Leaf(1)
        cell.value = [Loose(2), lambda: cell]
        cell.value = List([Leaf(3)])
threading.Thread(target=store, daemon=True).start()
""",
    "daemon threads that move and trim": """
source = Holder(Leaf(1))
def move(source=source, Leaf=Leaf, trim=bowline.trim, collect=gc.collect, at_work=at_work):
    while at_work():
        Leaf.__new__(Leaf).__move_handle_from__(source.value)
        trim()
        collect()
threading.Thread(target=move, daemon=True).start()
""",
    "daemon threads in callbacks": """
def called(n): Holder(Leaf(n)).value; time.sleep(draw.choice((0.0, 0.001)))
called = convert(called)
def call(called=called, at_work=at_work):
    while at_work():
        called(1)
for _ in range(2):
    threading.Thread(target=call, daemon=True).start()
""",
    "native threads that drop during finalization": """
for _ in range(40):
    held = Holder(draw.choice((Leaf, Loose, LooseGhost))(1))
    held.value
    _core.testing_lend(held, draw.choice((0.0, 0.001, 0.01, 0.03, 0.06, 0.1)))
    _core.testing_lend(Array([held, lambda: held]), draw.choice((0.0, 0.005, 0.02, 0.05)))
    del held
""",
    "native threads that stir": """
stirred = List([Leaf(n) for n in range(5)])
table = Dict({"a": Loose(1)})
for _ in range(10):
    _core.testing_stir(stirred, 20_000)
    _core.testing_stir(table, 20_000)
""",
    "releases on native threads": """
for n in range(30):
    held = Holder(draw.choice((Leaf, Weak, LooseGhost))(n))
    held.value
    _core.testing_release_on_thread(held)
""",
    "atexit handlers that fetch": """
late = [Holder(Leaf(1)), Holder(Ghost(2)), FrozenHolder(Loose(3))]
atexit.register(lambda: [h.value.n for h in late])
atexit.register(gc.collect)
atexit.register(bowline.settle)
atexit.register(bowline.trim)
""",
    "finalizers that fetch": """
world.current = world.World("at exit", 60.0)
sys.ghosts = [Ghost(1), LooseGhost(2), world.LateLeaf(3)]
class Late:
    def __init__(self, held): self.held = held
    def __del__(self): self.held.value; self.held.value = None
sys.late = Late(Holder(Loose(1)))
""",
    "cycles": """
items = List()
items.append(lambda: items)
loose = Loose(1)
loose.me, loose.extra = loose, items
box = AnyHolder([lambda: box])
""",
    "callbacks among the global functions": """
class Callee:
    def __init__(self): self.held = Holder(Leaf(1))
    def __call__(self): return self.held.value
bowline.register_global_func("cycle.f", Callee())
bowline.register_global_func("cycle.g", lambda kept=kept: kept)
""",
    "opaque payloads": """
class Payload:
    def __del__(self): pass
payloads = Array([Payload(), [Payload()]]), AnyHolder(Payload())
""",
    "thread locals": """
local = threading.local()
def own(): local.kept = Holder(Loose(1)); local.kept.value
for _ in range(3):
    threading.Thread(target=own).start()
local.kept = Holder(Leaf(1))
""",
    "threads that are joined at exit": """
def soon():
    for n in range(200):
        assert Holder(Leaf(n)).value.n == n
for _ in range(3):
    threading.Thread(target=soon).start()
""",
    "weak references with callbacks": """
watched = Holder(Weak(1)), Weak(2)
refs = [weakref.ref(watched[0].value, lambda _: None), weakref.ref(watched[1], lambda _, held=watched[0]: held.value)]
""",
    "an import by a subinterpreter": """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
other = interpreters.create()
refused = 'try:\\n import bowline\\nexcept ImportError: pass\\nelse: raise SystemError'
outcome = interpreters.run_string(other, refused)
assert outcome is None, outcome
interpreters.destroy(other)
""",
}

END = """
time.sleep(draw.choice((0.0, 0.0, 0.001, 0.01, 0.05)))
if draw.random() < 0.2:
    sys.exit(0)
"""


def free_threaded() -> bool:
    """Return whether threads run at once."""
    return not getattr(sys, "_is_gil_enabled", lambda: True)()


def cycle(seed: str, patience: float) -> tuple[list[str], str]:
    """Run one cycle; return the names of what it did, and what was wrong."""
    draw = random.Random(seed)
    names = draw.sample([*PIECES], draw.randint(2, 6))
    start = START + END_THREADS if free_threaded() and sys.version_info < (3, 14) else START
    source = start.format(seed=seed) + "".join(f"{PIECES[name]}\n" for name in names) + END
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.abspath(__file__))}
    try:
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", "-c", source],
            capture_output=True, text=True, timeout=patience, check=False, env=environment,
        )
    except subprocess.TimeoutExpired as error:
        return names, f"no end after {patience} s\n{error.stderr}"
    if done.returncode or done.stderr:
        return names, f"exit code {done.returncode}\n{done.stderr}"
    return names, ""


def main() -> int:
    """Run the cycles."""
    parser = argparse.ArgumentParser(prog="cycles", description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", default=None)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--patience", type=float, default=60.0, help="seconds after which a process is taken to hang")
    options = parser.parse_args()
    seed = options.seed or secrets.token_hex(4)
    print(f"Python {sys.version.split()[0]}{'t' * free_threaded()}, {options.count} cycles, seed {seed}", flush=True)
    seeds = [f"{seed} {n}" for n in range(options.count)]
    counts, failed = Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for number, (names, wrong) in enumerate(pool.map(lambda seed: cycle(seed, options.patience), seeds)):
            counts.update(names)
            if wrong:
                failed += 1
                print(f"cycle {number} FAILED: {', '.join(names)}\n{wrong}", file=sys.stderr)
    for name, count in sorted(counts.items()):
        print(f"{count:>7,} {name}")
    print(f"{options.count:>7,} cycles, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
