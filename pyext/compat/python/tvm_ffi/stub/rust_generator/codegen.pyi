"""The module `bowline.stub.rust_generator.codegen`."""

from bowline.stub.rust_generator.codegen import finalize_rust_module_tree as finalize_rust_module_tree
from bowline.stub.rust_generator.codegen import generate_rust_api_file as generate_rust_api_file
from bowline.stub.rust_generator.codegen import generate_rust_import_section as generate_rust_import_section
from bowline.stub.rust_generator.codegen import generate_rust_object as generate_rust_object
