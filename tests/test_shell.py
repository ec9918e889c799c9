"""The shell scripts pass shellcheck, and those that a stranger runs with sh are POSIX sh."""

import shutil
import subprocess

import pytest


def test_shellcheck_finds_nothing(root):
    if shutil.which("shellcheck") is None:
        pytest.skip("needs shellcheck")
    scripts = sorted(
        path
        for path in list(root.glob("*.sh"))
        + list(root.glob("*/*.sh"))
        + list(root.glob("tests/*/*.sh"))
        + [root / ".ci" / "run"]
        if not path.parent.name.startswith(".venv")
    )
    assert root / "run.sh" in scripts
    done = subprocess.run(
        ["shellcheck", "--external-sources"] + [str(path) for path in scripts],
        cwd=str(root),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["run.sh", "test.sh", "jetson/setup.sh", "systemd/install.sh", "systemd/uninstall.sh"])
def test_what_a_stranger_runs_is_posix_sh(root, name):
    assert (root / name).read_text(encoding="utf-8").startswith("#!/bin/sh\n")
