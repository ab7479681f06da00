"""Objects that C++ made, by the headers of tvm-ffi. They have no word in front, and are tied all the same (P1 to P9)."""

import gc
import sys
import threading
import weakref

import bowline
import pytest
from bowline import load_module
from support import FREE_THREADED, cpp_library, run_script, run_threads, settle

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="libraries are found by their soname on Linux only")

NODE, FINAL, VIRTUAL, ALIGNED = range(4)
KINDS = [NODE, FINAL, VIRTUAL, ALIGNED]


deaths = []


def register_classes():
    """Rich classes: their wrappers have a dict and weak references."""

    @bowline.register_object("test.guest.Node")
    class Node(bowline.Object):
        __slots__ = ("__dict__", "__weakref__")

    @bowline.register_object("test.guest.Final")
    class Finalized(Node):
        def __del__(self):
            deaths.append(guest_of().number(self))


_guest = []


def guest_of():
    return _guest[0]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    path = cpp_library(tmp_path_factory.mktemp("guest"), "guest")
    module = load_module(path)
    register_classes()
    # The other classes keep their constructors.
    for name in ["Virtual", "Aligned", "Static"]:
        bowline._core.ensure_class(bowline._core.type_index(f"test.guest.{name}"))
    _guest[:] = [module]
    # What C++ and the classes keep from their first use on.
    for test in [test_children, test_an_object_without_deleter, test_every_way_once]:
        test(module)
    yield path
    _guest.clear()


def test_every_way_once(guest):
    one = guest.make(FINAL, 1)
    guest.hold(one)
    guest.hold_weakly(one)
    assert guest.lock() is one is guest.get_held() and guest.count(one) == 0
    guest.hammer(one, 1, 1)
    guest.begin_locking(one, 1)
    del one
    guest.drop_on_thread()
    guest.hold_weakly(None)
    settle()
    guest.end_locking()
    settle()
    assert guest.alive() == 0
    deaths.clear()


@pytest.fixture
def guest(library):
    module = _guest[0]
    start = module.alive(), bowline.stats()["side_slots"]
    yield module
    module.hold(None)
    module.hold_weakly(None)
    settle()
    assert (module.alive(), bowline.stats()["side_slots"]) == start, "objects or side slots are left over"


@pytest.mark.parametrize("kind", KINDS)
def test_one_wrapper(guest, kind):
    one = guest.make(kind, 1)
    guest.hold(one)
    assert guest.get_held() is one is guest.get_held()
    address = id(one)
    for _ in range(3):
        del one
        gc.collect()
        one = guest.get_held()
        assert id(one) == address
    assert guest.alive() > 0
    del one
    deaths.clear()


def test_children(guest):
    root = guest.tree(7)
    first = guest.child(root, 0)
    assert first is guest.child(root, 0) is not guest.child(root, 1)
    guest.add(root, first)
    assert guest.child(root, 2) is first
    assert guest.child(guest.child(root, 1), 1) is guest.child(guest.child(root, 1), 1)
    del root
    # The wrapper keeps its object.
    assert guest.number(first) == 1 and guest.alive() == 3
    del first


def test_what_python_knows_is_kept_while_native_code_holds_the_object(guest):
    one = guest.make(NODE, 1)
    one.note = "kept"
    dead = []
    link = weakref.ref(one, lambda _: dead.append(True))
    guest.hold(one)
    address = id(one)
    del one
    gc.collect()
    assert guest.get_held().note == "kept" and id(guest.get_held()) == address
    assert link() is guest.get_held() and not dead
    # The release that C++ makes is the last: what was kept ends with the object.
    guest.hold(None)
    bowline.settle()
    assert dead == [True] and link() is None


@pytest.mark.parametrize("on_thread", [False, True])
def test_the_last_release_by_native_code_ends_a_preserved_wrapper(guest, on_thread):
    deaths.clear()
    start = guest.alive()
    for n in range(100):
        one = guest.make(FINAL, n)
        one.note = [n]
        guest.hold(one)
        del one
        if on_thread:
            guest.drop_on_thread()
        else:
            guest.hold(None)
    bowline.settle()
    assert deaths == list(range(100)) and guest.alive() == start
    deaths.clear()


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_drop_on_a_native_thread(guest, kind):
    for n in range(100):
        guest.hold(guest.make(kind, n))
        guest.drop_on_thread()
    bowline.settle()
    assert guest.alive() == 0
    deaths.clear()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", ["python", "native", "thread"])
