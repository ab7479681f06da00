"""What packages beside an extension need. It is a lock between processes, wrappers with keywords, dataclasses as tuples."""

from .kwargs_wrapper import make_kwargs_wrapper, make_kwargs_wrapper_from_signature
from .lockfile import FileLock
from .unpack_dataclass import unpack_dataclass_to_tuple

__all__ = ["FileLock", "make_kwargs_wrapper", "make_kwargs_wrapper_from_signature", "unpack_dataclass_to_tuple"]
