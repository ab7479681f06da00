"""A guest's own collections without memory. Small blocks come from the host's reserve, large ones are refused.

BOWLINE_PROBE is the path of the library of this folder's crate.
"""

import os

import bowline
import pytest
from support import run_script

bowline.load_module(os.environ["BOWLINE_PROBE"])

scarce = bowline._core.testing_nomemory
used = bowline._core.testing_reserve_used


def ends(name, count, lasting):
    """Call a guest's function, each time with another allocation failing. Say how often it ended well, and how often without memory."""
    call = bowline.get_global_func(f"guest.{name}")
    whole = call(count)
    results, failed, nth = [], 0, 1
    while True:
        returned, outcome, seen = scarce(lambda: call(count), nth, lasting)
        if returned:
            results.append(outcome)
        else:
            assert type(outcome) is MemoryError, repr(outcome)
            outcome.__traceback__ = None
            failed += 1
        del outcome
        if seen < nth:
            break
        nth += 1
    assert set(results) <= {whole}
    return len(results), failed


@pytest.fixture(autouse=True)
def _gives_back():
    before = used()
    yield
    # What a thread keeps for its rest is few blocks.
    assert used() <= before + 8


@pytest.mark.parametrize("lasting", [False, True])
def test_small_blocks_come_from_the_reserve(lasting):
    results, _ = ends("own_texts", 60, lasting)
    # A text and a box for each.
    assert results > 100


@pytest.mark.parametrize("lasting", [False, True])
def test_a_large_block_is_refused(lasting):
    _, failed = ends("own_numbers", 10_000, lasting)
    assert failed >= 1


def test_room_that_is_set_aside_serves():
    results, failed = ends("own_room", 2000, True)
    assert results > 1000
    assert failed >= 1


def test_steps_end_before_the_reserve_does():
    call = bowline.get_global_func("guest.own_steps")
    returned, outcome, _ = scarce(lambda: call(100_000), 1, True)
    assert not returned
    assert type(outcome) is MemoryError
    del outcome
    assert call(100_000) == 100_000


def test_a_panic_tells_its_message_alone(tmp_path):
    """With its backtrace std would wait for itself without end."""
    process = run_script(
        f"""
        import os
        os.dup2(os.open({str(tmp_path / "told")!r}, os.O_WRONLY | os.O_CREAT), 2)
        os.environ["RUST_BACKTRACE"] = "1"
        import bowline
        bowline.load_module({os.environ["BOWLINE_PROBE"]!r})
        panic = bowline.get_global_func("guest.panic")
        for nth in range(1, 20):
            _, outcome, _ = bowline._core.testing_nomemory(lambda: panic("a panic's text"), nth, True)
            # Before it there is no memory for the call. Later there is some for the hook, and none for what is behind it.
            if os.fstat(2).st_size:
                break
        print(type(outcome) in (RuntimeError, MemoryError))
        """,
        timeout=60,
    )
    assert process.stdout == "True\n"
    told = (tmp_path / "told").read_text()
    assert "a panic's text" in told
    assert "backtrace" not in told
