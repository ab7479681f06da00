"""A visitor and a memoised rewriter as users write them: by class, in Python."""

from __future__ import annotations

from nodes import Add, Block, Call, Int, Mul, Var


class Visitor:
    """Visits each node once and sums what its fields say."""

    def __init__(self):
        self.seen = set()
        self.total = 0
        self.methods = {
            Var: self.variable, Int: self.number, Add: self.binary, Mul: self.binary, Call: self.call, Block: self.block
        }  # fmt: skip

    def visit(self, node):
        if node in self.seen:
            return
        self.seen.add(node)
        self.methods[type(node)](node)

    def variable(self, node):
        self.total += len(node.name) + node.index

    def number(self, node):
        self.total += node.value

    def binary(self, node):
        self.visit(node.a)
        self.visit(node.b)
        self.total += node.line

    def call(self, node):
        self.total += len(node.name)
        for argument in node.args:
            self.visit(argument)

    def block(self, node):
        self.total += len(node.name)
        for item in node.items:
            self.visit(item)


class Rewriter:
    """Rebuilds what has changed children; leaves as `leaf` gives them. Counts what was made anew."""

    def __init__(self, rebuild):
        self.rebuild = rebuild
        self.made = 0
        self.memo = {}
        self.methods = {
            Var: self.leaf, Int: self.leaf, Add: self.binary, Mul: self.binary, Call: self.call, Block: self.block
        }  # fmt: skip

    def visit(self, node):
        found = self.memo.get(node)
        if found is None:
            found = self.memo[node] = self.methods[type(node)](node)
        return found

    def leaf(self, node):
        if not self.rebuild:
            return node
        self.made += 1
        return Var(node.name, node.index + 1) if type(node) is Var else Int(node.value + 1)

    def binary(self, node):
        a, b = node.a, node.b
        new_a, new_b = self.visit(a), self.visit(b)
        if new_a == a and new_b == b:
            return node
        self.made += 1
        return type(node)(new_a, new_b, node.line)

    def call(self, node):
        old = tuple(node.args)
        new = tuple([self.visit(argument) for argument in old])
        if new == old:
            return node
        self.made += 1
        return Call(node.name, new)

    def block(self, node):
        old = list(node.items)
        new = [self.visit(item) for item in old]
        if new == old:
            return node
        self.made += 1
        return Block(node.name, new)
