"""The module `bowline.stub.python_generator.codegen`."""

from bowline.stub.python_generator.codegen import generate_python_all as generate_python_all
from bowline.stub.python_generator.codegen import generate_python_export as generate_python_export
from bowline.stub.python_generator.codegen import generate_python_ffi_api as generate_python_ffi_api
from bowline.stub.python_generator.codegen import generate_python_global_funcs as generate_python_global_funcs
from bowline.stub.python_generator.codegen import generate_python_import_section as generate_python_import_section
from bowline.stub.python_generator.codegen import generate_python_init as generate_python_init
from bowline.stub.python_generator.codegen import generate_python_object as generate_python_object
