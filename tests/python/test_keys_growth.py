"""Mappings that grow, and ask types for the hashes of their keys again."""

import bowline
import pytest
from bowline import Dict, py_class
from support import new_key


@py_class(new_key())
class Hooked(bowline.Object):
    """Its hash is said by the test."""

    x: int

    def __any_hash__(self):
        return hooks["hash"](self)

    def __any_equal__(self, other):
        return self.x == other.x


hooks = {"hash": lambda key: 1}


class Mine(Exception):
    pass


def test_a_dict_that_grows_asks_for_hashes():
    """What a hash raises then comes out, and nothing is added. A hash that changes the dict is asked again."""
    keys = [Hooked(n) for n in range(4)]
    table = Dict({key: key.x for key in keys})
    asked = []

    def fail(key):
        asked.append(key.x)
        raise Mine("not now")

    hooks["hash"] = fail
    with pytest.raises(Mine, match="not now"):
        table["plain"] = 1
    assert len(asked) == 1 and list(table.items()) == [(key, key.x) for key in keys]

    def meddle(key):
        if len(asked) == 1:
            asked.append(key.x)
            for n in range(50):
                table[Hooked(100 + n)] = n
        return key.x % 3

    hooks["hash"] = meddle
    table["plain"] = 1
    assert len(table) == 55 and table["plain"] == 1
    assert [table[Hooked(key.x)] for key in keys] == [0, 1, 2, 3]
    hooks["hash"] = fail
    assert table.popitem() == ("plain", 1)
    table.clear()
