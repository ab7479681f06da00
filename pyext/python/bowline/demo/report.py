"""Sections, lines and claims on standard output.

Upholds: a claim that fails is shown where it is made, counted, and named again at the end.
"""

from __future__ import annotations


class Report:
    """What a run has claimed so far."""

    def __init__(self) -> None:
        self.claims = 0
        self.failed: list[str] = []

    def section(self, title: str) -> None:
        """Begin a part."""
        print(f"\n{title}\n{'-' * len(title)}", flush=True)

    def line(self, text: str = "") -> None:
        """Print a line within a part."""
        print(f"  {text}", flush=True)

    def claim(self, text: str, holds: object) -> None:
        """Print whether something holds."""
        self.claims += 1
        print(f"  [{'ok' if holds else 'FAILED'}] {text}", flush=True)
        if not holds:
            self.failed.append(text)

    def end(self) -> int:
        """Print the sum; return the exit code."""
        if self.failed:
            print(f"\n{len(self.failed)} of {self.claims} claims FAILED:")
            for text in self.failed:
                print(f"  {text}")
            return 1
        print(f"\nAll {self.claims} claims hold.")
        return 0
