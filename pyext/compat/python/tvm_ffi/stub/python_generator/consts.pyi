"""The module `bowline.stub.python_generator.consts`."""

from bowline.stub.python_generator.consts import MOD_MAP as MOD_MAP
from bowline.stub.python_generator.consts import TY_MAP_DEFAULTS as TY_MAP_DEFAULTS
from bowline.stub.python_generator.consts import TY_MAP_INPUT_DEFAULTS as TY_MAP_INPUT_DEFAULTS
