"""What typed code for tvm-ffi says. mypy and pyright pass it with the stubs in pyext/compat."""

from typing import Any

import tvm_ffi
from tvm_ffi import Array, Device, Object, _ffi_api, structural_map
from tvm_ffi._dtype import DataTypeCode
from tvm_ffi.core import Function, String, TypeInfo
from tvm_ffi.dataclasses import Enum, field, py_class
from tvm_ffi.dataclasses.field import Field
from tvm_ffi.libinfo import load_lib_ctypes
from tvm_ffi.utils import FileLock


@py_class("typing.Point")
class Point(Object):
    x: int
    tags: tvm_ffi.List[str] = field(default_factory=list)


x: int = Point(1).x
element: tvm_ffi.dtype = tvm_ffi.int32
array: Array[int] = tvm_ffi.container.Array([1])
anything: Any = _ffi_api.ReprPrint(array)
code: int = DataTypeCode.INT
function: Function = tvm_ffi.get_global_func("testing.echo")
info: TypeInfo = tvm_ffi.core.type_info(Point)
used = (Device, Enum, Field, FileLock, String, load_lib_ctypes, structural_map)
