"""Flags of several cameras: which is whose, and what makes no sense."""

import pytest

from runtime.command_line.arguments import settings_from_arguments
from runtime.errors import UsageError

TWO = ("--source", "door=/dev/video0", "--source", "shelf=demo://?seed=2")


def test_one_camera_is_as_it_ever_was():
    settings = settings_from_arguments(["--source", "demo://?seed=1", "--res", "640x480", "--res", "320x240"])
    assert (settings.source, settings.res, settings.cameras) == ("demo://?seed=1", (320, 240), ())
    assert settings.each == [settings]
    assert settings_from_arguments([]).source == "auto"
    assert settings_from_arguments(["--sink", "a=b.mp4", "--zones", "c=d.json"]).sinks == ("a=b.mp4",)


def test_a_file_whose_name_looks_like_a_prefix_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a=b.mp4").write_bytes(b"")
    assert settings_from_arguments(["--source", "a=b.mp4"]).source == "a=b.mp4"


def test_each_has_its_own_and_what_is_for_all():
    flags = ["--res", "door=1280x720", "--res", "320x240", "--fps", "shelf=15", "--weight", "door=2"]
    flags += ["--zones", "door=zones.json", "--sink", "web", "--sink", "door=out.mp4", "--sink", "all.mp4"]
    flags += ["--sink", "pictures/", "--sink", "history.sqlite"]
    door, shelf = settings_from_arguments(list(TWO) + flags).each
    assert (door.camera, door.source, door.res, door.fps, door.weight) == ("door", "/dev/video0", (1280, 720), None, 2)
    assert (shelf.camera, shelf.source, shelf.res, shelf.fps, shelf.weight) == (
        "shelf", "demo://?seed=2", (320, 240), 15, 1,
    )  # fmt: skip
    assert (door.zones, shelf.zones) == ("zones.json", None)
    assert door.sinks == ("web", "out.mp4", "all-door.mp4", "pictures/door/", "history.sqlite")
    assert shelf.sinks == ("web", "all-shelf.mp4", "pictures/shelf/", "history.sqlite")
    assert door.bundle is shelf.bundle is None


def test_one_that_is_named_is_the_only_one():
    (door,) = settings_from_arguments(["--source", "door=0", "--sink", "out.mp4", "--zones", "z.json"]).each
    assert (door.camera, door.source, door.sinks, door.zones) == ("door", "0", ("out.mp4",), "z.json")


def test_an_event_may_be_called_as_a_camera_is():
    flags = ["--source", "low=0", "--source", "empty=1", "--on", "low=http://a/b"]
    assert settings_from_arguments(flags).hooks == ("low=http://a/b",)


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--source", "door=0", "--source", "door=1"], "two cameras are called door"),
        (["--source", "0", "--source", "camera1=1"], "two cameras are called camera1"),
        (["--source", "a=0", "--source", "b=/dev/video0"], "are one camera"),
        (["--source", "a=fault://stall@csi://0", "--source", "csi://0"], "are one camera"),
        (["--source", "rtsp://u:secret@h/1", "--source", "rtsp://u:secret@h/1"], "are one camera"),
        (["--source", "auto", "--source", "demo://"], "auto is for one camera"),
        (list(TWO) + ["--res", "dor=640x480"], "no camera is called dor: expected door, shelf"),
        (["--res", "door=640x480"], "--source door=URI"),
        (list(TWO) + ["--res", "door=640"], "'640' is no resolution"),
        (list(TWO) + ["--sink", "dor=out.mp4"], "--sink dor=out.mp4"),
        (list(TWO) + ["--sink", "rtsp"], "--sink door=rtsp://"),
        (list(TWO) + ["--sink", "door=a.csv", "--sink", "shelf=a.csv"], "--sink a.csv: of door and of shelf"),
        (list(TWO) + ["--shelf", "s.json"], "--shelf door=s.json"),
        (list(TWO) + ["--sequential"], "--sequential is for one camera"),
        (list(TWO) + ["--weight", "door=0"], "a number above 0"),
        (list(TWO) + ["--size", "door=320"], "--size door=...: --size is for all cameras: give it without door="),
        (list(TWO) + ["--conf=shelf=0.5"], "--conf is for all cameras"),
        (list(TWO) + ["--mqtt", "door=mqtt://broker/shop"], "--mqtt is for all cameras"),
        (["--source", "0", "--source", "1", "--bundle", "camera2=groceries"], "--bundle is for all cameras"),
    ],
)
def test_what_makes_no_sense_is_one_line(flags, words):
    with pytest.raises(UsageError) as caught:
        settings_from_arguments(flags)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
