"""The module `bowline.stub.python_generator.generator`."""

from bowline.stub.python_generator.generator import PythonGenerator as PythonGenerator
