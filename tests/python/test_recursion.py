"""Native code and user code that call each other without end.

It is a RecursionError, on stacks of any size and with any limit.
"""

import subprocess
import sys
import textwrap

import pytest

# What nests, each as a function `nest()` that never comes to an end by itself.
NESTS = {
    "callback": """
        def visit(n):
            return native(n + 1)
        native = bowline.convert(visit)
        nest = lambda: native(0)
    """,
    "callback of a native function": """
        apply = bowline.testing.apply
        def visit():
            return apply(native)
        native = bowline.convert(visit)
        nest = lambda: apply(native)
    """,
    "default factory": """
        @py_class("recursion.Factory")
        class Factory(Object):
            held: Any = field(default_factory=lambda: Factory())
        nest = Factory
    """,
    "default factory that is a class": """
        made = {}
        class Make:
            def __call__(self):
                return made["class"]()
        @py_class("recursion.Class")
        class Class(Object):
            held: Any = field(default_factory=Make())
        made["class"] = Class
        nest = Class
    """,
    "post_init": """
        @py_class("recursion.PostInit")
        class PostInit(Object):
            n: int
            def __post_init__(self):
                PostInit(self.n + 1)
        nest = lambda: PostInit(0)
    """,
    "init": """
        @py_class("recursion.Init", init=False)
        class Init(Object):
            n: int
            def __init__(self, n):
                self.__ffi_init__(n)
                Init(n + 1)
        nest = lambda: Init(0)
    """,
    "value hook": """
        class Value:
            def __tvm_ffi_value__(self):
                return bowline.Array([Value()])
        nest = lambda: bowline.Array([Value()])
    """,
    "conversion hook": """
        @py_class("recursion.Target")
        class Target(Object):
            n: int
            @staticmethod
            def __ffi_convert__(value):
                return Holder(value).held
        @py_class("recursion.Holder")
        class Holder(Object):
            held: Target
        nest = lambda: Holder("no target")
    """,
    "number hook": """
        class Number:
            def __tvm_ffi_int__(self):
                return bowline.Array([Number()])[0]
        nest = lambda: bowline.Array([Number()])
    """,
    "index": """
        items = bowline.Array([1, 2])
        class Index:
            def __index__(self):
                return items[Index()]
        nest = lambda: items[Index()]
    """,
    "iterable": """
        class Endless:
            def __iter__(self):
                return iter(bowline.List(Endless()))
        nest = lambda: bowline.List(Endless())
    """,
    "mapping": """
        import collections.abc
        class Endless(collections.abc.Mapping):
            def __len__(self): return 1
            def __iter__(self): return iter([1])
            def __getitem__(self, key): return 1
            def items(self):
                return bowline.Map(Endless()).items()
        nest = lambda: bowline.Map(Endless())
    """,
    "contains": """
        items = bowline.Array([1])
        class Sought:
            def __eq__(self, other):
                return Sought() in items
            __hash__ = None
        nest = lambda: Sought() in items
    """,
    "keys": """
        @py_class("recursion.Key")
        class Key(Object):
            n: int
            def __any_hash__(self):
                return 1
            def __any_equal__(self, other):
                return bowline.Dict({Key(1): 1}).get(Key(2)) == 5
        nest = lambda: bowline.Dict({Key(1): 1}).get(Key(2))
    """,
    "key hashes": """
        @py_class("recursion.Hashed")
        class Hashed(Object):
            n: int
            def __any_hash__(self):
                return bowline.Dict({Hashed(1): 1}) and 1
            def __any_equal__(self, other):
                return True
        nest = lambda: bowline.Dict({Hashed(1): 1})
    """,
    "repr of a payload": """
        class Payload:
            def __repr__(self):
                return repr(bowline.Array([Payload()]))
        nest = lambda: repr(bowline.Array([Payload()]))
    """,
    "deep copy of a payload": """
        import copy
        class Payload:
            def __deepcopy__(self, memo):
                return copy.deepcopy(bowline.Array([Payload()]))
        nest = lambda: copy.deepcopy(bowline.Array([Payload()]))
    """,
    "hash of a payload": """
        class Payload:
            def __hash__(self):
                return hash(bowline.Array([Payload()]))
            def __eq__(self, other):
                return True
        nest = lambda: hash(bowline.Array([Payload()]))
    """,
    "equality of a payload": """
        class Payload:
            __hash__ = None
            def __eq__(self, other):
                return bowline.Array([Payload()]) == bowline.Array([Payload()])
        nest = lambda: bowline.Array([Payload()]) == bowline.Array([Payload()])
    """,
    "structural walk": """
        from bowline.structural import structural_walk
        tree = bowline.Array([1])
        nest = lambda: structural_walk(tree, lambda value: nest())
    """,
    "container that holds itself": """
        endless = []
        endless.append(endless)
        nest = lambda: bowline.convert(endless)
    """,
    "dict that holds itself": """
        endless = {}
        endless["self"] = (endless,)
        nest = lambda: bowline.convert(endless)
    """,
    "property": """
        @py_class("recursion.Property")
        class Property(Object):
            n: int
            @property
            def again(self):
                return self.n + self.again
        one = Property(1)
        for _ in range(1000):
            one.n
        nest = lambda: one.again
    """,
    "pickle": """
        import pickle
        @py_class("recursion.Pickled")
        class Pickled(Object):
            n: int
            def __getstate__(self):
                return pickle.dumps(Pickled(1))
        nest = lambda: pickle.dumps(Pickled(1))
    """,
    "schema": """
        described = {"type": "int"}
        for _ in range(100_000):
            described = {"type": "Array", "args": [described]}
        from bowline.core import TypeSchema
        nest = lambda: TypeSchema.from_json_obj(described)
    """,
    "error class": """
        @bowline.register_error("recursion.Error")
        class Error(Exception):
            def __init__(self, message):
                fail()
        fail = lambda: bowline.testing.test_raise_error("recursion.Error", "again")
        nest = fail
    """,
}

