"""The module `bowline.serialization`."""

from bowline.serialization import from_json_graph_str as from_json_graph_str
from bowline.serialization import to_json_graph_str as to_json_graph_str
