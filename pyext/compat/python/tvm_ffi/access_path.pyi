"""The module `bowline.access_path`."""

from bowline.access_path import AccessKind as AccessKind
from bowline.access_path import AccessPath as AccessPath
from bowline.access_path import AccessStep as AccessStep
