"""`python -m bowline.run_as_tvm_ffi`: programs that say `import tvm_ffi` run, and nothing is installed."""

import subprocess
import sys
import zipfile

import pytest


def command(*arguments, cwd=None, check=True, **more):
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-m", "bowline.run_as_tvm_ffi", *map(str, arguments)],
        capture_output=True, text=True, timeout=100, cwd=cwd, **more,
    )
    if check:
        assert done.returncode == 0, done.stderr
    return done


PROGRAM = """
import os, sys
import tvm_ffi
from tvm_ffi import Array
import beside
assert tvm_ffi.__name__ == "bowline" and __name__ == "__main__" and sys.modules["__main__"].PROGRAM_IS_HERE
print(sys.argv[1:], os.path.basename(sys.argv[0]), os.path.basename(__file__), beside.WHAT)
""".replace("import os, sys", "import os, sys\nPROGRAM_IS_HERE = True")


@pytest.fixture
def program(tmp_path):
    (tmp_path / "beside.py").write_text("WHAT = 'found'")
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_a_program(program, tmp_path):
    expected = "['a', '-m', '--help'] program.py program.py found\n"
    assert command(program, "a", "-m", "--help").stdout == expected
    assert command("-m", "program", "a", "-m", "--help", cwd=tmp_path).stdout == expected


def test_a_folder_and_an_archive(program, tmp_path):
    (tmp_path / "__main__.py").write_text(PROGRAM)
    expected = f"['x'] {tmp_path.name} __main__.py found\n"
    assert command(tmp_path, "x").stdout == expected
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("__main__.py", "beside.py"):
            archive.write(tmp_path / name, name)
    assert command(tmp_path / "all.zip", "x").stdout == "['x'] all.zip __main__.py found\n"


def test_a_command():
    done = command("-c", "import sys, tvm_ffi; print(sys.argv, tvm_ffi.Array([1]), sys.path[0] == '')", "a", "-c")
    assert done.stdout == "['-c', 'a', '-c'] (1,) True\n"
    assert command("-", "a", input="import sys, tvm_ffi; print(sys.argv)").stdout == "['-', 'a']\n"


def test_how_it_ends(tmp_path):
    path = tmp_path / "fails.py"
    path.write_text("import tvm_ffi\ndef f():\n    raise KeyError('here')\nf()\n")
    done = command(path, check=False)
    assert done.returncode == 1
    assert f'File "{path}", line 3, in f' in done.stderr and "KeyError: 'here'" in done.stderr
    assert command("-c", "raise SystemExit(7)", check=False).returncode == 7
    assert "at the end 5" in command("-c", "import atexit\nx = 5\natexit.register(lambda: print('at the end', x))").stdout
    pickled = "import pickle, tvm_ffi\nclass C: pass\nassert type(pickle.loads(pickle.dumps(C()))) is C"
    command("-c", pickled)


def test_its_own_arguments():
    assert "usage: " in command("--help").stdout
    for wrong in ((), ("-m",), ("-c",), ("--what", "x.py")):
        done = command(*wrong, check=False)
        assert done.returncode == 2 and "usage: " in done.stdout + done.stderr, wrong
    assert command("nothing.py", check=False).returncode == 1
