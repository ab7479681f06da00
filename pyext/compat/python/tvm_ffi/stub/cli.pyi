"""The module `bowline.stub.cli`."""

from bowline.stub.cli import __main__ as __main__
