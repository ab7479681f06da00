"""A lock between processes, held by an open file.

Upholds: the system gives the lock back when the process ends, however that is.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any, Literal

__all__ = ["FileLock"]

if sys.platform == "win32":
    import msvcrt

    def _try_lock(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """A lock that processes share by the name of a file. As a context manager it waits.

    Parameters
    ----------
    lock_file_path : str
        The file. It is made if there is none, and stays.

    Examples
    --------
    >>> import os, tempfile
    >>> from bowline.utils import FileLock
    >>> path = os.path.join(tempfile.mkdtemp(), "lock")
    >>> with FileLock(path):
    ...     FileLock(path).acquire()
    False
    """

    def __init__(self, lock_file_path: str) -> None:
        self.lock_file_path = lock_file_path
        self._file_descriptor: int | None = None

    def __enter__(self) -> FileLock:
        self.blocking_acquire()
        return self

    def __exit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> Literal[False]:
        self.release()
        return False

    def acquire(self) -> bool:
        """Take the lock if it is free; return whether it was.

        Raises
        ------
        RuntimeError
            If the file cannot be opened or locked.
        """
        if self._file_descriptor is not None:
            return False
        try:
            fd = os.open(self.lock_file_path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise RuntimeError(f"cannot open the lock {self.lock_file_path}: {error}") from error
        taken = False
        try:
            _try_lock(fd)
            taken = True
        except (BlockingIOError, PermissionError):
            # Another one has it, in this process or another.
            return False
        except OSError as error:
            raise RuntimeError(f"cannot lock {self.lock_file_path}: {error}") from error
        finally:
            if not taken:
                os.close(fd)
        self._file_descriptor = fd
        return True

    def blocking_acquire(self, timeout: float | None = None, poll_interval: float = 0.1) -> bool:
        """Wait for the lock and take it; return True.

        Parameters
        ----------
        timeout : float, optional
            After how many seconds to give up.
        poll_interval : float
            After how many seconds to look again.

        Raises
        ------
        TimeoutError
            If it was not free in time.
        RuntimeError
            As `acquire`; if this object has it, which would be waited for without end.
        """
        if self._file_descriptor is not None:
            raise RuntimeError(f"the lock {self.lock_file_path} is held by this object already")
        end = None if timeout is None else time.monotonic() + timeout
        while not self.acquire():
            if end is not None and time.monotonic() >= end:
                raise TimeoutError(f"the lock {self.lock_file_path} was not free within {timeout} s")
            time.sleep(poll_interval)
        return True

    def release(self) -> None:
        """Give the lock back, if this object has it."""
        fd, self._file_descriptor = self._file_descriptor, None
        if fd is not None:
            os.close(fd)
