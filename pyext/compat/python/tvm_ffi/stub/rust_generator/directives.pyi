"""The module `bowline.stub.rust_generator.directives`."""

from bowline.stub.rust_generator.directives import Directives as Directives
from bowline.stub.rust_generator.directives import EnumSpec as EnumSpec
