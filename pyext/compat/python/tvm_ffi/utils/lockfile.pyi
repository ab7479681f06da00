"""The module `bowline.utils.lockfile`."""

from bowline.utils.lockfile import FileLock as FileLock
