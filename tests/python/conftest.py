"""Around every test: the counters return to where they were."""

import gc
import importlib
import os
import pkgutil
import threading
import time

import bowline
import pytest
from support import settle

if not hasattr(bowline._core, "testing_lose"):
    raise pytest.UsageError("the tests want an extension with its feature `testing`, as ci/venv builds it")

# Backtraces of panics are not looked at, and take memory where tests leave none. Asked for once, at the first panic.
os.environ["RUST_BACKTRACE"] = "0"

# What a module of the package makes when it is loaded is for good.
for _module in pkgutil.iter_modules(bowline.__path__):
    if not _module.name.startswith("_core"):
        importlib.import_module(f"bowline.{_module.name}")
bowline.testing.make_tensor(bowline.int8, [1])

_RETURNING = ("objects_alive", "wrappers_live", "wrappers_inactive", "inactive_bytes", "queued")


def pytest_collection_finish():
    # What pytest and the test modules keep is set aside. None of the many collections to come has to walk it.
    gc.collect()
    gc.freeze()
    # From the first thread on 3.13t keeps classes and functions for good. It keeps what they lead to, too
    # (`_PyObject_SetDeferredRefcount` in Objects/object.c). So a test fails for that alone just as it does among all others.
    threading.Thread(target=int).start()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.call_failed = outcome.get_result().failed


def _excess(start, names):
    now = bowline.stats()
    return {name: (start[name], now[name]) for name in names if now[name] > start[name]}


@pytest.fixture(autouse=True)
def balance(request):
    """No test leaves objects, wrappers or queued releases behind."""
    settle()
    start = bowline.stats()
    yield
    # The report of a failed test keeps its frames alive.
    if getattr(request.node, "call_failed", True):
        return
    names = _RETURNING
    if request.node.get_closest_marker("keeps_objects"):
        names = ("queued",)
    deadline = time.monotonic() + 5
    settle()
    while _excess(start, names) and time.monotonic() < deadline:
        time.sleep(0.01)
        settle()
    assert not _excess(start, names), "counters (at the start, now)"
