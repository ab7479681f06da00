"""Writes Python: signatures and fields for type checkers, and the imports that they need."""

from .generator import PythonGenerator

__all__ = ["PythonGenerator"]
