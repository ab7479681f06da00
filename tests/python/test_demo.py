"""The demo's claims hold, and one that does not is told by the exit code."""

import subprocess
import sys

from bowline.demo.report import Report


def test_the_demo():
    done = subprocess.run(
        [sys.executable, "-m", "bowline.demo", "--quick"], capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "claims hold" in done.stdout
    assert "FAILED" not in done.stdout


def test_a_claim_that_fails(capsys):
    report = Report()
    report.claim("this holds", True)
    assert report.end() == 0
    report.claim("this does not", False)
    assert report.end() == 1
    assert "1 of 2 claims FAILED:\n  this does not" in capsys.readouterr().out
