"""The examples in docstrings run, in a process of their own: they register for good."""

from support import run_script

SOURCE = """
    import doctest, importlib, pkgutil, sys
    import bowline

    attempted, failed = {}, 0
    for name in ["bowline", *(m.name for m in pkgutil.walk_packages(bowline.__path__, "bowline."))]:
        if name in ("bowline._core", "bowline.demo.__main__"):
            continue
        result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
        attempted[name] = result.attempted
        failed += result.failed
    print(*(name for name, count in attempted.items() if count))
    sys.exit(failed != 0)
"""


def test_examples():
    with_examples = run_script(SOURCE).stdout.split()
    assert {"bowline", "bowline.core", "bowline.registry", "bowline.container"} <= set(with_examples)
