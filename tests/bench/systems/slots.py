"""Plain Python: the interpreter's own floor."""


class Leaf:
    __slots__ = ("n",)

    def __init__(self, n):
        self.n = n


class Node:
    __slots__ = ("n", "x", "y")

    def __init__(self, x, y, n):
        self.x = x
        self.y = y
        self.n = n

    def m(self):
        return None


class Root:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a


array = tuple


def echo(value):
    return value


def nop():
    return None


def apply(function, value):
    return function(value)
