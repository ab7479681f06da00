"""DLPack by hand. It has capsules and exchange APIs that no library would make, and counts of how often tensors end."""

import ctypes
from ctypes import (
    CFUNCTYPE,
    POINTER,
    PYFUNCTYPE,
    Structure,
    c_char_p,
    c_int,
    c_int32,
    c_int64,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
    py_object,
    pythonapi,
)

import numpy
import pytest

pythonapi.PyCapsule_New.restype = py_object
pythonapi.PyCapsule_New.argtypes = [c_void_p, c_char_p, c_void_p]
pythonapi.PyCapsule_GetPointer.restype = c_void_p
pythonapi.PyCapsule_GetPointer.argtypes = [py_object, c_char_p]
pythonapi.PyCapsule_GetName.restype = c_char_p
pythonapi.PyCapsule_GetName.argtypes = [py_object]


class DLTensor(Structure):
    _fields_ = [
        ("data", c_void_p),
        ("device_type", c_int32),
        ("device_id", c_int32),
        ("ndim", c_int32),
        ("code", c_uint8),
        ("bits", c_uint8),
        ("lanes", c_uint16),
        ("shape", POINTER(c_int64)),
        ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
    ]


class Managed(Structure):
    name = b"dltensor"
    used = b"used_dltensor"


Deleter = CFUNCTYPE(None, c_void_p)
Managed._fields_ = [("dl_tensor", DLTensor), ("manager_ctx", c_void_p), ("deleter", Deleter)]


class ManagedVersioned(Structure):
    name = b"dltensor_versioned"
    used = b"used_dltensor_versioned"
    _fields_ = [
        ("major", c_uint32),
        ("minor", c_uint32),
        ("manager_ctx", c_void_p),
        ("deleter", Deleter),
        ("flags", c_uint64),
        ("dl_tensor", DLTensor),
    ]


class Library:
    """Makes tensors of int16 zeros, and counts their ends."""

    def __init__(self):
        # One for each tensor that it was asked for, and that ended. An append is one step also where threads are free.
        self._asked, self._ended = [], []
        # Deleters call back: they live as long as this.
        self._deleter = Deleter(self._end)
        self._kept = []

    def _end(self, _):
        self._ended.append(None)

    def asked(self):
        """Count a tensor that it is asked for."""
        self._asked.append(None)

    @property
    def made(self):
        """How many tensors it was asked for."""
        return len(self._asked)

    @property
    def ends(self):
        """How many tensors have ended."""
        return len(self._ended)

    def managed(self, kind=Managed, shape=(2, 3), **members):
        """A managed tensor with these members; its memory lives as long as the library."""
        dims = (c_int64 * max(len(shape), 1))(*shape)
        memory = ctypes.create_string_buffer(64)
        made = kind()
        if kind is ManagedVersioned:
            made.major, made.minor = members.pop("version", (1, 1))
            made.flags = members.pop("flags", 0)
        made.deleter = self._deleter
        tensor = made.dl_tensor
        tensor.data, tensor.device_type, tensor.ndim = ctypes.addressof(memory), 1, len(shape)
        tensor.code, tensor.bits, tensor.lanes = 0, 16, 1
        tensor.shape = ctypes.cast(dims, POINTER(c_int64))
        for name, value in members.items():
            setattr(tensor, name, value)
        self._kept.append((made, dims, memory))
        return made

    def capsule(self, kind=Managed, name=None, **members):
        """A capsule with such a tensor, which ends only when it is taken."""
        made = self.managed(kind, **members)
        return pythonapi.PyCapsule_New(ctypes.addressof(made), kind.name if name is None else name, None)

    def capsules(self, kind, count):
        """So many capsules of one tensor, as if each were its only one."""
        made = ctypes.addressof(self.managed(kind))
        return [pythonapi.PyCapsule_New(made, kind.name, None) for _ in range(count)]


def name_of(capsule):
    return pythonapi.PyCapsule_GetName(capsule)


def content_of(capsule, kind):
    return kind.from_address(pythonapi.PyCapsule_GetPointer(capsule, kind.name))


class Exporter:
    """Gives a capsule, or what a callable says."""

    def __init__(self, give):
        self.give = give
        self.asked = []

    def __dlpack__(self, **keywords):
        self.asked.append(keywords)
        return self.give(**keywords) if callable(self.give) else self.give

    def __dlpack_device__(self):
        return (1, 0)


FromPython = PYFUNCTYPE(c_int, py_object, POINTER(c_void_p))
ToPython = PYFUNCTYPE(c_int, c_void_p, POINTER(c_void_p))
WorkStream = PYFUNCTYPE(c_int, c_int, c_int32, POINTER(c_void_p))


class ExchangeTable(Structure):
    pass


ExchangeTable._fields_ = [
    ("major", c_uint32),
    ("minor", c_uint32),
    ("former", POINTER(ExchangeTable)),
    ("allocate", c_void_p),
    ("from_python", FromPython),
    ("to_python", ToPython),
    ("borrow", c_void_p),
    ("stream", WorkStream),
]


def framework(library, as_address=False, version=(1, 3), former=None, fail=False, device=(1, 0), stream=None):
    """A class of tensors of a library with an exchange API."""

    class Framework:
        shown = 0
        failing = False

        def __init__(self, owned=None):
            self.owned = owned

        def __bool__(self):
            raise LookupError("no export today")

        def __del__(self):
            if self.owned is not None:
                managed = ManagedVersioned.from_address(self.owned)
                managed.deleter(self.owned)

    def from_python(ob, out):
        members = {"device_type": device[0], "device_id": device[1]}
        out[0] = ctypes.addressof(library.managed(ManagedVersioned, **members))
        library.asked()
        return 0

    def to_python(managed, out):
        if Framework.failing:
            return -1
        Framework.shown += 1
        made = Framework(managed)
        pythonapi.Py_IncRef(py_object(made))
        out[0] = id(made)
        return 0

    def work_stream(kind, index, out):
        if stream < 0:
            return -1
        assert (kind, index) == device
        out[0] = stream
        return 0

    # A callback of ctypes cannot leave an exception pending. This C function asks for the truth of the object, and can.
    export = ctypes.cast(pythonapi.PyObject_IsTrue, FromPython) if fail else FromPython(from_python)
    streams = WorkStream() if stream is None else WorkStream(work_stream)
    table = ExchangeTable(*version, former, None, export, ToPython(to_python), None, streams)
    library._kept.append(table)
    address = ctypes.addressof(table)
    Framework.table = table
    Framework.__dlpack_c_exchange_api__ = (
        address if as_address else pythonapi.PyCapsule_New(address, b"dlpack_exchange_api", None)
    )
    return Framework


KINDS = pytest.mark.parametrize("kind", [Managed, ManagedVersioned], ids=["plain", "versioned"])


class Array(numpy.ndarray):
    """Of Python, so that it can be referred to weakly."""


def array(*shape, dtype="int64"):
    """0, 1, 2, … in this shape."""
    return numpy.arange(numpy.prod(shape, dtype=int)).reshape(shape).astype(dtype).view(Array)
