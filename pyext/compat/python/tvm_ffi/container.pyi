"""The module `bowline.container`."""

from bowline.container import MISSING as MISSING
from bowline.container import Array as Array
from bowline.container import Dict as Dict
from bowline.container import List as List
from bowline.container import Map as Map
from bowline.container import getitem_helper as getitem_helper
from bowline.container import normalize_index as normalize_index
