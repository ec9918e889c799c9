"""Which mode is chosen from what real cameras list, and the kernel's structures as bytes. No camera is needed."""

import fcntl
import re
import struct

import pytest

from runtime.errors import SourceError
from runtime.sources.v4l2 import Wanted, open_camera
from runtime.v4l2 import device, ioctls
from runtime.v4l2.listing import lines_of, listing
from runtime.v4l2.modes import Mode, chosen

C270 = """
[0]: 'YUYV' (YUYV 4:2:2)
    Size: Discrete 640x480
        Interval: Discrete 0.033s (30.000 fps)
        Interval: Discrete 0.040s (25.000 fps)
        Interval: Discrete 0.067s (15.000 fps)
    Size: Discrete 320x240
        Interval: Discrete 0.033s (30.000 fps)
    Size: Discrete 1280x720
        Interval: Discrete 0.133s (7.500 fps)
        Interval: Discrete 0.200s (5.000 fps)
    Size: Discrete 1280x960
        Interval: Discrete 0.133s (7.500 fps)
[1]: 'MJPG' (Motion-JPEG, compressed)
    Size: Discrete 640x480
        Interval: Discrete 0.033s (30.000 fps)
    Size: Discrete 1280x720
        Interval: Discrete 0.033s (30.000 fps)
        Interval: Discrete 0.040s (25.000 fps)
    Size: Discrete 1280x960
        Interval: Discrete 0.033s (30.000 fps)
"""
"""In the form of v4l2-ctl --list-formats-ext, after published listings of such a webcam; shortened."""

VIVID = """
[0]: 'YUYV' (YUYV 4:2:2)
    Size: Discrete 320x180
        Interval: Discrete 0.010s (100.000 fps)
    Size: Discrete 640x360
        Interval: Discrete 0.020s (50.000 fps)
        Interval: Discrete 0.033s (30.000 fps)
    Size: Discrete 1280x720
        Interval: Discrete 0.033s (29.970 fps)
        Interval: Discrete 0.067s (15.000 fps)
[1]: 'NV16' (Y/UV 4:2:2)
    Size: Discrete 640x480
        Interval: Discrete 0.020s (50.000 fps)
[2]: 'H264' (H.264, compressed)
    Size: Discrete 1920x1080
        Interval: Discrete 0.033s (30.000 fps)
"""


def modes_in(text):
    modes = []
    for line in text.splitlines():
        found = re.match(r"^\[\d+\]: '(.{4})'", line)
        if found:
            format = found.group(1)
        found = re.search(r"Discrete (\d+)x(\d+)", line)
        if found:
            modes.append(Mode(format, (int(found.group(1)), int(found.group(2))), ()))
        found = re.search(r"\(([\d.]+) fps\)", line)
        if found:
            modes[-1] = modes[-1]._replace(rates_hz=modes[-1].rates_hz + (float(found.group(1)),))
    return modes


@pytest.mark.parametrize(
    "text, res, fps, format, size, rate, words",
    [
        (C270, (640, 480), 30, "YUYV", (640, 480), 30, "without decoding"),
        (C270, (640, 480), 20, "YUYV", (640, 480), 25, "without decoding"),
        (C270, (1280, 720), 30, "MJPG", (1280, 720), 30, "YUYV carries only 7.5 fps"),
        (C270, (1280, 720), 5, "YUYV", (1280, 720), 5, "without decoding"),
        (C270, (1280, 720), 60, "MJPG", (1280, 720), 30, "slower than the 60 fps"),
        (C270, (1280, 720), 0, "MJPG", (1280, 720), 30, "fastest"),
        (C270, (800, 600), 30, "MJPG", (1280, 720), 30, "no 800x600: the nearest above, scaled"),
        (C270, (1920, 1080), 30, "MJPG", (1280, 960), 30, "nothing as large"),
        (VIVID, (1280, 720), 30, "YUYV", (1280, 720), 29.97, "without decoding"),
        (VIVID, (640, 480), 30, "YUYV", (1280, 720), 29.97, "nearest above"),
    ],
)
def test_the_best_mode(text, res, fps, format, size, rate, words):
    choice = chosen(modes_in(text), res, fps)
    assert (choice.format, choice.size, choice.fps) == (format, size, rate)
    assert words in choice.why


def test_no_mode_is_usable():
    assert chosen([], (640, 480), 30) is None
    assert chosen([Mode("H264", (640, 480), (30.0,))], (640, 480), 30) is None


def test_a_driver_that_lists_no_rates():
    choice = chosen([Mode("YUYV", (640, 480), ())], (640, 480), 30)
    assert choice.fps == 0
    assert "does not say" in choice.why


