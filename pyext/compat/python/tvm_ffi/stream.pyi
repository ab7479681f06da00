"""The module `bowline.stream`."""

from bowline.stream import StreamContext as StreamContext
from bowline.stream import get_raw_stream as get_raw_stream
from bowline.stream import use_raw_stream as use_raw_stream
from bowline.stream import use_torch_stream as use_torch_stream
