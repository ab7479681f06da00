"""The stub generator. It writes type information about registered functions and types into blocks of source files.

The command ``bowline-stubgen``, also called ``tvm-ffi-stubgen``, runs it. Upholds: text outside of the blocks stays.
"""
