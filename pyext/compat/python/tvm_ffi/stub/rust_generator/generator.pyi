"""The module `bowline.stub.rust_generator.generator`."""

from bowline.stub.rust_generator.generator import RustGenerator as RustGenerator
