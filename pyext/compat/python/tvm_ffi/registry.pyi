"""The module `bowline.registry`."""

from bowline.registry import former_on_failure as former_on_failure
from bowline.registry import get_global_func as get_global_func
from bowline.registry import get_global_func_metadata as get_global_func_metadata
from bowline.registry import get_registered_type_keys as get_registered_type_keys
from bowline.registry import init_ffi_api as init_ffi_api
from bowline.registry import list_global_func_names as list_global_func_names
from bowline.registry import register_global_func as register_global_func
from bowline.registry import register_object as register_object
from bowline.registry import remove_global_func as remove_global_func
