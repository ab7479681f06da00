"""Short texts are one `str` each, for as many as there is room for."""

import itertools
import sys

import bowline
import pytest
from bowline import Array, get_global_func
from bowline.dataclasses import py_class
from support import new_key, run_threads


@py_class(new_key(), frozen=True)
class Var(bowline.Object):
    name: str


# Of all lengths about the border. Some have a NUL, or letters of more than a byte each.
TEXTS = ["", "x", "\0", "a\0", "a\0b", "abcdefg", "abcdefgh", "abcdefghi", "é", "日本", "日本語", "\U0001f600", "\x7f", "\x80"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_comes_as_it_is(text):
    for _ in range(3):
        assert Var(text).name == text
        assert Array([text])[0] == text
        assert list(Array([text, text])) == [text, text]
        assert get_global_func("testing.echo")(text) == text
        assert type(Var(text).name) is str


def test_texts_that_begin_alike_are_told_apart():
    texts = ["".join(letters) for length in range(4) for letters in itertools.product("\0a", repeat=length)]
    assert [Var(text).name for text in texts] == texts


def test_a_short_text_is_itself():
    var = Var("".join(["v", str(len(sys.argv) + 40)]))
    assert var.name is var.name
    assert Array([var.name])[0] is var.name


def test_more_texts_than_there_is_room_for():
    texts = [f"t{number}" for number in range(20_000)]
    made = Array(texts)
    assert list(made) == texts
    assert [made[at] for at in range(len(texts))] == texts


def test_threads_that_meet_new_texts():
    texts = [f"r{number}" for number in range(3000)]
    made = Array(texts)
    seen = [[], [], [], []]

    def read(into):
        into += [made[at] for at in range(len(texts))]

    run_threads(*(lambda into=into: read(into) for into in seen))
    assert all(found == texts for found in seen)
