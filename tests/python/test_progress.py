"""Long native work tells how far it has come, and ends if the callback raises."""

import copy
from typing import Any

import bowline
import pytest
from bowline import List, py_class
from bowline.serialization import from_json_graph_str, to_json_graph_str
from support import run_threads

SIZE = 20_000


@py_class("progress.Link")
class Link(bowline.Object):
    n: int
    next: Any = None


def chain():
    link = None
    for n in range(SIZE):
        link = Link(n, link)
    return link


WORKS = {
    "deepcopy": copy.deepcopy,
    "text": repr,
    "JSON": to_json_graph_str,
    "equality": lambda link: bowline.structural_equal(link, copy.deepcopy(link)),
    "hash": bowline.structural_hash,
    "walk": lambda link: bowline.structural_walk(link, [(Link, lambda found: None)]),
    "map": lambda link: bowline.structural_map(link, (Link, lambda found: found)),
}


@pytest.mark.parametrize("work", WORKS)
def test_each_long_work_reports(work):
    link, steps = chain(), []
    with bowline.progress(steps.append):
        WORKS[work](link)
    assert steps and all(step > 0 for step in steps) and SIZE / 2 <= sum(steps) <= 20 * SIZE
    steps.clear()
    WORKS[work](link)
    assert not steps


def test_reading_json():
    text, steps = to_json_graph_str(chain()), []
    with bowline.progress(steps.append):
        from_json_graph_str(text)
    assert SIZE / 2 <= sum(steps)


@pytest.mark.parametrize("work", WORKS)
def test_what_the_callback_raises_ends_the_work(work):
    class Enough(Exception):
        pass

    def report(steps):
        raise Enough

    link = chain()
    with pytest.raises(Enough), bowline.progress(report):
        WORKS[work](link)
    assert link.n == SIZE - 1
    assert bowline.structural_equal(link, chain())


def test_a_callback_that_works_itself_is_not_told_of_that():
    link, depth, deepest = chain(), 0, 0

    def report(steps):
        nonlocal depth, deepest
        depth += 1
        deepest = max(deepest, depth)
        copy.deepcopy(link)
        depth -= 1

    with bowline.progress(report):
        copy.deepcopy(link)
    assert deepest == 1


def test_they_nest_and_come_back():
    link, outer, inner = chain(), [], []
    with bowline.progress(outer.append):
        with bowline.progress(inner.append):
            copy.deepcopy(link)
        assert inner and not outer
        copy.deepcopy(link)
    assert sum(outer) == sum(inner)


def test_each_thread_has_its_own():
    link = chain()

    def watched():
        steps = []
        with bowline.progress(steps.append):
            copy.deepcopy(link)
        assert steps

    def unwatched():
        copy.deepcopy(List([link]))

    main = []
    with bowline.progress(main.append):
        run_threads(watched, unwatched, watched)
    assert not main


def test_no_callable():
    with pytest.raises(TypeError, match="expected a callable, got int"):
        bowline.progress(3)
