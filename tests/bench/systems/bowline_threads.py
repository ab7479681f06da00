"""Ours, in a process that has started a thread. From then on it counts with locked instructions."""

import threading

from systems.bowline import Leaf, Node, Root, apply, array, echo, nop  # noqa: F401

first = threading.Thread(target=lambda: None)
first.start()
first.join()
