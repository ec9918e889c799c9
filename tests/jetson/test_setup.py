"""setup.sh on a machine of files and of commands that only tell what they were asked: each JetPack, twice, and back."""

import os
import re
import subprocess
from pathlib import Path
from typing import Dict, List

import pytest

RELEASES = {
    "4": "# R32 (release), REVISION: 7.2, GCID: 30192233, BOARD: t210ref, EABI: aarch64",
    "5": "# R35 (release), REVISION: 3.1, GCID: 32827747, BOARD: t186ref, EABI: aarch64",
    "6": "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64",
}
COMPATIBLE = {"4": "nvidia,jetson-nano\0nvidia,tegra210\0", "5": "nvidia,tegra234\0", "6": "nvidia,tegra234\0"}
TELLING = """#!/bin/sh
echo "$(basename "$0") $*" >>"$SHELFSIGHT_ASKED"
"""
FAKES = {
    # name: what it does beside telling what it was asked
    "apt-get": 'shift; for word; do echo "$word" >>"$SHELFSIGHT_INSTALLED"; done',
    "dpkg-query": 'eval "name=\\${$#}"; grep -qxF "$name" "$SHELFSIGHT_INSTALLED" && echo "install ok installed"',
    "id": 'case $1 in -u) echo 0 ;; -nG) cat "$SHELFSIGHT_GROUPS" ;; esac',
    "usermod": 'echo "$3" >>"$SHELFSIGHT_GROUPS"',
    "gpasswd": "",
    "nvpmodel": 'case $1 in -q) printf "NV Power Mode: 5W\\n1\\n" ;; esac',
    "fallocate": 'touch "$3"',
    "mkswap": "",
    "swapon": "",
    "swapoff": "",
    "df": 'printf "F B U A C M\\n/dev/mmcblk0p1 30446128 9000000 21000000 30%% /\\n"',
}


