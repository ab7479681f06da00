"""The module `bowline.utils.kwargs_wrapper`."""

from bowline.utils.kwargs_wrapper import make_kwargs_wrapper as make_kwargs_wrapper
from bowline.utils.kwargs_wrapper import make_kwargs_wrapper_from_signature as make_kwargs_wrapper_from_signature
