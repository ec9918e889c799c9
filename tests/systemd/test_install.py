"""install.sh and uninstall.sh into a folder, and the units as systemd itself reads them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = ("shelfsight.service", "shelfsight-engines.service", "shelfsight-clocks.service", "shelfsight-again.service")
TARGETS = ("sysinit", "basic", "shutdown", "multi-user", "network")
PROGRAMS = ("opt/shelfsight/venv/bin/python", "bin/kill", "bin/sleep", "bin/systemctl", "usr/bin/jetson_clocks")
NEWER_THAN_237 = {
    # From systemd's own NEWS: a key that 237 (JetPack 4.6) does not know makes it warn at each start.
    "ProtectClock", "ProtectHostname", "ProtectKernelLogs", "ProtectProc", "ProcSubset", "RestrictSUIDSGID",
    "PrivateMounts", "PrivateUsersEx", "NetworkNamespacePath", "ExecCondition", "TimeoutAbortSec", "WatchdogSignal",
    "OOMPolicy", "RestartSteps", "RestartMaxDelaySec", "RestartMode", "StandardInputText", "TemporaryFileSystem",
    "ExecSearchPath", "RestrictFileSystems", "SystemCallLog", "LogFilterPatterns", "ExitType", "NUMAPolicy",
    "CPUQuotaPeriodSec", "FinalKillSignal", "RestartKillSignal", "RootImageOptions", "MountImages",
}  # fmt: skip
SCORES = {
    "shelfsight.service": 3.0,
    "shelfsight-engines.service": 3.0,
    "shelfsight-again.service": 3.6,
    "shelfsight-clocks.service": 3.0,
}
"""The exposure that systemd 252 states; docs/device.md gives it too. Lower is better."""


def sh(root: Path, script: str, *arguments: str) -> str:
    done = subprocess.run(
        ["sh", str(root / "systemd" / script)] + list(arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def needs_systemctl():
    if shutil.which("systemctl") is None or shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd's commands")


def files(folder: Path):
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("**/*") if path.is_file())


@pytest.fixture(scope="module")
def installed(root, tmp_path_factory, needs_systemctl) -> Path:
    """A folder with the service in it, and what its units point at."""
    folder = tmp_path_factory.mktemp("root")
    sh(root, "install.sh", "--root", str(folder), "--clocks")
    for program in PROGRAMS:
        path = folder / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    for target in TARGETS:
        path = folder / "usr/lib/systemd/system" / (target + ".target")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[Unit]\nDescription={}\n".format(target))
    return folder


def verify(folder: Path, unit: str) -> str:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--root=" + str(folder), "--man=no", "/etc/systemd/system/" + unit],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=60,
    )
    return done.stdout + ("" if done.returncode == 0 else "status {}".format(done.returncode))


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_nothing_to_say(installed, unit):
    assert verify(installed, unit) == ""


def test_an_unknown_key_is_found(installed):
    path = installed / "etc/systemd/system/shelfsight-planted.service"
    path.write_text("[Service]\nExecStart=/bin/sleep 1\nWatchDogSecond=3\n")
    try:
        assert "WatchDogSecond" in verify(installed, path.name)
    finally:
        path.unlink()


@pytest.mark.parametrize("unit", UNITS)
def test_no_key_is_newer_than_the_nanos_systemd(root, unit):
    text = (root / "systemd" / unit).read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+)=", text, re.MULTILINE)) & NEWER_THAN_237 == set()
    assert "Type=exec" not in text


@pytest.mark.parametrize("unit", sorted(SCORES))
def test_the_exposure_is_as_stated(installed, unit):
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--root=" + str(installed), "/etc/systemd/system/" + unit],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=60,
    )
    match = re.search(r"Overall exposure level for \S+ ([\d.]+)", done.stdout)
    if match is None:
        pytest.skip("needs a systemd-analyze that rates a unit offline (250 or newer)")
    assert float(match.group(1)) <= SCORES[unit]


def test_what_cuda_and_argus_need_stays_open(root):
    text = (root / "systemd/shelfsight.service").read_text(encoding="utf-8")
    keys = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
    assert not {"PrivateTmp", "PrivateDevices", "MemoryDenyWriteExecute"} & set(keys)
    assert keys["SupplementaryGroups"] == "video"
    assert keys["RestartPreventExitStatus"] == "2"
    assert "Requires" not in keys


def test_the_flags_that_are_shipped_are_flags(root):
    from runtime.command_line.arguments import settings_from_arguments

    settings = settings_from_arguments(["@" + str(root / "systemd" / "camera.flags")])
    assert settings.wait
    assert settings.source != "auto"


def test_an_upgrade_keeps_the_configuration(root, tmp_path, needs_systemctl):
    sh(root, "install.sh", "--root", str(tmp_path))
    before = files(tmp_path)
    flags = tmp_path / "etc/shelfsight/camera.flags"
    flags.write_text("--source csi://0 --wait\n")
    (tmp_path / "etc/shelfsight/environment").write_text("SHELFSIGHT_TOKEN=x\n")
    (tmp_path / "opt/shelfsight/program/runtime/gone.py").write_text("")
    sh(root, "install.sh", "--root", str(tmp_path))
    assert files(tmp_path) == before
    assert flags.read_text() == "--source csi://0 --wait\n"
    assert (tmp_path / "etc/shelfsight/environment").read_text() == "SHELFSIGHT_TOKEN=x\n"
    assert flags.stat().st_mode & 0o777 == 0o640
    assert os.readlink(str(tmp_path / "etc/systemd/system/multi-user.target.wants/shelfsight.service"))
    assert not (tmp_path / "etc/systemd/system/multi-user.target.wants/shelfsight-clocks.service").exists()


def test_uninstalling_leaves_the_configuration_and_purging_nothing(root, tmp_path, needs_systemctl):
    sh(root, "uninstall.sh", "--root", str(tmp_path))
    sh(root, "install.sh", "--root", str(tmp_path), "--venv", "/opt/venv", "--clocks")
    assert os.readlink(str(tmp_path / "opt/shelfsight/venv")) == "/opt/venv"
    sh(root, "uninstall.sh", "--root", str(tmp_path))
    kept = ["etc/shelfsight/" + name for name in ("camera.flags", "camera.flags.default", "environment")]
    assert files(tmp_path) == kept
    assert not (tmp_path / "opt/shelfsight").exists()
    sh(root, "uninstall.sh", "--root", str(tmp_path), "--purge")
    assert files(tmp_path) == []


@pytest.mark.parametrize("script", ["install.sh", "uninstall.sh"])
@pytest.mark.parametrize(("arguments", "status"), [(["--nonsense"], 2), (["--root"], 2), (["--root", "/no/such"], 1)])
def test_wrong_usage_is_one_line(root, script, arguments, status):
    done = subprocess.run(
        ["sh", str(root / "systemd" / script)] + arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=60,
    )
    assert done.returncode == status
    assert len(done.stdout.splitlines()) == 1
    assert "sh systemd/" in sh(root, script, "--help")


def test_the_program_runs_from_where_it_is_installed(installed):
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "jetson.engines", "@/dev/null", "--source", "demo://", "--engine", "onnx"],
        cwd=str(installed / "opt/shelfsight/program"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout
    assert "no engine to build" in done.stdout
