"""The module `bowline.stub.python_generator`."""

from bowline.stub.python_generator import PythonGenerator as PythonGenerator
