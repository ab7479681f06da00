"""A panic of native code is an Exception, wherever it comes to Python. It is reported where there is no caller."""

import gc
import sys

import bowline
import pytest
from bowline import _core, get_global_func

bomb = get_global_func("testing.bomb")
panic = get_global_func("testing.panic")
apply = get_global_func("testing.apply")

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def reported():
    """What is reported because there is no caller."""
    found = []
    former = sys.unraisablehook
    sys.unraisablehook = lambda unraisable: found.append((unraisable.exc_type, str(unraisable.exc_value)))
    try:
        yield found
    finally:
        sys.unraisablehook = former


def test_module_functions():
    with pytest.raises(RuntimeError, match="^in a function$"):
        _core.testing_panic("in a function")
    with pytest.raises(RuntimeError, match="^an argument$"):
        _core.testing_panic_in_argument(argument=1)
    # One without a text.
    with pytest.raises(RuntimeError, match="^panic$"):
        _core.testing_panic_without_text(1)


def test_other_errors_of_module_functions_are_as_they_were():
    with pytest.raises(TypeError, match="testing_panic"):
        _core.testing_panic()
    with pytest.raises(TypeError, match="str"):
        _core.testing_panic(1)
    assert _core.testing_panic.__name__ == "testing_panic"
    assert _core.testing_panic.__text_signature__ == "(text)"


def test_native_functions():
    with pytest.raises(RuntimeError, match="^in native code$"):
        panic("in native code")


def test_callbacks_between_native_functions():
    def call(text):
        panic(text)

    with pytest.raises(RuntimeError, match="^below a callback$"):
        apply(bowline.convert(call), "below a callback")
    with pytest.raises(RuntimeError, match="^handed over$"):
        apply(panic, "handed over")


@pytest.mark.parametrize(
    "use",
    [
        lambda text: bowline.List([bomb(text)]).clear(),
        lambda text: bowline.List([bomb(text)]).__setitem__(0, 1),
        lambda text: bowline.List([bomb(text)]).__delitem__(0),
        lambda text: bowline.List([bomb(text)]).pop(),
        lambda text: bowline.Dict({1: bomb(text)}).clear(),
        lambda text: bowline.Dict({1: bomb(text)}).__setitem__(1, 1),
        lambda text: bowline.Dict({1: bomb(text)}).__delitem__(1),
        lambda text: bowline.Dict({1: bomb(text)}).pop(1),
        lambda text: bowline.Array([bomb(text)]),
        lambda text: bowline.Array([bowline.Array([bomb(text), 1])]),
        lambda text: apply(bowline.convert(lambda one: None), bomb(text)),
        lambda text: get_global_func("testing.nop")(bomb(text)),
        lambda text: bomb(text).__copy__(),
        bomb,
    ],
)
def test_the_end_of_an_object(use, reported):
    """A destructor has no caller: what it raises is reported. Of what else ends the object, the caller is told, or it is reported."""
    try:
        use("as it ends")
    except RuntimeError as error:
        assert str(error) == "as it ends"
    gc.collect()
    bowline.settle()
    assert set(reported) <= {(RuntimeError, "as it ends")}


def test_a_wrapper_with_the_last_count_reports(reported):
    held = bomb("alone")
    del held
    assert reported == [(RuntimeError, "alone")]


def test_what_is_pending_stays_so(reported):
    def fail():
        held = bomb("beside")
        raise KeyError(len(reported), held is None)

    with pytest.raises(KeyError) as raised:
        fail()
    del raised
    gc.collect()
    assert reported == [(RuntimeError, "beside")]


def test_the_collector(reported):
    items = bowline.List([bomb("in a cycle")])
    items.append(bowline.convert(lambda: items))
    del items
    gc.collect()
    bowline.List([1])
    gc.collect()
    assert set(reported) <= {(RuntimeError, "in a cycle")}


def test_other_threads():
    with pytest.raises(RuntimeError, match="panicked"):
        _core.testing_release_on_thread(bomb("on a native thread"))
