"""In CI a skip that is not on the list fails the run; elsewhere it stays a skip. Runs pytest on a made-up project."""

import os
import subprocess
import sys

import pytest

TESTS = """
import pytest

def test_allowed():
    pytest.skip("needs a moon")

def test_not_allowed():
    pytest.skip("needs a camera")

@pytest.mark.skipif(True, reason="needs a screen")
def test_not_allowed_by_mark():
    pass

@pytest.mark.xfail(reason="known")
def test_expected_failure():
    assert False
"""

MODULE = """
import pytest
pytest.importorskip("no_such_package")
"""


@pytest.fixture
def project(tmp_path, root):
    """A folder with our conftest, a list that allows one reason, and tests that skip for several."""
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "conftest.py").write_text((root / "tests" / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tests / "skips_allowed_in_ci.txt").write_text("# comment\nany | needs a m* | far away\n", encoding="utf-8")
    (tests / "test_skipping.py").write_text(TESTS, encoding="utf-8")
    (tests / "test_module.py").write_text(MODULE, encoding="utf-8")
    return tmp_path


def run_pytest(project, ci, name):
    environment = dict(os.environ, CI=ci)
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/" + name]
    done = subprocess.run(
        command, cwd=str(project), env=environment, stdout=subprocess.PIPE, universal_newlines=True, timeout=50
    )
    return done.returncode, done.stdout


def test_ci_fails_on_a_skip_that_is_not_allowed(project):
    status, output = run_pytest(project, "true", "test_skipping.py")
    assert status == 1
    assert "1 failed, 1 skipped, 1 xfailed, 1 error" in output  # a mark skips before the test starts: an error
    assert "skipped in CI: needs a camera" in output
    assert "skipped in CI: needs a screen" in output
    assert "tests/skips_allowed_in_ci.txt" in output


def test_ci_fails_on_a_module_that_skips_itself(project):
    status, output = run_pytest(project, "true", "test_module.py")
    assert status != 0
    assert "skipped in CI: could not import 'no_such_package'" in output


def test_elsewhere_a_skip_is_a_skip(project):
    assert run_pytest(project, "", "test_skipping.py")[0] == 0


def test_an_allowance_may_be_for_one_python_only(project):
    allowed = project / "tests" / "skips_allowed_in_ci.txt"
    allowed.write_text("2.7 | needs a m* | no\n{}.{} | * | yes\n".format(*sys.version_info), encoding="utf-8")
    assert run_pytest(project, "true", "test_skipping.py")[0] == 0
    allowed.write_text("2.7 | * | no\n", encoding="utf-8")
    assert "2 failed, 1 xfailed, 1 error" in run_pytest(project, "true", "test_skipping.py")[1]
