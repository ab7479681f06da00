"""What threads do to a world: small functions, each with a weight. All check what they see; none waits or backs off.

A module of operations enters its own when it is imported, here in the order in which they are numbered.
"""

from . import reads, stores, moves, copies, weakrefs, memory, containers, calls, threads  # noqa: F401, I001
from .worker import OPERATIONS, Worker, describe, expect, keep_only

__all__ = ["OPERATIONS", "Worker", "describe", "expect", "keep_only"]
