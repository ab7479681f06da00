"""The module `bowline.stub`."""
