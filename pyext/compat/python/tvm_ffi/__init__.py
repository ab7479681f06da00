"""The package `bowline` under the name `tvm_ffi`: after this import they are one module."""

import bowline

bowline.provide_tvm_ffi()
