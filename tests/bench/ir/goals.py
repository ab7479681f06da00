"""What the rows are to reach.

It is our time divided by a rival's, at most, with frozen fields; with mutable ones 1.5 times that.

A row without a goal of its own is to be no slower than either release of apache-tvm-ffi.
"""

from __future__ import annotations

PLAIN = {
    "build": 1.0,
    "visit": 1.25,
    "rewrite, nothing changes": 1.1,
    "rewrite, all rebuilt": 1.3,
    "pickle.dumps": 1.2,
    "construct, list of 2": 2.5,
    "construct, tuple of 3": 2.5,
    "read a str, short": 2.5,
    "read a str, long": 2.5,
    "read an int": 2.0,
    "read a list": 3.0,
    "Map(dict), an entry": 4.0,
    "Dict items, an entry": 2.0,
    "exception through 10 crossings": 8.0,
}

TVM_FFI = {
    "visit": 0.5,
    "structural_equal, tree": 0.8,
    "structural_hash, tree": 0.8,
    "structural_hash, dag": 0.8,
    "pickle.dumps": 0.5,
    "pickle.loads": 0.4,
    "from_json": 0.4,
    "Dict look-up, object": 0.35,
    "Dict look-up, str": 0.35,
    "call, list of 4": 0.35,
    "call, dict of 2": 0.35,
    "call, int, str and object": 0.35,
}


def goal(row: str, rival: str, mutable: bool) -> float | None:
    """Return the limit of a row beside a rival; None if there is none."""
    limit = PLAIN.get(row) if rival == "plain" else TVM_FFI.get(row, 1.0)
    return limit if limit is None or not mutable else limit * 1.5
