"""Counters of `bowline.stats()` that return to where they were once everything is let go."""

from __future__ import annotations

import gc
import time

import bowline

RETURNING = ("objects_alive", "wrappers_live", "wrappers_inactive", "inactive_bytes", "queued", "side_slots")


def counters() -> dict[str, int]:
    """What must be the same before and after a round."""
    for _ in range(3):
        gc.collect()
        bowline.settle()
        bowline.trim()
    now = bowline.stats()
    return {name: now[name] for name in RETURNING}


def differences(start: dict[str, int], patience: float) -> dict[str, tuple[int, int]]:
    """Counters that do not return, with both values. Native threads get some time to drop what they have."""
    end = time.monotonic() + patience
    while (now := counters()) != start and time.monotonic() < end:
        time.sleep(0.01)
    return {name: (start[name], now[name]) for name in start if now[name] != start[name]}
