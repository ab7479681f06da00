"""The module `bowline.stub.lib_state`."""

from bowline.stub.lib_state import collect_global_funcs as collect_global_funcs
from bowline.stub.lib_state import collect_type_keys as collect_type_keys
from bowline.stub.lib_state import object_info_from_type_key as object_info_from_type_key
from bowline.stub.lib_state import toposort_objects as toposort_objects
