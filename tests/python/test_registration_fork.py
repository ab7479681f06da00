"""The child of a fork that falls into another thread's registration can end it."""

import os

import pytest
from support import run_script

SCRIPT = """
    import os, sys, threading, typing
    import bowline
    from bowline import Object, py_class

    at, go = threading.Event(), threading.Event()
    main = threading.main_thread()

    class Hook:
        # What the thread asks while it reads annotations: user code that takes its time.
        def __class_getitem__(cls, item):
            if threading.current_thread() is not main:
                at.set()
                go.wait()
            return int

    class Lower(Object):
        __annotations__ = {"n": "Hook[0]"}
        n = 1

    thread = threading.Thread(target=lambda: py_class("test.fork.Lower")(Lower), daemon=True)
    thread.start()
    assert at.wait(20)
    child = os.fork()
    if child == 0:
        try:
            if sys.argv[1] == "instance":
                assert Lower().n == 1
            elif sys.argv[1] == "subclass":
                @py_class("test.fork.Upper")
                class Upper(Lower):
                    m: int = 2
                assert (Upper().n, Upper().m) == (1, 2)
            else:
                @py_class("test.fork.Beside")
                class Beside(Object):
                    lower: Lower
                assert Beside(Lower(3)).lower.n == 3
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    go.set()
    thread.join()
    assert Lower(4).n == 4
    print("ok")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@pytest.mark.parametrize("ends", ["instance", "subclass", "field"])
def test_a_registration_that_a_fork_cut_short_goes_on_in_the_child(ends):
    assert run_script(SCRIPT, ends, timeout=30, PYTHONWARNINGS="ignore").stdout == "ok\n"
