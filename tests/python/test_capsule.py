"""DLPack capsules by hand: used up once, refused whole, raced for."""

import ctypes

import pytest
from bowline import from_dlpack, get_global_func
from dlpack import KINDS, Exporter, Library, ManagedVersioned, content_of, name_of
from support import run_threads, settle

echo = get_global_func("testing.echo")


@KINDS
def test_a_capsule_is_used_up(kind):
    library = Library()
    capsule = library.capsule(kind)
    tensor = from_dlpack(capsule)
    assert name_of(capsule) == kind.used
    assert (tensor.shape, tensor.strides, tensor.dtype) == ((2, 3), (3, 1), "int16")
    with pytest.raises(ValueError, match="consumed once"):
        from_dlpack(capsule)
    with pytest.raises(ValueError, match="consumed once"):
        echo(Exporter(capsule))
    del capsule
    assert library.ends == 0
    del tensor
    settle()
    assert library.ends == 1


def hostile_sizes():
    big = 2**62
    return [
        ({"shape": (-1,)}, "size -1"),
        ({"shape": (2, -(2**63))}, "size -9223372036854775808"),
        ({"shape": (big, 4)}, "more memory"),
        ({"shape": (2**31, 2**31, 2**31)}, "more memory"),
        ({"shape": (0, 2**63 - 1, 2)}, "more memory"),
        ({"ndim": -1}, "-1 dimensions"),
        ({"ndim": 2**31 - 1}, "2147483647 dimensions"),
        ({"ndim": 257}, "257 dimensions"),
        ({"shape_": None}, "no shape"),
        ({"data": None}, "no memory"),
        ({"bits": 0}, "0 bits"),
        ({"lanes": 0}, "0 lanes"),
        ({"strides_": (2**62, 1)}, "out of memory"),
        ({"strides_": (-(2**63), 1)}, "out of memory"),
    ]


@KINDS
@pytest.mark.parametrize(("members", "text"), hostile_sizes(), ids=str)
@pytest.mark.parametrize("take", [from_dlpack, lambda c: echo(Exporter(c))], ids=["from_dlpack", "argument"])
def test_a_tensor_that_cannot_be_stays_in_its_capsule(kind, members, text, take):
    library = Library()
    members = dict(members)
    if "shape_" in members:
        members["shape"] = ()
        members["ndim"] = 2
        del members["shape_"]
    strides = members.pop("strides_", None)
    capsule = library.capsule(kind, **members)
    described = content_of(capsule, kind).dl_tensor
    if members.get("shape") == ():
        described.shape = None
    if strides is not None:
        kept = (ctypes.c_int64 * 2)(*strides)
        described.strides = ctypes.cast(kept, ctypes.POINTER(ctypes.c_int64))
    with pytest.raises(ValueError, match=text):
        take(capsule)
    assert name_of(capsule) == kind.name
    assert library.ends == 0


@pytest.mark.parametrize("name", [b"", b"other", b"dltensor_", b"used", b"arrow_array"])
def test_a_capsule_of_something_else(name):
    capsule = Library().capsule(name=name)
    with pytest.raises(TypeError, match="another capsule"):
        from_dlpack(capsule)
    with pytest.raises(TypeError, match="another capsule"):
        echo(Exporter(capsule))
    # By itself it is an object as any.
    assert echo(capsule) is capsule


def test_another_major_version():
    library = Library()
    capsule = library.capsule(ManagedVersioned, version=(2, 0), ndim=-5)
    with pytest.raises(BufferError, match="major version"):
        from_dlpack(capsule)
    assert (name_of(capsule), library.ends) == (ManagedVersioned.name, 0)


def test_a_newer_minor_version_and_no_deleter():
    library = Library()
    capsule = library.capsule(ManagedVersioned, version=(1, 99), flags=1 << 40)
    ctypes.memset(ctypes.addressof(content_of(capsule, ManagedVersioned)) + 16, 0, 8)
    assert from_dlpack(capsule).shape == (2, 3)
    settle()
    assert library.ends == 0


@KINDS
def test_threads_race_for_a_capsule(kind):
    """Thousands of them, so that threads are stopped amid taking one, and others come. A late one finds it used up."""
    library = Library()
    capsules = library.capsules(kind, 40_000)
    taken = []

    def take():
        mine = 0
        for capsule in capsules:
            try:
                from_dlpack(capsule)
                mine += 1
            except ValueError:
                pass
        taken.append(mine)

    run_threads(*[take] * 8)
    settle()
    assert sum(taken) == len(capsules) == library.ends
