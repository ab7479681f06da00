"""Writes Rust for the crate `tvm_ffi`: an object struct and a reference type for each registered type."""

from .generator import RustGenerator

__all__ = ["RustGenerator"]
