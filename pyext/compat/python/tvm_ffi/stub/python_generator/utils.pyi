"""The module `bowline.stub.python_generator.utils`."""

from bowline.stub.python_generator.utils import ImportItem as ImportItem
from bowline.stub.python_generator.utils import PythonImports as PythonImports
from bowline.stub.python_generator.utils import render_func_signature as render_func_signature
from bowline.stub.python_generator.utils import render_object_ffi_init as render_object_ffi_init
from bowline.stub.python_generator.utils import render_object_fields as render_object_fields
from bowline.stub.python_generator.utils import render_object_init as render_object_init
from bowline.stub.python_generator.utils import render_object_methods as render_object_methods
