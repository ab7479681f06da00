"""A process ends cleanly whatever is alive, and in whatever order things go."""

import os
import sys
import textwrap

import pytest
from support import run_script

COMMON = """\
import atexit, gc, sys, threading, time
from typing import Any
from shapes import All, Del, Dict, Holder, Plain, Weak
import bowline
over, at_work = [], []
def go_on(over=over): return not over
def start(call, *args):
    at_work.append(threading.Thread(target=call, args=args, daemon=True))
    at_work[-1].start()
"""

FREE_THREADED = not getattr(sys, "_is_gil_enabled", lambda: True)()
if sys.version_info < (3, 14) and (FREE_THREADED or "ASAN_OPTIONS" in os.environ):
    # CPython up to 3.13 frees the states of daemon threads while it finalizes. Some use them still: free-threaded it crashes,
    # which plain Python shows, too; with a GIL AddressSanitizer sees it. There they end with the last atexit callback but for
    # the package's.
    COMMON += """\
atexit.register(lambda: (over.append(True), [thread.join() for thread in at_work]))
"""

CASES = {
    "module globals": "kept = [Holder(cls(1)) for cls in (Plain, Dict, Weak)]; values = [h.value for h in kept]",
    "inactive wrappers": "kept = [Holder(Plain(n)) for n in range(1000)]; [h.value for h in kept]",
    "global functions": """
    class Callee:
        def __init__(self): self.held = Holder(Plain(1))
        def __call__(self): return self.held.value
    bowline.register_global_func("shutdown.f", Callee())
    """,
    "opaque objects": """
    class Payload:
        def __del__(self): pass
    kept = bowline.Array([Payload(), [Payload()]])
    bowline.register_global_func("shutdown.f", lambda kept=kept: kept)
    """,
    "finalizers": "kept = [Holder(Del(1)), Holder(All(2))]; Del.kept = kept",
    "a cycle": "kept = bowline.List(); kept.append(lambda: kept); d = Dict(1); d.me = d; d.kept = kept",
    "fetching at exit": "held = Holder(Plain(1)); atexit.register(lambda: held.value.n); atexit.register(gc.collect)",
    "a finalizer that fetches": """
    held = Holder(Plain(1))
    class Late:
        def __del__(self, held=held): held.value; held.value = None
    late = Late()
    sys.late = late
    """,
    "daemon threads": """
    held = Holder(Plain(1))
    def spin(go_on=go_on):
        while go_on():
            held.value.n
            Holder(Plain(2)).value
    for _ in range(3):
        start(spin)
    time.sleep(0.1)
    """,
    "daemon threads in callbacks": """
    def wait(n): time.sleep(n)
    wait = bowline.convert(wait)
    def call(go_on=go_on):
        while go_on():
            wait(0.001)
    for _ in range(3):
        start(call)
    threading.Thread(target=wait, args=(1000,), daemon=True).start()
    time.sleep(0.1)
    """,
    "daemon threads that stop the world": """
    held = Holder(Dict(1))
    free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
    def spin(go_on=go_on):
        while go_on() or free_threaded: # on 3.13t until it waits at the gate without end
            bowline.trim()
            Dict.__new__(Dict).__move_handle_from__(held.value)
    if free_threaded:
        threading.Thread(target=spin, daemon=True).start()
    else:
        start(spin)
    time.sleep(0.1)
    """,
    "thread locals": """
    local = threading.local()
    def work(): local.kept = Holder(Plain(1)); local.kept.value
    threads = [threading.Thread(target=work) for _ in range(3)]
    [t.start() for t in threads]; [t.join() for t in threads]
    local.kept = Holder(Plain(1))
    """,
    "a sys.exit inside a callback": """
    def leave(): sys.exit(0)
    bowline.convert(leave)()
    """,
    "native threads that drop while the interpreter goes": """
    class Payload:
        def __del__(self): pass
    for n in range(200):
        for cls in (Plain, Dict, Del, All):
            held = bowline.Array([cls(n), [Payload(), Payload().__del__, "a text of some length"]])
            held[0]
            bowline._core.testing_release_later(held, 0.0005 * n)
    """,
    "queued releases": """
    kept = [Holder(Dict(n)) for n in range(50)]
    for h in kept:
        h.value
        bowline._core.testing_release_on_thread(h)
    """,
}


@pytest.mark.parametrize("name", CASES)
def test_exit(name):
    """Weaknesses 6, 7 and 26: daemon and native threads go on while the interpreter goes. Nothing is read after its end."""
    process = run_script(COMMON + textwrap.dedent(CASES[name]), check=False)
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""


def test_an_exception_gives_its_own_exit_code():
    process = run_script(COMMON + "kept = Holder(Plain(1)); raise SystemExit(3)", check=False)
    assert (process.returncode, process.stderr) == (3, "")


@pytest.mark.parametrize("name", ["module globals", "finalizers", "daemon threads"])
def test_exit_with_a_checking_allocator(name):
    process = run_script(COMMON + textwrap.dedent(CASES[name]), check=False, PYTHONMALLOC="debug")
    assert (process.returncode, process.stderr) == (0, "")
