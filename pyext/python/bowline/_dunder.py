"""The private name of tvm-ffi's module `_dunder`. Libraries use it which register classes step by step.

Upholds: it does what that of tvm-ffi does.
"""

from __future__ import annotations

from .dataclasses._in_steps import install_dunders as _install_dataclass_dunders

__all__ = ["_install_dataclass_dunders"]
