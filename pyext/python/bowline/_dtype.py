"""Element types: `dtype` and one name for each common type.

Upholds: a `dtype` is the text that names it, and equal to that text; it crosses native code as a value, so that what comes
back is equal but another object.
"""

from __future__ import annotations

import builtins
import enum
import importlib
from typing import Any

from . import _core

_INT, _UINT, _FLOAT, _HANDLE, _BFLOAT, _BOOL = 0, 1, 2, 3, 4, 6
# From this number on lanes are negative ones.
_SCALABLE = 1 << 15


class _OfNumPy:
    """The element types of NumPy with their names. The dict is made when it is first asked for, as NumPy is slow to import."""

    _made: dict[Any, str] | None = None

    def __get__(self, obj: Any, cls: type) -> dict[Any, str]:
        if self._made is None:
            try:
                numpy: Any = importlib.import_module("numpy")
            except ImportError:
                return {}
            kinds = ("int", "uint")
            names = ["bool", *(f"{kind}{bits}" for kind in kinds for bits in (8, 16, 32, 64)), "float16", "float32", "float64"]
            self._made = {numpy.dtype(name): name for name in names}
        return self._made


class dtype(str):  # noqa: N801 - its name elsewhere
    """An element type.

    Parameters
    ----------
    content : str or dtype
        Its name: ``int32``, ``float32x4``, ``bool``, ``bfloat16``, ``float8_e4m3fn``; or an element type of NumPy or torch.

    Raises
    ------
    ValueError
        If there is no such type.

    Examples
    --------
    >>> from bowline import dtype
    >>> t = dtype("float32x4")
    >>> t, t == "float32x4"
    (dtype('float32x4'), True)
    >>> t.bits, t.lanes, t.itemsize
    (32, 4, 16)
    """

    __slots__ = ("_plain",)
    _plain: tuple[int, int, int]
    _NUMPY_DTYPE_TO_STR = _OfNumPy()

    def __new__(cls, content: Any) -> dtype:
        plain = _core.parse_dtype(content)
        self = super().__new__(cls, content if isinstance(content, str) else _core.dtype_text(*plain))
        self._plain = plain
        return self

    @staticmethod
    def from_dlpack_data_type(dltype_data_type: tuple[int, int, int]) -> dtype:
        """Return the type of a DLPack triple of code, bits and lanes."""
        return _from_parts(*dltype_data_type)

    def __ffi_plain__(self) -> tuple[int, int, int]:
        return self._plain

    def __dlpack_data_type__(self) -> tuple[int, int, int]:
        return self._plain

    @property
    def type_code(self) -> int:
        """The kind, as DLPack numbers it."""
        return self._plain[0]

    @property
    def bits(self) -> int:
        """Bits of one lane."""
        return self._plain[1]

    @property
    def lanes(self) -> int:
        """How many lanes there are. For vectors whose length the machine says it is the negative factor of that."""
        lanes = self._plain[2]
        return lanes if lanes < _SCALABLE else lanes - 2 * _SCALABLE

    @property
    def itemsize(self) -> int:
        """Bytes of one element, all lanes.

        Raises
        ------
        ValueError
            For vectors whose length the machine says, such as ``int32xvscalex4``.
        """
        if self.lanes < 0:
            raise ValueError(f"the machine says how large a {self} is")
        return (self.bits * self.lanes + 7) // 8

    @property
    def is_bool(self) -> builtins.bool:
        """Whether it is a truth value."""
        return self.type_code == _BOOL

    @property
    def is_integer(self) -> builtins.bool:
        """Whether it is an integer, signed or not."""
        return self.type_code in (_INT, _UINT)

    @property
    def is_float(self) -> builtins.bool:
        """Whether it is a floating-point number of whatever format."""
        return self.type_code in (_FLOAT, _BFLOAT) or self.type_code > _BOOL

    @property
    def is_handle(self) -> builtins.bool:
        """Whether it is an opaque pointer."""
        return self.type_code == _HANDLE

    def matches_code(self, *type_codes: int) -> builtins.bool:
        """Return whether the kind is one of these; see `DataTypeCode`."""
        return self.type_code in type_codes

    @staticmethod
    def is_dtype(arg: Any) -> builtins.bool:
        """Return whether `arg` is an element type, or a value whose text names one."""
        if isinstance(arg, dtype):
            return True
        try:
            dtype(str(arg))
        except ValueError:
            return False
        return True

    def with_lanes(self, lanes: int) -> dtype:
        """Return the type of vectors of `lanes` such elements, however many this one has."""
        return _from_parts(self.type_code, self.bits, lanes)

    def __repr__(self) -> str:
        return f"dtype({str.__repr__(self)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (dtype, (str(self),))


def _from_parts(code: int, bits: int, lanes: int) -> dtype:
    return dtype(_core.dtype_text(code, bits, lanes % (2 * _SCALABLE)))


_core.set_plain_class("dtype", _from_parts)

bool = dtype("bool")  # noqa: A001
int8 = dtype("int8")
int16 = dtype("int16")
int32 = dtype("int32")
int64 = dtype("int64")
uint8 = dtype("uint8")
uint16 = dtype("uint16")
uint32 = dtype("uint32")
uint64 = dtype("uint64")
float16 = dtype("float16")
float32 = dtype("float32")
float64 = dtype("float64")
bfloat16 = dtype("bfloat16")
float8_e3m4 = dtype("float8_e3m4")
float8_e4m3 = dtype("float8_e4m3")
float8_e4m3b11fnuz = dtype("float8_e4m3b11fnuz")
float8_e4m3fn = dtype("float8_e4m3fn")
float8_e4m3fnuz = dtype("float8_e4m3fnuz")
float8_e5m2 = dtype("float8_e5m2")
float8_e5m2fnuz = dtype("float8_e5m2fnuz")
float8_e8m0fnu = dtype("float8_e8m0fnu")
float6_e2m3fn = dtype("float6_e2m3fn")
float6_e3m2fn = dtype("float6_e3m2fn")
float4_e2m1fn = dtype("float4_e2m1fn")
float4_e2m1fnx2 = dtype("float4_e2m1fnx2")

# Two in a byte, by its name in torch.
float4_e2m1fn_x2 = float4_e2m1fnx2

# Its other name.
DataType = dtype


class DataTypeCode(enum.IntEnum):
    """The kinds of element types, as DLPack numbers them."""

    INT = 0
    UINT = 1
    FLOAT = 2
    HANDLE = 3
    BFLOAT = 4
    BOOL = 6
    Float8E3M4 = 7
    Float8E4M3 = 8
    Float8E4M3B11FNUZ = 9
    Float8E4M3FN = 10
    Float8E4M3FNUZ = 11
    Float8E5M2 = 12
    Float8E5M2FNUZ = 13
    Float8E8M0FNU = 14
    Float6E2M3FN = 15
    Float6E3M2FN = 16
    Float4E2M1FN = 17
