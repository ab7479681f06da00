"""The module `bowline.stub.rust_generator`."""

from bowline.stub.rust_generator import RustGenerator as RustGenerator
