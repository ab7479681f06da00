"""The module `bowline.function`."""

from bowline.function import Function as Function
