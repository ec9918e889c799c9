"""What a run writes destroys nothing."""

import json
import os
import stat
import subprocess
import sys
import threading

import pytest

from runtime.camera import main
from runtime.errors import SinkError
from runtime.figures.report import check_report_path, write_report
from runtime.outputs import claimed, free_path
from runtime.sinks.pictures import PicturesSink

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files")


def report(path):
    check_report_path(str(path))
    write_report(str(path), {"a": 1})


@posix
def test_a_full_device_is_one_line_and_stays_a_device(tmp_path):
    link = tmp_path / "full"
    link.symlink_to("/dev/full")  # a link, so that a mistake replaces that and not the device
    with pytest.raises(SinkError, match="No space left"):
        report(link)
    assert link.is_symlink()
    assert stat.S_ISCHR(os.stat(str(link)).st_mode)


@posix
def test_a_pipe_is_written_to(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(str(pipe))
    got = []
    handle = os.open(str(pipe), os.O_RDONLY | os.O_NONBLOCK)
    report(pipe)
    thread = threading.Thread(target=lambda: got.append(os.read(handle, 1000)))
    thread.start()
    thread.join(10)
    os.close(handle)
    assert json.loads(got[0].decode()) == {"a": 1}
    assert stat.S_ISFIFO(os.stat(str(pipe)).st_mode)


@posix
def test_a_pipe_that_nobody_reads_is_one_line(tmp_path):
    os.mkfifo(str(tmp_path / "pipe"))
    with pytest.raises(SinkError, match="cannot write the report"):
        report(tmp_path / "pipe")


@posix
@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_stays_and_its_file_is_replaced(tmp_path, is_there):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    if is_there:
        (folder / "file.json").write_text("old")
    link = tmp_path / "report.json"
    link.symlink_to(folder / "file.json")
    report(link)
    assert link.is_symlink()
    assert json.loads((folder / "file.json").read_text()) == {"a": 1}


@posix
def test_standard_output_by_its_path_is_added_to(tmp_path, root):
    program = "import os; os.write(1, b'before\\n'); from runtime.figures.report import *;"
    program += "check_report_path('/dev/stdout'); write_report('/dev/stdout', {'a': 1})"
    with (tmp_path / "out.txt").open("wb") as file:
        subprocess.run(
            [sys.executable, "-c", program], stdout=file, check=True, env=dict(os.environ, PYTHONPATH=str(root))
        )
    head, _, rest = (tmp_path / "out.txt").read_text().partition("\n")
    assert head == "before"
    assert json.loads(rest) == {"a": 1}


def test_what_is_there_is_kept(tmp_path):
    path = tmp_path / "out.mp4"
    assert free_path(str(path)) == str(path)
    path.write_text("footage")
    assert free_path(str(path)) == str(tmp_path / "out-2.mp4")
    (tmp_path / "out-2.mp4").write_text("footage")
    assert free_path(str(path)) == str(tmp_path / "out-3.mp4")


@posix
def test_two_runs_with_one_output(tmp_path):
    path = str(tmp_path / "out.mp4")
    with claimed(path):
        with pytest.raises(SinkError, match="another run"), claimed(path):
            pass
        other = tmp_path / "link.mp4"
        other.symlink_to(path)
        with pytest.raises(SinkError, match="another run"), claimed(str(other)):
            pass
    with claimed(path):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["link.mp4"]


@posix
def test_what_a_killed_run_left_locks_nothing(tmp_path):
    path = tmp_path / "out.mp4"
    (tmp_path / ".out.mp4.lock").write_text("")
    with claimed(str(path)):
        pass


@posix
def test_two_runs_with_one_folder_of_pictures(tmp_path):
    path = str(tmp_path / "out") + os.sep
    with PicturesSink(path):
        with pytest.raises(SinkError, match="another run"):
            PicturesSink(path)
    with PicturesSink(path):
        pass


@posix
@pytest.mark.parametrize("name", ["out.mp4", "out/", "report.json"])
def test_the_program_refuses_what_another_run_writes(tmp_path, tiny_folder, name):
    path = str(tmp_path / name)
    if name.endswith("/"):
        os.mkdir(path)
    flag = "--report" if name.endswith(".json") else "--sink"
    arguments = ["--source", "demo://", "--bundle", str(tiny_folder), "--frames", "2", "--sink", "none"]
    with claimed(path):
        assert main(arguments + [flag, path]) == 1
    assert main(arguments + [flag, path]) == 0
