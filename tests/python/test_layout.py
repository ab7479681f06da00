"""The layout example: real input, as a compiler has it."""

import gc
import multiprocessing
import pickle

import pytest
from layout_ir import SHARED, Add, Expr, Layout, Var, make, sharing


def test_one_wrapper_per_object():
    i, j = Var("i"), Var("j")
    layout = Layout(axes=(i, j), offset=Add(a=i, b=j))
    assert layout.axes[0] is layout.offset.a is i
    assert layout.axes[1] is layout.offset.b is j
    assert layout.axes is layout.axes


def test_addresses_survive_the_names():
    i, j = Var("i"), Var("j")
    layout = Layout(axes=(i, j), offset=Add(a=i, b=j))
    addresses = id(i), id(j), id(layout.axes), id(layout.offset)
    handles = i.__chandle__(), j.__chandle__()
    del i, j
    gc.collect()
    assert (id(layout.offset.a), id(layout.offset.b), id(layout.axes), id(layout.offset)) == addresses
    assert (id(layout.axes[0]), id(layout.axes[1])) == addresses[:2]
    assert tuple(axis.__chandle__() for axis in layout.axes) == handles


def test_a_memo_by_identity_hits_on_every_revisit():
    layout = make()
    memo, misses, hits = {}, 0, 0

    def rewrite(expr):
        nonlocal misses, hits
        if id(expr) in memo:
            hits += 1
            return memo[id(expr)]
        misses += 1
        if isinstance(expr, Add):
            result = Add(rewrite(expr.a), rewrite(expr.b))
        else:
            result = Var(expr.name + "'")
        memo[id(expr)] = result
        return result

    for _ in range(3):
        for axis in layout.axes:
            rewrite(axis)
        rewrite(layout.offset)
        gc.collect()
    assert (misses, hits) == (3, 8)
    assert memo[id(layout.offset)].a is memo[id(layout.axes[0])]


def test_a_dict_keyed_by_wrappers():
    layout = make()
    memo = {layout.offset.a: "first", layout.offset.b: "second"}
    gc.collect()
    assert [memo[axis] for axis in layout.axes] == ["first", "second"]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_sharing_through_pickle(protocol):
    layout = make()
    pair = pickle.loads(pickle.dumps((layout.axes, layout.offset), protocol))
    assert sharing(pair) == SHARED


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_sharing_in_a_worker_process(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this platform has no {method}")
    layout = make()
    pair = (layout.axes, layout.offset)
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(sharing, [pair] * 4) == [SHARED] * 4
        back = pool.map(_identity, [pair, pair])
    assert [sharing(p) for p in back] == [SHARED] * 2


def _identity(value):
    return value


def test_classes():
    assert issubclass(Var, Expr)
    layout = make()
    assert type(layout.offset) is Add
    assert type(layout.axes[0]) is Var
    with pytest.raises(AttributeError):
        layout.offset = Var("k")
