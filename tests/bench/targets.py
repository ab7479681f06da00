"""What the project wants to reach: ours / rival at most, by interpreter."""

from __future__ import annotations

# (work, rival, limit). "3.14t", "3.13t" or "gil" names where a limit holds; "" everywhere.
TARGETS = [
    ("live read", "slots", {"3.14t": 1.5, "3.13t": 0.6, "gil": 1.2}),
    ("dropped read", "nanobind_intrusive", {"": 0.9}),
    ("int read", "slots", {"3.14t": 1.8, "3.13t": 0.6, "gil": 1.3}),
    ("echo", "nanobind_intrusive", {"": 1.0}),
    ("no-argument call", "nanobind_intrusive", {"": 1.2}),
    ("callback", "nanobind_intrusive", {"": 1.0}),
    ("index", "nanobind_intrusive", {"": 0.8}),
    ("iteration", "nanobind_intrusive", {"": 0.7}),
    ("construct", "slots", {"": 0.7}),
    ("method", "slots", {"": 1.5}),
    ("live read", "tvm_ffi", {"": 0.125}),
    ("dropped read", "tvm_ffi", {"": 0.25}),
    ("chained read", "tvm_ffi", {"": 0.125}),
    ("int read", "tvm_ffi", {"": 0.2}),
    ("echo", "tvm_ffi", {"": 0.125}),
    ("no-argument call", "tvm_ffi", {"": 0.125}),
    ("callback", "tvm_ffi", {"": 0.2}),
    ("index", "tvm_ffi", {"": 0.125}),
    ("iteration", "tvm_ffi", {"": 0.125}),
    ("construct", "tvm_ffi", {"": 0.125}),
]


# (work, threads, all on one object, rival, at least). The throughput is a multiple of one thread of ours, or of the rival's
# threads doing the same. Where threads are free.
THREADS = [
    ("live read", 2, False, "", 1.9),
    ("dropped read", 2, False, "", 1.9),
    ("live read", 2, True, "slots", 1.0),
]

# Bytes of an object with two object fields and an int, at most.
MEMORY = {"never wrapped": 64, "wrapped": 120}


def limits(tag: str) -> list[tuple[str, str, float]]:
    """Return the targets for an interpreter."""
    kind = tag if tag.endswith("t") else "gil"
    found = []
    for work, rival, by_kind in TARGETS:
        limit = by_kind.get(kind, by_kind.get(""))
        if limit is not None:
            found.append((work, rival, limit))
    return found