def test_the_listing_names_each_mode_and_the_choice():
    identity = ioctls.Identity("uvcvideo", "Webcam C270", "usb-1", True)
    text = "\n".join(lines_of(device.Camera("/dev/video0", identity, modes_in(VIVID)), (1280, 720), 30))
    assert "/dev/video0: Webcam C270 (uvcvideo, usb-1)" in text
    assert re.search(r"YUYV  1280x720  29.97, 15 fps\n", text)
    assert re.search(r"H264 1920x1080  30 fps  \(not used\)", text)
    assert "for 1280x720 at 30 fps: YUYV 1280x720 at 29.97 fps" in text


def test_without_a_camera_the_listing_says_so(tmp_path):
    with pytest.raises(SourceError, match="no camera found"):
        listing([], (640, 480), 30)
    (tmp_path / "video0").write_text("")
    with pytest.raises(SourceError, match="no camera"):
        listing([str(tmp_path / "video0")], (640, 480), 30)


class Kernel:
    """Answers ioctls as a driver does, with the structures that linux/videodev2.h lays down."""

    def __init__(self, monkeypatch, controls=()):
        self.controls = dict(controls)
        monkeypatch.setattr(fcntl, "ioctl", self.ioctl)

    def ioctl(self, _device, request, data, _mutate):
        number, size = request & 0xFF, request >> 16 & 0x3FFF
        assert size == len(data)
        assert request >> 8 & 0xFF == ord("V")
        getattr(self, "answer_{}".format(number))(data)
        return 0

    def answer_0(self, data):
        struct.pack_into("=16s32s32sIII", data, 0, b"uvcvideo", b"Cam", b"usb-1", 6, 0x84A00001, 0x04200001)

    def answer_2(self, data):
        index = struct.unpack_from("=I", data)[0]
        self.end(index, 2)
        struct.pack_into("=4s", data, 44, [b"YUYV", b"MJPG"][index])

    def answer_74(self, data):
        index, code = struct.unpack_from("=II", data)
        if code == ioctls.code_of("MJPG"):
            struct.pack_into("=I6I", data, 8, 3, 320, 1280, 16, 240, 720, 8)
            return
        self.end(index, 1)
        struct.pack_into("=III", data, 8, 1, 640, 480)

    def answer_75(self, data):
        index = struct.unpack_from("=I", data)[0]
        self.end(index, 2)
        struct.pack_into("=III", data, 16, 1, [1, 1001][index], [30, 15000][index])

    def answer_4(self, data):
        offset = 8 if struct.calcsize("P") == 8 else 4
        assert len(data) == offset + 200
        struct.pack_into("=II4s", data, offset, 640, 480, b"YUYV")

    def answer_21(self, data):
        assert len(data) == 204
        struct.pack_into("=IIII", data, 4, 0x1000, 0, 1, 30)

    def answer_27(self, data):
        number = struct.unpack_from("=I", data)[0]
        self.end(0 if number in self.controls else 1, 1)
        struct.pack_into("=i", data, 4, self.controls[number])

    @staticmethod
    def end(index, count):
        if index >= count:
            raise OSError(22, "Invalid argument")


def test_a_camera_is_read_from_the_kernels_structures(monkeypatch):
    Kernel(monkeypatch)
    camera = device.read_camera("/dev/null")
    assert camera.identity == ("uvcvideo", "Cam", "usb-1", True)
    assert camera.modes[0] == Mode("YUYV", (640, 480), (30.0, 14.985))
    assert [mode.size for mode in camera.modes[1:]] == [(320, 240), (640, 360), (640, 480), (800, 600), (1280, 720)]
    assert device.read_granted("/dev/null") == ("YUYV", (640, 480), 30.0)


@pytest.mark.parametrize(
    "controls, words",
    [
        ([(ioctls.EXPOSURE_PRIORITY, 1)], "^dim light its exposure.*exposure_auto_priority=0"),
        ([(ioctls.EXPOSURE_PRIORITY, 0)], "^a shared USB port\\? .*not dim light"),
        ([], "^dim light\\? or a USB port"),
    ],
)
def test_why_a_camera_is_slow(monkeypatch, controls, words):
    Kernel(monkeypatch, controls)
    assert re.search(words, " ".join(device.why_slow("/dev/null")))


def test_the_raw_output_of_a_csi_camera_is_named(monkeypatch):
    kernel = Kernel(monkeypatch)
    answer = kernel.answer_0

    def tegra(data):
        answer(data)
        data[:16] = b"tegra-video\0\0\0\0\0"

    kernel.answer_0 = tegra
    with pytest.raises(SourceError, match="csi://0"):
        open_camera(Wanted("/dev/null", (640, 480), 30.0), lambda: pytest.fail("no pipeline for it"))
