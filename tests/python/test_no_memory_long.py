"""Weakness 11 with long texts: what is sized by a user's data is asked for. So its lack is a MemoryError and not the end."""

import os

import pytest
from no_memory import REASON, SKIPPED, at_each_allocation, sampled
from no_memory_calls import spare_codes
from no_memory_long import long_calls

if not os.environ.get("BOWLINE_LONG"):
    pytest.skip("takes minutes: by hand, with BOWLINE_LONG=1 and a longer --timeout", allow_module_level=True)

pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.keeps_objects,
    pytest.mark.skipif(SKIPPED, reason=REASON),
]


@pytest.fixture(scope="module", autouse=True)
def _codes():
    spare_codes()


def kinds_of(call):
    """What the call ends in while there is memory."""
    kinds = set()
    for _ in range(2):
        try:
            call()
        except Exception as error:
            kinds.add(type(error))
    assert NameError not in kinds, "the call is not what it should be"
    return kinds


# What a call ends in once former ones have taken out what there was.
LATER = {"List.remove": {ValueError}, "items.remove": {ValueError}}


def by_group():
    groups = {}
    for name, call in long_calls():
        groups.setdefault(name.partition("(")[0].partition("[")[0], []).append((name, call))
    return [pytest.param(calls, id=group) for group, calls in groups.items()]


@pytest.mark.parametrize("calls", by_group())
def test_each_allocation(calls, tmp_path, request):
    # An end of the process says where it was.
    with open(tmp_path / "last", "w", buffering=1) as last:
        for name, call in calls:
            last.write(f"{name}\n")
            at_each_allocation(name, call, kinds_of(call) | LATER.get(request.node.callspec.id, set()), sampled)
