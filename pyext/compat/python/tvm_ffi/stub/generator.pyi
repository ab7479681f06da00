"""The module `bowline.stub.generator`."""

from bowline.stub.generator import Generator as Generator
from bowline.stub.generator import PythonGenerator as PythonGenerator
from bowline.stub.generator import RustGenerator as RustGenerator
from bowline.stub.generator import generator_names as generator_names
from bowline.stub.generator import get_generator as get_generator
