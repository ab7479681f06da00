"""Graphs go to other processes and come back, by the engines that people use."""

import concurrent.futures
import multiprocessing
import pickle
import subprocess
import sys
import textwrap
import traceback
from pathlib import Path

import bowline
import joblib
import loky
import numpy
import pytest
from bowline import from_dlpack
from distributed import Client, LocalCluster
from distributed.protocol import deserialize, serialize
from model import Layer, Node, check_linked, linked, total

HERE = Path(__file__).parent
SIZE = 1_000_000


@pytest.fixture
def pair():
    inner = Node(1)
    return Node(2, inner), inner


@pytest.fixture
def layer():
    return Layer(from_dlpack(numpy.ones(SIZE, "float32")))


@pytest.fixture(scope="module")
def client():
    options = {"dashboard_address": None, "worker_dashboard_address": None}
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **options) as cluster, Client(cluster) as opened:
        yield opened


@pytest.fixture(scope="module", autouse=True)
def imports():
    """Workers find `model` beside this file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE))
        yield


@pytest.mark.parametrize("way", ["fork", "spawn", "forkserver"])
def test_concurrent_futures(way, pair, layer):
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(way)) as pool:
        for answer in pool.map(linked, [pair] * 4):
            check_linked(answer)
        found, again = pool.submit(total, layer).result()
    assert found == SIZE and bowline.structural_equal(again, layer)


def test_joblib(pair, layer):
    for answer in joblib.Parallel(n_jobs=2)(joblib.delayed(linked)(pair) for _ in range(4)):
        check_linked(answer)
    ((found, again),) = joblib.Parallel(n_jobs=2)([joblib.delayed(total)(layer)])
    assert found == SIZE and bowline.structural_equal(again, layer)


def test_loky(pair):
    pool = loky.get_reusable_executor(max_workers=2)
    for answer in pool.map(linked, [pair] * 4):
        check_linked(answer)


def test_dask(client, pair, layer):
    for answer in client.gather(client.map(linked, [pair] * 4, pure=False)):
        check_linked(answer)
    found, again = client.submit(total, layer).result()
    assert found == SIZE and bowline.structural_equal(again, layer)
    # Between workers, too.
    first = client.submit(linked, pair, pure=False)
    assert client.submit(lambda answer: answer[0].next.n, first).result() == 2


def test_dask_scatters(client, layer):
    future = client.scatter(layer, broadcast=True)
    assert client.submit(total, future).result()[0] == SIZE


BY_VALUE = """
    import sys
    from typing import Any
    import bowline
    from bowline import py_class

    @py_class("travel.main.Node")
    class Node(bowline.Object):
        n: int
        next: Any = None
        tags: Any = None

        def twice(self):
            return 2 * self.n

    def linked(pair):
        one, other = pair
        made = Node(one.twice(), one, ["made by a worker"])
        return made, one.next is other, type(one) is Node

    def send(map):
        inner = Node(1)
        answers = list(map(linked, [(Node(2, inner), inner)] * 4))
        assert len(answers) == 4
        for made, was_shared, was_known in answers:
            assert was_shared and was_known
            assert type(made) is type(made.next.next) is Node and made.n == 4

    if __name__ == "__main__":
"""
WAYS = {
    "loky": """
        import loky
        send(loky.get_reusable_executor(max_workers=2).map)
    """,
    "joblib": """
        import joblib
        send(lambda f, items: joblib.Parallel(n_jobs=2)(joblib.delayed(f)(item) for item in items))
    """,
    "dask": """
        from distributed import Client, LocalCluster
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, worker_dashboard_address=None) as cluster:
            with Client(cluster) as client:
                send(lambda f, items: client.gather(client.map(f, items, pure=False)))
    """,
    "concurrent.futures": """
        import concurrent.futures, multiprocessing
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            send(pool.map)
    """,
}


@pytest.mark.parametrize("way", WAYS)
def test_classes_of_main(way, tmp_path):
    """By value where the engine uses cloudpickle; the others import the program."""
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(BY_VALUE) + textwrap.indent(textwrap.dedent(WAYS[way]), "    "))
    ran = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=200, check=False, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr


def test_an_enumeration_of_main_says_where_it_belongs(tmp_path):
    program = """
        import cloudpickle, subprocess, sys
        from bowline.dataclasses import Enum, entry

        class Unit(Enum, type_key="travel.main.Unit"):
            word = entry()

        load = "import pickle, sys; pickle.load(sys.stdin.buffer)"
        ran = subprocess.run([sys.executable, "-c", load], input=cloudpickle.dumps(Unit.word), capture_output=True)
        assert b"Unit has no variant 'word' in this process" in ran.stderr, ran.stderr
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(program))
    subprocess.run([sys.executable, tmp_path / "program.py"], check=True, timeout=100)


def address(buffer):
    return numpy.frombuffer(buffer, "uint8").ctypes.data


def test_tensors_go_out_of_band(layer):
    buffers = []
    text = pickle.dumps([layer, layer], 5, buffer_callback=buffers.append)
    (buffer,) = buffers
    assert len(text) < 1_000 and buffer.raw().nbytes == 4 * SIZE
    assert address(buffer) == layer.weights.data_ptr()
    one, other = pickle.loads(text, buffers=buffers)
    assert one is other and one.weights.data_ptr() == layer.weights.data_ptr()
    # What dask sends is that memory, too; what it received is the tensor's.
    header, frames = serialize(layer, serializers=["pickle"])
    assert layer.weights.data_ptr() in [address(frame) for frame in frames if memoryview(frame).nbytes]
    received = [bytearray(frame) for frame in frames]
    again = deserialize(header, received)
    assert again.weights.data_ptr() in [address(frame) for frame in received]
    assert bowline.structural_equal(again, layer)


@pytest.mark.skipif(sys.version_info < (3, 14), reason="InterpreterPoolExecutor is of Python 3.14")
def test_interpreters_say_that_they_cannot():
    with concurrent.futures.InterpreterPoolExecutor(1) as pool:
        with pytest.raises(Exception) as found:
            pool.submit(bowline.get_global_func, "testing.nop").result()
    shown = "".join(traceback.format_exception(found.value))
    assert "ImportError: bowline works in one interpreter of a process" in shown and "Use threads" in shown
