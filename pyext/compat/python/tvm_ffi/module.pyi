"""The module `bowline.module`."""

from bowline.module import Module as Module
from bowline.module import ModulePropertyMask as ModulePropertyMask
from bowline.module import load_module as load_module
from bowline.module import system_lib as system_lib
