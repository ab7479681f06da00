"""Classes and functions that workers import by name."""

import sys
import sysconfig
from typing import Any

import bowline
import numpy
from bowline import Tensor, field, py_class


@py_class("travel.Node")
class Node(bowline.Object):
    n: int
    next: Any = None
    tags: list[str] = field(default_factory=list)


@py_class("travel.Layer")
class Layer(bowline.Object):
    weights: Tensor


def linked(pair):
    """What a worker sees of two objects that came in one message. It adds a graph that leads to them."""
    one, other = pair
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        assert not sys._is_gil_enabled(), "the GIL is on in a worker"
    return Node(one.n * 2, one, ["made by a worker"]), one.next is other, type(one) is Node


def total(layer):
    values = numpy.from_dlpack(layer.weights)
    return float(values.sum()), layer


def check_linked(answer, node=None):
    """What came back is of the classes here, with its sharing."""
    node = node or Node
    made, was_shared, was_known = answer
    assert was_shared and was_known
    assert type(made) is type(made.next) is type(made.next.next) is node
    assert (made.n, made.next.n, made.next.next.n, list(made.tags)) == (4, 2, 1, ["made by a worker"])
