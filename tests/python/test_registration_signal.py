"""What a handler raises amid a registration leaves no lock taken and no key lost."""

import pytest
from support import run_script

# A timer that rings later and later within a registration. So handlers run all over it.
SCRIPT = """
    import signal, sys, threading, time
    import bowline
    from bowline import py_class
    from bowline.dataclasses import Enum, entry

    class Late(Exception):
        pass

    def ring(*_):
        raise Late

    signal.signal(signal.SIGALRM, ring)

    def define_class():
        @py_class("test.signal.Class")
        class Class(bowline.Object):
            later: "Class | None" = None
            n: int = 1
        assert Class(Class(n=2)).later.n == 2

    def define_enum():
        class Unit(Enum, type_key="test.signal.Unit"):
            bits: int
            byte = entry(bits=8)
            word = entry(bits=16)
        assert Unit("word").bits == 16

    define = {"class": define_class, "enum": define_enum}[sys.argv[1]]
    define()
    begun = time.perf_counter()
    define()
    whole = time.perf_counter() - begun
    rounds = int(sys.argv[2])
    rang = 0
    for at in range(rounds):
        try:
            signal.setitimer(signal.ITIMER_REAL, max(whole * 1.2 * at / rounds, 1e-6))
            define()
            signal.setitimer(signal.ITIMER_REAL, 0)
        except Late:
            rang += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert rang
    define()
    errors = []

    def elsewhere():
        try:
            define()
        except BaseException as error:
            errors.append(error)

    other = threading.Thread(target=elsewhere, daemon=True)
    other.start()
    other.join(20)
    assert not other.is_alive() and not errors, errors
    print("ok")
"""


def test_a_class_whose_registration_was_interrupted_can_be_defined_again():
    assert run_script(SCRIPT, "class", 1500).stdout == "ok\n"


def test_an_enumeration_whose_registration_was_interrupted_can_be_defined_again():
    assert run_script(SCRIPT, "enum", 1500).stdout == "ok\n"


# An annotation whose evaluation meets a signal.
AMID = """
    import signal, sys
    import bowline
    from bowline import py_class, register_object
    from bowline.dataclasses import fields

    class Late(Exception):
        pass

    def ring(*_):
        if armed:
            raise Late

    armed = True
    signal.signal(signal.SIGUSR1, ring)

    def now():
        signal.raise_signal(signal.SIGUSR1)
        return int

    def waiting(name):
        return py_class(f"test.amid.{name}")(type(name, (bowline.Object,), {
            "__module__": __name__, "__annotations__": {"a": "Later", "b": "now()"},
        }))

    def comes_out(work):
        try:
            work()
        except Late:
            return
        raise AssertionError("it was swallowed")

    def define():
        global Later
        @py_class("test.amid.Later")
        class Later(bowline.Object):
            n: int = 0

    if sys.argv[1] == "name":
        # Another class defines the name that one waits for.
        first = waiting("First")
        comes_out(define)
        try:
            first(None, 1)
        except TypeError as error:
            assert "interrupted by Late" in str(error), error
        armed = False
        define()
        assert waiting("First")(Later(), 2).b == 2
    elif sys.argv[1] == "instance":
        # The message of what an instance lacks.
        comes_out(waiting("First"))
    else:
        cls = type("Pair", (bowline.Object,), {"__module__": __name__, "__annotations__": {"a": "now()", "b": int}})
        import bowline.testing
        register_object("testing.DocPair", init=False)(cls)
        comes_out(lambda: fields(cls))
        armed = False
        assert [field.type for field in fields(cls)] == [int, int]
    print("ok")
"""


@pytest.mark.parametrize("where", ["name", "instance", "native"])
def test_a_signal_amid_an_annotation_comes_out(where):
    assert run_script(AMID, where).stdout == "ok\n"