class Played:
    """A machine whose commands do nothing but remember."""

    def __init__(self, folder: Path, script: Path) -> None:
        self.root, self._bin, self._script = folder / "root", folder / "bin", script
        self._asked = folder / "asked"
        self.files = {"SHELFSIGHT_INSTALLED": folder / "installed", "SHELFSIGHT_GROUPS": folder / "groups"}
        self._bin.mkdir()
        for path in list(self.files.values()) + [self._asked]:
            path.write_text("")
        for name, body in FAKES.items():
            self.fake(self._bin / name, body)
        for path in ("etc/fstab", "etc/debian_version", "proc/swaps"):
            self.write(path, "12.11\n" if path.endswith("version") else "")

    @staticmethod
    def fake(path: Path, body: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TELLING + body + "\n")
        path.chmod(0o755)

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def become(self, jetpack: str) -> None:
        self.write("etc/nv_tegra_release", RELEASES[jetpack] + "\n")
        self.write("proc/device-tree/compatible", COMPATIBLE[jetpack])
        (self.root / "var").mkdir()

    def environment_made(self) -> None:
        """What python3 -m venv would have made."""
        self.fake(self.root / "opt/shelfsight/venv/bin/python", "")

    def run(self, *arguments: str, status: int = 0, **environment: str) -> str:
        done = subprocess.run(
            ["sh", str(self._script)] + list(arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
            timeout=60,
            env=dict(
                {name: str(path) for name, path in self.files.items()},
                PATH="{}:{}".format(self._bin, os.environ["PATH"]),
                SHELFSIGHT_ROOT=str(self.root),
                SHELFSIGHT_ASKED=str(self._asked),
                **environment,
            ),
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    def asked(self) -> List[str]:
        """What was asked of the commands since the last time, of what changes something."""
        lines = self._asked.read_text().splitlines()
        self._asked.write_text("")
        return [
            line for line in lines if line.split()[0] not in ("id", "dpkg-query", "df") and "-q" not in line.split()
        ]


@pytest.fixture
def played(root, tmp_path) -> Played:
    return Played(tmp_path, root / "jetson" / "setup.sh")


def tree(folder: Path) -> Dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.glob("**/*") if path.is_file()}


@pytest.mark.parametrize("jetpack", [None, "4", "5", "6"])
def test_a_dry_run_tells_all_and_changes_nothing(played, jetpack):
    if jetpack:
        played.become(jetpack)
    before = tree(played.root)
    told = played.run("--dry-run", "--swap", "--max-power", SUDO_USER="owner")
    assert played.asked() == []
    assert tree(played.root) == before
    for words in ("apt-get install", "-m venv --system-site-packages", "pip", "usermod -a -G video owner", "fallocate"):
        assert words in told
    assert (" pycuda" in told.split("== pycuda")[-1]) == bool(jetpack)
    assert ("numpy<2" in told) == (jetpack in ("5", "6"))
    assert ("+ nvpmodel -m 0" in told) == (jetpack == "4")
    assert ("opencv-python onnxruntime" in told) == (jetpack is None)  # a Jetson's cv2 is JetPack's
    assert "nothing was changed" in told


@pytest.mark.parametrize("jetpack", [None, "4", "5", "6"])
def test_all_that_the_program_requires_is_installed(played, root, jetpack):
    """setup.py's own list, but for cv2, which is JetPack's on a Jetson."""
    if jetpack:
        played.become(jetpack)
    (required,) = re.findall(r"^INSTALL = \[\n(.*?)^\]", (root / "setup.py").read_text(), re.DOTALL | re.MULTILINE)
    names = re.findall(r'^    "([a-z]+)', required, re.MULTILINE)
    assert {"numpy", "onnxruntime"} <= set(names)
    told = played.run("--dry-run")
    (installed,) = [line for line in told.splitlines() if "pip" in line and " onnxruntime " in line]
    assert not [name for name in names if " " + name not in installed]


@pytest.mark.parametrize("jetpack", ["4", "5", "6"])
def test_a_second_run_makes_nothing_again_and_undo_takes_it_back(played, jetpack):
    played.become(jetpack)
    played.environment_made()
    arguments = ("--swap", "--max-power")
    played.run(*arguments, SUDO_USER="owner")
    first = played.asked()
    assert any(line.startswith("apt-get install") for line in first)
    assert any(line.startswith("usermod -a -G video owner") for line in first)
    assert (played.root / "etc/fstab").read_text() == "/var/shelfsight.swap none swap sw 0 0\n"
    played.write("proc/swaps", "/var/shelfsight.swap file 4194300 0 -2\n")
    before = tree(played.root)

    played.run(*arguments, SUDO_USER="owner")
    changing = [line for line in played.asked() if not line.startswith(("python", "nvpmodel"))]
    assert changing == []
    assert tree(played.root) == before

    told = played.run("--undo", SUDO_USER="owner")
    undone = played.asked()
    assert "gpasswd -d owner video" in undone
    assert any(line.startswith("swapoff") for line in undone)
    assert ("nvpmodel -m 1" in undone) == (jetpack == "4")
    assert (played.root / "etc/fstab").read_text() == ""
    assert not (played.root / "var/shelfsight.swap").exists()
    assert "apt-get remove" in told
    played.run("--undo", status=1)


def test_what_was_there_before_is_not_taken_away(played):
    played.become("4")
    played.environment_made()
    played.write("var/shelfsight.swap", "")
    played.files["SHELFSIGHT_GROUPS"].write_text("owner video\n")
    played.run("--swap", SUDO_USER="owner")
    played.asked()
    played.run("--undo")
    assert played.asked() == []
    assert (played.root / "opt/shelfsight/venv/bin/python").exists()
    assert (played.root / "var/shelfsight.swap").exists()


def test_a_step_that_fails_ends_it_with_one_line(played):
    played.become("4")
    played.fake(played._bin / "apt-get", "exit 100")
    told = played.run(status=1)
    assert told.splitlines()[-1] == "shelfsight: this failed: apt-get update"


@pytest.mark.parametrize(("arguments", "status"), [(["--nonsense"], 2), (["--venv"], 2)])
def test_wrong_usage(played, arguments, status):
    assert "--help" in played.run(*arguments, status=status)


def test_an_unknown_l4t_is_refused(played):
    played.write("etc/nv_tegra_release", "# R39 (release), REVISION: 0.0\n")
    assert "R39" in played.run("--dry-run", status=1)


def test_help_is_its_own_text(played):
    assert "--undo" in played.run("--help")
