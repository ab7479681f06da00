"""The module `bowline._convert`."""

from bowline._convert import convert as convert
from bowline._convert import convert_func as convert_func
