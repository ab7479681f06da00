"""Generated constructors of the guide and of bowline.testing say what those of dataclasses say."""

import dataclasses
import inspect
import pathlib
import pydoc
import re
import typing

import bowline
import pytest
from support import run_script

DOCS = pathlib.Path(__file__).parents[2] / "pyext" / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md") if not path.name.startswith("native_types"))
MISSING = bowline.core.MISSING


def is_generated(cls):
    """Whether a class has fields, and the constructor that takes them."""
    return (
        isinstance(cls, type)
        and issubclass(cls, bowline.Object)
        and not issubclass(cls, bowline.dataclasses.Enum)
        and hasattr(cls.__init__, "__objclass__")
    )


def option(field):
    """The same field for `dataclasses`."""
    told = {"init": field.init, "kw_only": bool(field.kw_only)}
    if field.default is not MISSING:
        told["default"] = field.default
    elif field.default_factory is not MISSING:
        told["default_factory"] = field.default_factory
    return dataclasses.field(**told)


def twin(cls):
    """The dataclass of the same fields, inherited ones first."""
    parts = [(field.name, field.type, option(field)) for field in bowline.dataclasses.fields(cls)]
    # The standard library leaves the order to who writes the class. Required fields come first here.
    parts.sort(key=lambda part: part[2].default is not dataclasses.MISSING or part[2].default_factory is not dataclasses.MISSING)
    return dataclasses.make_dataclass(cls.__name__, parts, namespace={"__module__": cls.__module__})


def compare(cls):
    """Fail unless signature, hints and help are those of the same dataclass."""
    ours, theirs = inspect.signature(cls), inspect.signature(twin(cls))
    assert list(ours.parameters) == list(theirs.parameters), cls
    for mine, other in zip(ours.parameters.values(), theirs.parameters.values(), strict=True):
        assert mine.kind == other.kind and mine.annotation == other.annotation, (cls, mine, other)
        if "<factory>" in str(other):
            assert mine.default is MISSING
        else:
            assert mine.default == other.default
    assert ours.return_annotation is theirs.return_annotation is None
    assert typing.get_type_hints(cls.__init__) == typing.get_type_hints(twin(cls).__init__)
    shown = re.sub(r"\s+", " ", pydoc.plain(pydoc.render_doc(cls)))
    assert all(name in shown for name in ours.parameters)
    assert cls.__doc__


SCRIPT = """
import __main__, sys
{blocks}
from test_introspection import compare, is_generated
found = {{value for value in vars(__main__).values() if is_generated(value) and value.__module__ == "__main__"}}
for cls in found:
    compare(cls)
print(len(found))
"""


@pytest.mark.parametrize("page", PAGES)
def test_classes_of_the_guide(page):
    blocks = re.findall(r"^```python\n(.*?)^```$", (DOCS / page).read_text(), re.M | re.S)
    found = int(run_script(SCRIPT.format(blocks="\n".join(blocks))).stdout.splitlines()[-1])
    # Those with an `__init__` of their own speak for themselves.
    defined = len(re.findall(r"^ *@py_class", "\n".join(blocks), re.M))
    assert found >= max(defined - 1, 1)


NATIVE = [
    cls
    for cls in {**vars(bowline.testing), **vars(bowline.testing.testing)}.values()
    if is_generated(cls) and all(field.type is not None for field in bowline.dataclasses.fields(cls))
]


@pytest.mark.parametrize("cls", sorted(set(NATIVE), key=lambda cls: cls.__name__))
def test_native_classes(cls):
    compare(cls)


def test_there_are_native_classes():
    assert len(NATIVE) > 10


def test_dir_has_no_internals():
    one = bowline.testing.TestIntPair(1, 2)
    for names in (dir(one), dir(type(one))):
        assert {"a", "b", "sum"} <= set(names)
        assert not [name for name in names if "bowline" in name or name.startswith("_core")]


def test_functions_of_the_standard_library():
    """They take our classes for none of theirs. To take one apart, they would copy what it shares."""
    one = bowline.testing.TestIntPair(1, 2)
    assert not dataclasses.is_dataclass(one)
    with pytest.raises(TypeError):
        dataclasses.fields(one)
    assert bowline.dataclasses.is_dataclass(one) and bowline.dataclasses.asdict(one) == {"a": 1, "b": 2}
