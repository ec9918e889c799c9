"""Memory for several cameras: what is too much is said before anything starts."""

import pytest

from runtime.camera import main
from runtime.command_line.arguments import settings_from_arguments
from runtime.errors import UsageError
from runtime.room import check_room


def cameras(count, *flags):
    sources = [flag for number in range(count) for flag in ("--source", "demo://?seed={}".format(number))]
    return settings_from_arguments(sources + list(flags)).each


def test_nine_cameras_where_memory_is_for_four():
    four_mib = 350 + 4 * 25
    check_room(cameras(4), four_mib)
    with pytest.raises(UsageError, match=r"^9 cameras need about 5\d\d MiB, 450 are free: .* --res camera1=320x240$"):
        check_room(cameras(9), four_mib)
    check_room(cameras(1), 1.0)


def test_large_pictures_need_more():
    with pytest.raises(UsageError):
        check_room(cameras(2, "--res", "camera2=3840x2160"), 450)
    check_room(cameras(2), 450)


def test_the_demo_needs_what_it_was_measured_to():
    free_mib = 350 + 8 * 25
    check_room(cameras(8), free_mib)
    real = settings_from_arguments([flag for number in range(9) for flag in ("--source", str(number))]).each
    check_room(real, free_mib)
    with pytest.raises(UsageError):
        check_room(cameras(9), free_mib)


@pytest.mark.parametrize(
    "uri", ["gst:videotestsrc", "csi://{}", "rtsp://me@10.0.0.{}/x", "fault://die:5:3@RTSP://1.0.0.{}/"]
)
def test_the_child_that_runs_a_pipeline_is_counted(uri):
    sources = [flag for number in range(4) for flag in ("--source", uri.format(number))]
    plain = settings_from_arguments([flag for number in range(4) for flag in ("--source", str(number))]).each
    free_mib = 350 + 4 * 22
    check_room(plain, free_mib)
    with pytest.raises(UsageError):
        check_room(settings_from_arguments(sources).each, free_mib)


def test_it_is_said_before_anything_is_opened(monkeypatch, capsys):
    monkeypatch.setattr("runtime.room._free_mib", lambda: 400.0)
    assert main(["--source", "a=/dev/video97", "--source", "b=/dev/video98", "--source", "c=/dev/video99"]) == 2
    assert "3 cameras need about" in capsys.readouterr().err