def test_weak_pointers_that_outlive_the_object(guest, kind, by):
    for n in range(20):
        one = guest.make(kind, n)
        guest.hold(one)
        guest.hold_weakly(one)
        assert guest.lock() is one
        address = id(one)
        if by == "python":
            guest.hold(None)
            assert guest.lock() is one
        del one
        if by != "python":
            assert id(guest.lock()) == address
        if by == "native":
            guest.hold(None)
        if by == "thread":
            guest.drop_on_thread()
        settle()
        assert guest.lock() is None and guest.alive() == 0
        guest.hold_weakly(None)
    deaths.clear()


def test_an_object_without_deleter(guest):
    one = guest.the_static()
    assert one is guest.the_static()
    address = id(one)
    one = None
    gc.collect()
    assert id(guest.the_static()) == address


# The static object keeps its slot.
def test_slots_are_used_again(guest):
    guest.make(NODE, 0)
    before = bowline.stats()["side_slots"]
    for n in range(100_000):
        guest.make(n % 4, n)
    bowline.settle()
    assert bowline.stats()["side_slots"] == before
    deaths.clear()


def test_moves_end_the_tie(guest):
    one = guest.make(NODE, 1)
    guest.hold(one)
    bowline.List([one._move()])
    again = guest.get_held()
    assert again is not one and again is guest.get_held()


def test_trim_and_stats_count_them(guest):
    root, child = guest.tree(101), guest.child
    before = bowline.stats()
    for n in range(2):
        node = child(root, n)
    node.note = 1
    del node
    after = bowline.stats()
    assert after["side_slots"] - before["side_slots"] == 2
    assert after["wrappers_inactive"] - before["wrappers_inactive"] == 2
    # The one that has a note stays.
    trimmed = bowline.stats()["wrappers_inactive"], bowline.trim(), bowline.stats()["wrappers_inactive"]
    assert trimmed[0] - trimmed[1] == trimmed[2] >= 1
    assert child(root, 1).note == 1


def test_first_fetches_by_threads(guest):
    for _ in range(20):
        root = guest.tree(201)
        found = []

        def walk():
            own = {}
            todo = [root]
            while todo:
                node = todo.pop()
                own[guest.number(node)] = node
                todo += [guest.child(node, at) for at in range(guest.count(node))]
            found.append(own)

        run_threads(*[walk] * 4)
        assert len(found) == 4 and all(len(own) == 201 for own in found)
        for n in range(201):
            assert len({id(own[n]) for own in found}) == 1
        found.clear()
        del root
    settle()


@pytest.mark.parametrize("kind", [NODE, ALIGNED])
def test_native_threads_count_while_python_reads(guest, kind):
    one = guest.make(kind, 1)
    guest.hold(one)
    address = id(one)
    del one

    def read():
        for _ in range(3000):
            assert id(guest.get_held()) == address

    run_threads(lambda: guest.hammer(guest.get_held(), 2, 20_000), read, read)


def test_weak_calls_beside_the_last_native_release(guest):
    """Whether C++ lets go of the last count while a weak reference is called. The object is whole, or gone."""
    rounds = 300 if FREE_THREADED else 50
    for n in range(rounds):
        one = guest.make(NODE, n)
        one.note = n
        link = weakref.ref(one)
        guest.hold(one)
        del one
        begin = threading.Barrier(2)

        def call(link=link, n=n, begin=begin):
            begin.wait()
            for _ in range(20):
                found = link()
                if found is None:
                    return
                assert found.note == n and guest.number(found) == n
                del found

        def drop(begin=begin):
            begin.wait()
            guest.drop_on_thread()

        run_threads(call, drop)
        bowline.settle()
        assert link() is None
    assert guest.alive() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_weak_pointers_that_are_locked_beside_the_last_drop(guest, kind):
    for n in range(10):
        one = guest.make(kind, n)
        guest.begin_locking(one, 2)
        link = weakref.ref(one) if kind in (NODE, FINAL) else None
        del one
        if link is not None:
            found = link()
            del found
        settle()
        guest.end_locking()
        settle()
    assert guest.alive() == 0
    deaths.clear()


def test_exit_while_native_code_holds_them(library):
    run_script(
        f"""
        import bowline
        from bowline import load_module
        guest = load_module({str(library)!r})
        one = guest.make(0, 1)
        guest.hold(one)
        two = guest.tree(1000)
        """
    )
