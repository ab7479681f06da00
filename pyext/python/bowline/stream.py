"""Streams: on which of a device's queues a thread has its work done.

Upholds: a thread's streams are its own; a context leaves what it found.
"""

from __future__ import annotations

import threading
from ctypes import c_void_p
from typing import Any

from . import _core
from ._device import Device

__all__ = ["StreamContext", "get_raw_stream", "use_raw_stream", "use_torch_stream"]


def _parts(device: Device) -> tuple[int, int]:
    if not isinstance(device, Device):
        raise TypeError(f"device must be a Device, got {type(device).__name__}")
    return device.dlpack_device_type(), device.index


class StreamContext:
    """Sets the calling thread's stream for a device, for as long as the context lasts.

    May be entered again, also on other threads.

    Parameters
    ----------
    device : Device
        The device.
    stream : int or ctypes.c_void_p
        The address of the stream; 0 for the device's default stream. Nothing looks at what is there.

    Raises
    ------
    TypeError
        If one of them is something else.
    OverflowError
        If the address is negative, or has more than 64 bits.
    """

    def __init__(self, device: Device, stream: int | c_void_p) -> None:
        self._kind, self._index = _parts(device)
        if isinstance(stream, c_void_p):
            stream = stream.value or 0
        if not isinstance(stream, int):
            raise TypeError(f"stream must be int or c_void_p, got {type(stream).__name__}")
        if not 0 <= stream < 1 << 64:
            raise OverflowError(f"expected an address of 64 bits as stream, got {stream}")
        self._stream = stream
        self._former = threading.local()

    def __enter__(self) -> StreamContext:
        former = _core.set_stream(self._kind, self._index, self._stream)
        self._former.__dict__.setdefault("streams", []).append(former)
        return self

    def __exit__(self, *raised: object) -> None:
        streams = self._former.__dict__.get("streams")
        if not streams:
            raise RuntimeError("this thread has not entered the context")
        _core.set_stream(self._kind, self._index, streams.pop())


def use_raw_stream(device: Device, stream: int | c_void_p) -> StreamContext:
    """Return a context that sets the calling thread's stream for a device; see `StreamContext`.

    Examples
    --------
    >>> import bowline
    >>> cuda = bowline.device("cuda:0")
    >>> with bowline.use_raw_stream(cuda, 64):
    ...     bowline.get_raw_stream(cuda)
    64
    >>> bowline.get_raw_stream(cuda)
    0
    """
    return StreamContext(device, stream)


def get_raw_stream(device: Device) -> int:
    """Return the address of the calling thread's stream for a device. It is 0, the default stream, unless one was set.

    Raises
    ------
    TypeError
        If `device` is no `Device`.
    """
    return _core.current_stream(*_parts(device))


class _TorchStreamContext:
    """Enters a context of torch, then sets torch's current stream."""

    def __init__(self, torch: Any, context: Any) -> None:
        self._torch = torch
        self._context = context
        self._entered = threading.local()

    def __enter__(self) -> _TorchStreamContext:
        if self._context is not None:
            self._context.__enter__()
        try:
            stream = self._torch.cuda.current_stream()
            inner = StreamContext(Device(str(stream.device)), stream.cuda_stream)
            inner.__enter__()
        except BaseException as error:
            if self._context is not None:
                self._context.__exit__(type(error), error, error.__traceback__)
            raise
        self._entered.__dict__.setdefault("contexts", []).append(inner)
        return self

    def __exit__(self, *raised: Any) -> Any:
        contexts = self._entered.__dict__.get("contexts")
        if not contexts:
            raise RuntimeError("this thread has not entered the context")
        contexts.pop().__exit__(*raised)
        return None if self._context is None else self._context.__exit__(*raised)


def use_torch_stream(context: Any = None) -> _TorchStreamContext:
    """Return a context in which the calling thread's stream is torch's current one.

    Parameters
    ----------
    context : optional
        A context of torch that is entered before, such as ``torch.cuda.stream(s)`` or ``torch.cuda.graph(g)``.

    Raises
    ------
    ImportError
        If torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError("use_torch_stream needs torch, which cannot be imported") from error
    return _TorchStreamContext(torch, context)
