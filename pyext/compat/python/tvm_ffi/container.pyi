"""The module `bowline.container`."""

from bowline.container import Array as Array
from bowline.container import Dict as Dict
from bowline.container import List as List
from bowline.container import Map as Map
