"""What type checkers see of the package: every public name. The module beside it loads most of them on first use."""

from . import access_path as access_path
from . import container as container
from . import core as core
from . import cpp as cpp
from . import dataclasses as dataclasses
from . import demo as demo
from . import error as error
from . import function as function
from . import libinfo as libinfo
from . import module as module
from . import registry as registry
from . import serialization as serialization
from . import stream as stream
from . import structural as structural
from . import testing as testing
from . import utils as utils
from ._alias import provide_tvm_ffi as provide_tvm_ffi
from ._convert import convert as convert
from ._convert import convert_func as convert_func
from ._core import __version__ as __version__
from ._core import settle as settle
from ._core import stats as stats
from ._core import trim as trim
from ._device import Device as Device
from ._device import DLDeviceType as DLDeviceType
from ._device import device as device
from ._dtype import bfloat16 as bfloat16
from ._dtype import bool as bool
from ._dtype import dtype as dtype
from ._dtype import float4_e2m1fn as float4_e2m1fn
from ._dtype import float4_e2m1fnx2 as float4_e2m1fnx2
from ._dtype import float6_e2m3fn as float6_e2m3fn
from ._dtype import float6_e3m2fn as float6_e3m2fn
from ._dtype import float8_e3m4 as float8_e3m4
from ._dtype import float8_e4m3 as float8_e4m3
from ._dtype import float8_e4m3b11fnuz as float8_e4m3b11fnuz
from ._dtype import float8_e4m3fn as float8_e4m3fn
from ._dtype import float8_e4m3fnuz as float8_e4m3fnuz
from ._dtype import float8_e5m2 as float8_e5m2
from ._dtype import float8_e5m2fnuz as float8_e5m2fnuz
from ._dtype import float8_e8m0fnu as float8_e8m0fnu
from ._dtype import float16 as float16
from ._dtype import float32 as float32
from ._dtype import float64 as float64
from ._dtype import int8 as int8
from ._dtype import int16 as int16
from ._dtype import int32 as int32
from ._dtype import int64 as int64
from ._dtype import uint8 as uint8
from ._dtype import uint16 as uint16
from ._dtype import uint32 as uint32
from ._dtype import uint64 as uint64
from ._progress import progress as progress
from ._shape import Shape as Shape
from ._show import Drawing as Drawing
from ._show import show as show
from ._tensor import Tensor as Tensor
from ._tensor import from_dlpack as from_dlpack
from ._version import __version_tuple__ as __version_tuple__
from .container import Array as Array
from .container import Dict as Dict
from .container import List as List
from .container import Map as Map
from .core import Bytes as Bytes
from .core import CAny as CAny
from .core import CContainerBase as CContainerBase
from .core import Object as Object
from .core import ObjectConvertible as ObjectConvertible
from .core import String as String
from .dataclasses import KW_ONLY as KW_ONLY
from .dataclasses import field as field
from .dataclasses import method as method
from .dataclasses import py_class as py_class
from .error import Error as Error
from .error import register_error as register_error
from .function import Function as Function
from .libinfo import LIB as LIB
from .module import Module as Module
from .module import load_module as load_module
from .module import system_lib as system_lib
from .registry import get_global_func as get_global_func
from .registry import get_global_func_metadata as get_global_func_metadata
from .registry import init_ffi_api as init_ffi_api
from .registry import register_global_func as register_global_func
from .registry import register_object as register_object
from .registry import remove_global_func as remove_global_func
from .stream import StreamContext as StreamContext
from .stream import get_raw_stream as get_raw_stream
from .stream import use_raw_stream as use_raw_stream
from .stream import use_torch_stream as use_torch_stream
from .structural import DefRegionKind as DefRegionKind
from .structural import InplaceMode as InplaceMode
from .structural import StructuralKey as StructuralKey
from .structural import StructuralMutator as StructuralMutator
from .structural import StructuralVisitor as StructuralVisitor
from .structural import VisitInterrupt as VisitInterrupt
from .structural import WalkOrder as WalkOrder
from .structural import WalkResult as WalkResult
from .structural import get_first_structural_mismatch as get_first_structural_mismatch
from .structural import structural_equal as structural_equal
from .structural import structural_hash as structural_hash
from .structural import structural_map as structural_map
from .structural import structural_mutate as structural_mutate
from .structural import structural_visit as structural_visit
from .structural import structural_walk as structural_walk

__all__ = [
    "KW_ONLY",
    "LIB",
    "Array",
    "Bytes",
    "CAny",
    "CContainerBase",
    "DLDeviceType",
    "DefRegionKind",
    "Device",
    "Dict",
    "Drawing",
    "Error",
    "Function",
    "InplaceMode",
    "List",
    "Map",
    "Module",
    "Object",
    "ObjectConvertible",
    "Shape",
    "StreamContext",
    "String",
    "StructuralKey",
    "StructuralMutator",
    "StructuralVisitor",
    "Tensor",
    "VisitInterrupt",
    "WalkOrder",
    "WalkResult",
    "__version__",
    "__version_tuple__",
    "convert",
    "convert_func",
    "device",
    "dtype",
    "field",
    "from_dlpack",
    "get_first_structural_mismatch",
    "get_global_func",
    "get_global_func_metadata",
    "get_raw_stream",
    "init_ffi_api",
    "load_module",
    "method",
    "progress",
    "provide_tvm_ffi",
    "py_class",
    "register_error",
    "register_global_func",
    "register_object",
    "remove_global_func",
    "settle",
    "show",
    "stats",
    "structural_equal",
    "structural_hash",
    "structural_map",
    "structural_mutate",
    "structural_visit",
    "structural_walk",
    "system_lib",
    "trim",
    "use_raw_stream",
    "use_torch_stream",
]
