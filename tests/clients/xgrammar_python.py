"""xgrammar's own Python package, unchanged: grammars, compiler, matcher and masks.

It imports torch and transformers, which are too large for a test. What it uses of them on the CPU stands here: tensors are
NumPy's.
"""

import gc
import json
import sys
import threading
import types

import bowline
import numpy as np

sys.path[:0] = sys.argv[1:]
bowline.provide_tvm_ffi()


class Tensor(np.ndarray):
    """What xgrammar asks of a tensor on the CPU."""

    device = types.SimpleNamespace(type="cpu")

    def dim(self):
        return self.ndim

    def stride(self):
        return tuple(step // self.itemsize for step in self.strides)

    def data_ptr(self):
        return self.ctypes.data

    def fill_(self, value):
        self[...] = value
        return self


def module(name, **content):
    made = types.ModuleType(name)
    vars(made).update(content)
    sys.modules[name] = made
    return made


def tensor(values, dtype=None, device=None):
    return np.array(values, dtype=dtype).view(Tensor)


module(
    "torch", Tensor=Tensor, LongTensor=Tensor, FloatTensor=Tensor, int32=np.dtype("int32"), int64=np.dtype("int64"),
    float32=np.dtype("float32"), float16=np.dtype("float16"), bfloat16=None, tensor=tensor,
    full=lambda shape, value, dtype: np.full(shape, value, dtype=dtype).view(Tensor),
)  # fmt: skip
bases = ("LogitsProcessor", "PreTrainedTokenizerBase", "PreTrainedTokenizerFast")
module("transformers", **{name: type(name, (), {}) for name in bases})

import xgrammar as xgr  # noqa: E402

# Token 0 ends a text; then single letters, and a few longer tokens.
VOCABULARY = ["</s>", *map(chr, range(32, 127)), "true", "false", '"a"', "12", "foo"]
INFO = xgr.TokenizerInfo(VOCABULARY, stop_token_ids=[0])
EBNF = 'root ::= "(" item ")" | item\nitem ::= [a-c]+ | "foo"\n'


def allowed(matcher):
    """The tokens that may come next, by the mask."""
    mask = xgr.allocate_token_bitmask(1, INFO.vocab_size)
    if not matcher.fill_next_token_bitmask(mask):
        return set(VOCABULARY)
    bits = np.unpackbits(np.asarray(mask).view(np.uint8), bitorder="little")[: INFO.vocab_size]
    # What the mask forbids is out of question once it is applied.
    logits = tensor(np.zeros((1, INFO.vocab_size)), dtype=np.float32)
    xgr.apply_token_bitmask_inplace(logits, mask)
    assert np.array_equal(np.isneginf(np.asarray(logits)[0]), bits == 0)
    return {VOCABULARY[at] for at in np.flatnonzero(bits)}


def texts(compiled):
    matcher = xgr.GrammarMatcher(compiled)
    assert allowed(matcher) == {"(", "a", "b", "c", "f", "foo"}
    assert matcher.accept_token(VOCABULARY.index("("))
    assert allowed(matcher) == {"a", "b", "c", "f", "foo"}
    assert not matcher.accept_string("x")
    assert matcher.accept_string("abc")
    assert allowed(matcher) == {"a", "b", "c", ")"}
    assert not matcher.is_terminated()
    matcher.rollback(1)
    assert matcher.accept_string("abc)")
    assert allowed(matcher) == {"</s>"}
    assert matcher.accept_token(0)
    assert matcher.is_terminated()
    matcher.reset()
    assert matcher.accept_token(VOCABULARY.index("foo"))


def grammars():
    grammar = xgr.Grammar.from_ebnf(EBNF)
    assert "root ::= " in str(grammar)
    both = xgr.Grammar.union(grammar, xgr.Grammar.from_regex("[0-9]+"))
    compiler = xgr.GrammarCompiler(INFO, max_threads=2)
    compiled = compiler.compile_grammar(grammar)
    texts(compiled)
    # A compiled grammar as text is one again.
    texts(xgr.CompiledGrammar.deserialize_json(compiled.serialize_json(), INFO))
    for accepted, text in ((True, "12"), (True, "(a)"), (False, "(1)")):
        assert xgr.GrammarMatcher(compiler.compile_grammar(both)).accept_string(text) == accepted, text
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "b": {"type": "boolean"}}, "required": ["n", "b"]}
    matcher = xgr.GrammarMatcher(compiler.compile_json_schema(json.dumps(schema), any_whitespace=False))
    assert matcher.accept_string('{"n": 12, "b": ')
    assert {"true", "false", "t", "f"} == allowed(matcher)
    assert matcher.find_jump_forward_string() == ""
    assert matcher.accept_token(VOCABULARY.index("true")) and matcher.accept_string("}")
    try:
        xgr.Grammar.from_ebnf("root ::= (")
    except RuntimeError as error:
        print(f"as it should: {error}".splitlines()[0])
    else:
        raise AssertionError("a broken grammar was taken")
    # Its objects are tied.
    held = bowline.Array([compiled._handle, compiled._handle])
    assert held[0] is held[1] is compiled._handle


def alive():
    gc.collect()
    bowline.settle()
    bowline.trim()
    return bowline.stats()["objects_alive"]


grammars()
before = alive()
errors = []


def all_of_it():
    try:
        for _ in range(5):
            grammars()
    except BaseException as error:
        errors.append(error)
        raise


threads = [threading.Thread(target=all_of_it) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not errors
assert alive() == before, (before, alive())
free_threaded = not getattr(sys, "_is_gil_enabled", lambda: True)()
print(f"xgrammar on bowline: grammars, masks and matchers, the GIL {'off' if free_threaded else 'on'}")