PROGRAM = """
import gc, sys, threading
from typing import Any
import bowline.testing
from bowline import Object
from bowline.dataclasses import field, py_class

{nest}

def run(found):
    for _ in range(2):
        try:
            nest()
        except RecursionError:
            found.append("RecursionError")
        except BaseException as error:
            found.append(repr(error)[:300])
        else:
            found.append("none")

limit, size = int(sys.argv[1]), int(sys.argv[2])
if limit:
    sys.setrecursionlimit(limit)
found = []
if size:
    threading.stack_size(size * 1024)
    thread = threading.Thread(target=run, args=(found,))
    thread.start()
    thread.join()
else:
    run(found)
gc.collect()
# The interpreter goes on as if nothing had been.
assert bowline.convert([1, [2]])[1][0] == 2
print(*found)
"""


def run(nest, limit, size):
    program = PROGRAM.format(nest=textwrap.dedent(nest))
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program, str(limit), str(size)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.strip(), done.stderr[-2000:]


@pytest.mark.parametrize("name", NESTS)
@pytest.mark.parametrize(("limit", "size"), [(0, 0), (10**6, 0), (10**6, 256)], ids=["usual", "limit", "small stack"])
def test_what_nests_ends(name, limit, size):
    if name == "property" and limit and sys.version_info < (3, 14):
        # The interpreter's own way to a property asks for no stack then. It takes turns with ours.
        pytest.skip("a property of a plain Python class ends the process there, too")
    code, out, err = run(NESTS[name], limit, size)
    # The text of a container has a place for a payload's own text. It ended in that.
    ends = {"RecursionError", "none"} if name == "repr of a payload" else {"RecursionError"}
    assert code == 0 and set(out.split()) <= ends, (code, out, err)


def test_a_stack_of_64_kib():
    """Too small for much, but not for a callback."""
    program = """
        nest = lambda: bowline.testing.apply(bowline.convert(lambda: 1 / 0))
    """
    code, out, err = run(program, 0, 64)
    assert code == 0, err
    assert "ZeroDivisionError" in out


def nested(depth, of=list):
    value = of()
    for _ in range(depth):
        value = of([value])
    return value


def test_containers_nest_as_deep_as_the_limit_allows():
    import bowline

    made = bowline.convert(nested(400))
    depth = 0
    while made:
        made, depth = made[0], depth + 1
    assert depth == 400


def test_ends_within_ends():
    """Natives and Python objects that hold each other in a long chain. They are dropped at the end of a stack."""
    program = """
        class Link:
            def __init__(self, next):
                self.next = next
        def chain(length):
            link = None
            for _ in range(length):
                link = bowline.Array([Link(link), 1])
            return link
        def deep(n):
            if n == 0:
                held = chain(10_000)
                del held
                raise RecursionError
            native(n - 1)
        native = bowline.convert(deep)
        nest = lambda: native(20)
    """
    for size in (0, 512):
        code, out, err = run(program, 0, size)
        assert (code, out) == (0, "RecursionError RecursionError"), err


def test_finalizers_within_finalizers():
    program = """
        class Link:
            def __init__(self, next):
                self.next = next
            def __del__(self):
                pass
        def nest():
            link = None
            for _ in range(10_000):
                link = bowline.Array([Link(link), 1])
            del link
            raise RecursionError
    """
    for size in (0, 512):
        code, out, err = run(program, 0, size)
        assert (code, out) == (0, "RecursionError RecursionError"), err
