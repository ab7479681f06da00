"""The module `bowline._version`."""

from bowline._version import __version__ as __version__
from bowline._version import __version_tuple__ as __version_tuple__
from bowline._version import commit_id as commit_id
from bowline._version import version as version
from bowline._version import version_tuple as version_tuple
