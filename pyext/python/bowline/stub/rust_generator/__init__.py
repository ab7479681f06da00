"""Writes Rust for the crate `tvm_ffi`. Each registered type has an object struct and a reference type."""

from .generator import RustGenerator

__all__ = ["RustGenerator"]
