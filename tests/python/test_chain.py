"""A chain of a million objects drops without deep recursion."""

import pytest
from support import run_script

SOURCE = """
    import sys, threading
    from typing import Any, Optional
    import bowline

    @bowline.py_class("chain.Node")
    class Node(bowline.Object):
        next: Optional["Node"] = None

    @bowline.py_class("chain.AnyNode")
    class AnyNode(bowline.Object):
        next: Any = None

    def build(make, length):
        head = make(None)
        for _ in range(length - 1):
            head = make(head)
        return head

    def work():
        kind, length = sys.argv[1], int(sys.argv[2])
        make = {
            "field": Node,
            "any": AnyNode,
            "array": lambda inner: bowline.Array([inner]),
            "list": lambda inner: bowline.List([inner]),
        }[kind]
        start = bowline.stats()["objects_alive"]
        head = build(make, length)
        assert bowline.stats()["objects_alive"] >= start + length
        del head
        bowline.settle()
        assert bowline.stats()["objects_alive"] == start, bowline.stats()
        print("dropped")

    # A small stack: recursion would show at once.
    threading.stack_size(256 * 1024)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
"""


@pytest.mark.parametrize("kind", ["field", "any", "array", "list"])
def test_drop(kind):
    """Weakness 15: the end of a million nested objects takes no stack."""
    assert run_script(SOURCE, kind, 1_000_000).stdout == "dropped\n"
