"""Functions that are known by their address."""

import gc
import weakref

import bowline
import pytest
from bowline import Function, testing


@pytest.mark.parametrize(
    ("make", "symbol"),
    [
        (Function.__from_extern_c__, testing.get_add_one_c_symbol),
        (Function.__from_mlir_packed_safe_call__, testing.get_mlir_add_one_c_symbol),
    ],
    ids=["c", "mlir"],
)
def test_calls(make, symbol):
    function = make(symbol())
    assert isinstance(function, Function)
    assert function(1) == 2
    assert bowline.testing.apply(function, 41) == 42
    with pytest.raises(TypeError, match="int"):
        function("x")
    with pytest.raises(TypeError, match="int"):
        function()
    with pytest.raises(ValueError, match="address"):
        make(0)


@pytest.mark.parametrize(
    ("make", "symbol"),
    [
        (Function.__from_extern_c__, testing.get_add_one_c_symbol),
        (Function.__from_mlir_packed_safe_call__, testing.get_mlir_add_one_c_symbol),
    ],
    ids=["c", "mlir"],
)
def test_what_keeps_the_code(make, symbol):
    class Library:
        pass

    library = Library()
    alive = weakref.ref(library)
    function = make(symbol(), keep_alive_object=library)
    del library
    gc.collect()
    assert alive() is not None
    assert function(1) == 2
    del function
    gc.collect()
    bowline.settle()
    assert alive() is None
