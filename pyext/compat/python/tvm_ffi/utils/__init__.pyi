"""The module `bowline.utils`."""

from bowline.utils import FileLock as FileLock
from bowline.utils import make_kwargs_wrapper as make_kwargs_wrapper
from bowline.utils import make_kwargs_wrapper_from_signature as make_kwargs_wrapper_from_signature
from bowline.utils import unpack_dataclass_to_tuple as unpack_dataclass_to_tuple
