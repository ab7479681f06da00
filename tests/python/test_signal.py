"""What a signal handler raises comes out, wherever the signal is noticed."""

import pytest
from support import run_script

SCRIPT = """
    import signal, sys
    from typing import Any
    import bowline
    from bowline import Array, List, get_global_func, py_class

    class Late(Exception):
        pass

    def ring(*_):
        raise Late

    def ring_by_name(number, frame):
        raise Late

    signal.signal(signal.SIGUSR1, {"args": ring, "names": ring_by_name}[sys.argv[2]])

    def now(*_):
        signal.raise_signal(signal.SIGUSR1)
        for _ in range(100):
            pass
        return "text"

    class Opaque:
        def __repr__(self):
            return now()
        def __str__(self):
            return now()
        def __eq__(self, other):
            return now() == ""
        def __hash__(self):
            return len(now()) if sys.argv[1] != "key text" else 1
        def __reduce__(self):
            return now()
        def __deepcopy__(self, memo):
            return now()

    class Convertible:
        def __tvm_ffi_int__(self):
            return len(now())

    @py_class("signal.Own")
    class Own(bowline.Object):
        n: int = 0
        def __repr__(self):
            return now()

    @py_class("signal.Hooked")
    class Hooked(bowline.Object):
        n: int = 0
        def __ffi_repr__(self, go_on):
            return now()
        def __ffi_hash__(self, go_on):
            return len(now())
        def __ffi_eq__(self, other, go_on):
            return now() == ""
        def __s_visit__(self, visitor):
            now()

    @py_class("signal.Number")
    class Number(bowline.Object):
        n: int

    class Unspeakable(Exception):
        def __str__(self):
            return now()

    def throw():
        raise Unspeakable

    import copy, pickle
    from bowline.serialization import to_json_graph_str
    text = get_global_func("ffi.ReprPrint")
    one, other = List([Opaque()]), List([Opaque()])
    works = {
        "repr": lambda: repr(one),
        "repr of a part": lambda: repr(Array([Own()])),
        "repr of a hook": lambda: repr(Array([Hooked()])),
        "ReprPrint": lambda: text([Own()]),
        "missing key": lambda: get_global_func("ffi.MapGetItem")(bowline.Map({}), Hooked()),
        "equal": lambda: one == other,
        "equal by hook": lambda: get_global_func("ffi.RecursiveEq")(Hooked(1), Hooked(2)),
        "hash": lambda: hash(one),
        "hash by hook": lambda: get_global_func("ffi.RecursiveHash")(Hooked()),
        "copy": lambda: copy.deepcopy(one),
        "pickle": lambda: pickle.dumps(one),
        "walk": lambda: bowline.structural_walk([1], now),
        "visit": lambda: bowline.structural_walk([Hooked()], print),
        "conversion": lambda: Number(Convertible()),
        "error text": lambda: bowline.get_global_func("ffi.ListContains")(one, Opaque()),
        "exception": lambda: bowline.convert(throw)(),
        "key text": lambda: bowline.core.TypeSchema.from_annotation(dict[int, int]).convert({Opaque(): 1}),
        "call": lambda: bowline.convert(now)(),
    }
    try:
        print("returned", works[sys.argv[1]]())
    except Late:
        print("came out")
"""

WORKS = [
    "repr", "repr of a part", "repr of a hook", "ReprPrint", "missing key", "equal", "equal by hook", "hash", "hash by hook",
    "copy", "pickle", "walk", "visit", "conversion", "error text", "key text", "exception", "call",
]  # fmt: skip


@pytest.mark.parametrize("work", WORKS)
def test_in_code_of_users(work):
    assert run_script(SCRIPT, work, "args").stdout == "came out\n"


@pytest.mark.parametrize("work", ["repr", "repr of a part", "conversion"])
def test_a_handler_that_names_its_arguments(work):
    assert run_script(SCRIPT, work, "names").stdout == "came out\n"


LONG = """
    import signal
    import bowline

    def ring(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, ring)
    # Wide and deep enough to take several checkpoints.
    items = bowline.List([bowline.Array([n, n]) for n in range(300_000)])
    try:
        while True:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            text = repr(items)
            assert text.startswith("[(0, 0)"), text
    except TimeoutError:
        print("came out")
"""


def test_amid_a_long_text():
    assert run_script(LONG).stdout == "came out\n"
