"""The doctor on captured boards: what each finding says and mends, the exit status, and that nothing makes it raise."""

import json

import pytest
from captured_board import Captured

from jetson import doctor
from jetson.board.sysfs import Tree
from jetson.checks.board import l4t_release
from jetson.checks.cameras import modes_of
from jetson.checks.finding import NOT_APPLICABLE, OK, PROBLEM, WARNING
from jetson.checks.machine import PYTHON, Answer, Machine, run
from runtime.bundle import folder_of


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("SHELFSIGHT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def board(tmp_path):
    return lambda name: Captured(name, tmp_path / name)


def findings(captured):
    return {finding.check: finding for finding in doctor.examine(captured.machine)}


def levels(captured):
    return {check: finding.level for check, finding in findings(captured).items()}


def test_a_nano_with_the_usual_troubles(board):
    found = findings(board("nano"))
    wrong = {check: finding.level for check, finding in found.items() if finding.level in (WARNING, PROBLEM)}
    assert wrong == {
        "swap": WARNING,  # zram alone
        "over-current": PROBLEM,
        "camera /dev/video1": PROBLEM,
        "engines": WARNING,
    }
    assert found["JetPack"].text == "L4T 32.7.2, JetPack 4"
    assert found["TensorRT"].text == "8.2.1.8"
    assert found["GPU"].text == "NVIDIA Tegra X1, sm_53, FP16"
    assert "csi://N" in found["camera /dev/video0"].text
    assert "28.4 fps true" in found["service"].text
    assert "usermod -aG video" in found["camera /dev/video1"].mend


def test_an_orin_whose_venv_hides_jetpack(board):
    found = levels(board("orin"))
    assert {check for check, level in found.items() if level == PROBLEM} == {"TensorRT", "pycuda"}
    assert {check for check, level in found.items() if level == WARNING} == {"cv2", "aiohttp", "over-current"}


def test_a_pc_is_told_what_does_not_apply(board):
    found = levels(board("pc"))
    assert {check for check, level in found.items() if level in (WARNING, PROBLEM)} == {"cameras"}
    assert {"board", "TensorRT", "GPU", "power mode", "over-current", "service"} <= {
        check for check, level in found.items() if level == NOT_APPLICABLE
    }


CHANGES = [
    # the board, the command and its other answer, the check, its level, what mends it
    ("nano", "nvpmodel -q", Answer(0, "NV Power Mode: 5W\n1"), "power mode", WARNING, "nvpmodel -m 0"),
    ("nano", "dmesg", Answer(1, "dmesg: not permitted"), "over-current", WARNING, "sudo dmesg"),
    ("nano", "python -m jetson.probe numpy", Answer(-4, ""), "numpy", PROBLEM, "OPENBLAS_CORETYPE=ARMV8"),
    ("nano", "python -m jetson.probe numpy", Answer(132, ""), "numpy", PROBLEM, "OPENBLAS_CORETYPE=ARMV8"),
    (
        "nano",
        "python -m jetson.probe cv2",
        Answer(1, "/usr/lib/aarch64-linux-gnu/libgomp.so.1: cannot allocate memory in static TLS block"),
        "cv2",
        PROBLEM,
        "LD_PRELOAD",
    ),
    ("nano", "python -m jetson.probe cv2", Answer(-11, ""), "cv2", PROBLEM, "jetson/setup.sh"),
    ("nano", "python --version", Answer(0, "Python 3.8.10"), "Python", PROBLEM, "jetson/setup.sh"),
    ("nano", "systemctl is-active nvargus-daemon", Answer(3, "failed"), "nvargus-daemon", WARNING, "restart nvargus"),
    (
        "nano",
        "df -Pk /",
        Answer(
            0,
            "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/mmcblk0p1 30446128 30146128 300000 99% /",
        ),
        "disk",
        PROBLEM,
        "apt-get clean",
    ),
    ("orin", "nvpmodel -q", Answer(0, "NV Power Mode: 7W\n1"), "power mode", WARNING, "nvpmodel -m"),
]


@pytest.mark.parametrize(("name", "command", "answer", "check", "level", "mend"), CHANGES)
def test_each_trouble_has_its_mend(board, name, command, answer, check, level, mend):
    captured = board(name)
    assert command in captured.answers
    captured.answers[command] = answer
    finding = findings(captured)[check]
    assert finding.level == level
    assert mend in finding.mend


@pytest.mark.parametrize(
    ("path", "content", "check", "level"),
    [
        ("/etc/nv_tegra_release", "# R32 (release), REVISION: 6.1, GCID: 1, BOARD: t210ref", "JetPack", PROBLEM),
        ("/etc/nv_tegra_release", "", "JetPack", WARNING),
        ("/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/in_voltage0_input", "4552", "supply", PROBLEM),
        ("/sys/class/thermal/thermal_zone1/temp", "88500", "temperature", WARNING),
        ("/sys/class/thermal/thermal_zone1/temp", "99000", "temperature", PROBLEM),
        ("/proc/swaps", "Filename Type Size Used Priority\n/swapfile file 4194300 0 -2", "swap", OK),
        ("/proc/swaps", "F T S U P\n/swapfile file 4194300 0 -2\n/dev/zram0 partition 506380 0 5", "swap", WARNING),
        ("/proc/meminfo", "MemTotal: 4051048 kB\nMemAvailable: 310952 kB", "memory", WARNING),
    ],
)
def test_files_make_findings_too(board, path, content, check, level):
    captured = board("nano")
    captured.write(path, content)
    assert levels(captured)[check] == level


@pytest.mark.parametrize(
    ("changed", "level"),
    [
        ({"ActiveState": "failed", "SubState": "failed", "Result": "watchdog"}, PROBLEM),
        ({"ActiveState": "activating", "SubState": "auto-restart"}, PROBLEM),
        ({"ActiveState": "inactive", "SubState": "dead"}, WARNING),
        ({"UnitFileState": "disabled"}, WARNING),
        ({"NRestarts": "12"}, WARNING),
        ({}, OK),
    ],
)
def test_the_service_by_its_state(board, changed, level):
    captured = board("nano")
    (command,) = [words for words in captured.answers if words.startswith("systemctl show")]
    state = dict(line.split("=", 1) for line in captured.answers[command].lines)
    state.update(changed)
    captured.answers[command] = Answer(0, "\n".join("=".join(item) for item in state.items()))
    assert levels(captured)["service"] == level


def test_a_machine_that_answers_nothing_makes_no_error(tmp_path):
    found = list(doctor.examine(Machine(Tree(str(tmp_path)), lambda command: Answer(127, ""))))
    assert {"board", "numpy", "cameras", "service"} <= {finding.check for finding in found}


def test_garbage_answers_make_no_error(board):
    captured = board("nano")
    for command in captured.answers:
        captured.answers[command] = Answer(0, "\x00=\n[0]: 'X'\nSize: Discrete axb")
    assert list(doctor.examine(captured.machine))


@pytest.mark.parametrize(("name", "status"), [("nano", 4), ("orin", 4), ("pc", 3)])
def test_the_exit_status_goes_by_the_worst_and_json_holds_all(board, capsys, name, status):
    assert doctor.main(["--json"], board(name).machine) == status
    told = json.loads(capsys.readouterr().out)
    assert told["worst"] == {3: WARNING, 4: PROBLEM}[status]
    assert {"check", "level", "text", "mend"} == set(told["findings"][0])
    assert doctor.main([], board(name).machine) == status
    assert "PROBLEM" in capsys.readouterr().out or status == 3


def test_engines_of_another_tensorrt_are_found(board, tmp_path, monkeypatch):
    from runtime.engines.cache import engine_path, engines_folder, sidecar_path
    from runtime.engines.sidecar import EngineKey, EngineRecord, json_from_record
    from runtime.sides import Sides

    folder = tmp_path / "cache" / "engines"
    folder.mkdir(parents=True, mode=0o700)
    kept = engines_folder(folder_of("groceries"))
    (tmp_path / "cache" / "engines" / kept.rsplit("/", 1)[1]).mkdir(mode=0o700)
    path = engine_path(kept, "detector", Sides(160, 128), "fp16")
    key = EngineKey("detector", "0" * 64, "TensorRT", "8.0.1.6", "NVIDIA Tegra X1", "sm_53", "fp16", 160, 128, 1)
    record = EngineRecord(key, "0" * 64, "fp16", "agrees", None, {}, [], {})
    for name, text in ((path, "plan"), (sidecar_path(path), json_from_record(record))):
        with open(name, "w") as file:
            file.write(text)
    finding = findings(board("nano"))["engine detector-160x128-fp16.engine"]
    assert finding.level == WARNING
    assert "the model has changed" in finding.text
    assert "TensorRT 8.0.1.6's, this is 8.2.1.8" in finding.text


def test_it_runs_on_this_machine(capsys):
    assert doctor.main([]) in (0, 3, 4)
    assert "numpy" in capsys.readouterr().out


def test_commands_are_run_with_a_status_and_never_raise():
    assert run([PYTHON, "-c", "print(1)"]) == Answer(0, "1")
    assert run([PYTHON, "-c", "import os; os.kill(os.getpid(), 9)"]).status == -9
    assert not run(["shelfsight-no-such-command"]).is_there


def test_l4t_releases():
    assert l4t_release("# R36 (release), REVISION: 4.0, GCID: 1") == (36, 4.0)
    assert l4t_release("# R32 (release), REVISION: 7.1, GCID: 1") == (32, 7.1)
    assert l4t_release("Debian") is None


def test_modes_name_each_size_with_its_own_rate(board):
    answer = board("orin").answers["v4l2-ctl -d /dev/video0 --list-formats-ext"]
    assert modes_of(answer.lines) == ["MJPG 1280x720 at 30 fps", "YUYV 1280x720 at 10 fps, 640x480 at 30 fps"]


def test_it_answers_without_any_library(root):
    """Where neither numpy nor cv2 is installed, or importing them ends the process."""
    code = "\n".join(
        [
            "import os, sys",
            "os.chdir({!r})".format(str(root)),
            "sys.path.insert(0, '')",
            "sys.modules['numpy'] = sys.modules['cv2'] = None",
            "from jetson.doctor import main",
            "from jetson.checks.machine import Answer, Machine",
            "sys.exit(main([], Machine(runner=lambda command: Answer(1, 'No module named numpy'))))",
        ]
    )
    answer = run([PYTHON, "-c", code])
    assert "not looked at: numpy is broken" in answer.output
    assert answer.status == 4, answer.output
