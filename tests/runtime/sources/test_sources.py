"""One contract over every source and its fake; then what each does beside it."""

import contextlib
import logging
import os
import threading
import time

import cv2
import numpy as np
import pytest

from runtime.clock import FakeClock
from runtime.errors import SourceError, UsageError
from runtime.frame import EndOfStream, Frame
from runtime.gstreamer.fake import FakeCapture as FakePipeline
from runtime.settings import Settings
from runtime.sources.camera import CameraSource, camera_paths
from runtime.sources.demo import DemoSource
from runtime.sources.fake import FakeSource
from runtime.sources.fault import Fault, Faults, FaultySource
from runtime.sources.fitting import fitted
from runtime.sources.folder import FolderSource, natural_order
from runtime.sources.numbered import open_numbered
from runtime.sources.opening import open_source
from runtime.sources.stream import FileStream, LiveStream
from runtime.sources.v4l2 import Wanted, open_camera
from runtime.sources.video import VideoSource
from runtime.sources.waiting import WaitingSource
from runtime.sources.watched import Expectations, WatchedSource
from runtime.v4l2.device import check_access

pytestmark = pytest.mark.timeout(30)

COUNT = 12
SIZE = (64, 48)


def numbered(number):
    """A picture that says its number by its brightness, which survives compression."""
    return np.full((SIZE[1], SIZE[0], 3), 10 + 18 * number, np.uint8)


def number_of(image):
    return int(round((float(image.mean()) - 10) / 18))


class FakeCapture:
    """Plays cv2.VideoCapture: delivers some frames, then none."""

    def __init__(self, frames=COUNT, opened=True):
        self.left, self.opened, self.released = frames, opened, False

    def isOpened(self):  # noqa: N802 - OpenCV's name
        return self.opened

    def set(self, *_):
        return True

    def get(self, _):
        return 0.0

    def read(self):
        self.left -= 1
        return (True, numbered(0)) if self.left >= 0 else (False, None)

    def release(self):
        self.released = True


@pytest.fixture
def video(tmp_path):
    path = str(tmp_path / "numbered.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 25, SIZE)
    for number in range(COUNT):
        writer.write(numbered(number))
    writer.release()
    return path


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "pictures"
    path.mkdir()
    for number in range(COUNT):
        cv2.imwrite(str(path / "img{}.png".format(number)), numbered(number))
    (path / "notes.txt").write_text("no picture")
    return str(path)


def pictures():
    images = [numbered(n) for n in range(COUNT)]
    for image in images:
        image[:, :8] = 0  # of more than one colour, or it is taken for a camera that does not see yet
    return FakePipeline(images, period_s=0.005)


KINDS = ["video", "folder", "fake", "camera", "demo", "waiting", "file stream", "live stream", "watched", "faulty"]


@pytest.fixture(params=KINDS)
def source(request, tmp_path):
    device = tmp_path / "video0"
    device.write_text("")
    make = {
        "video": lambda: VideoSource(request.getfixturevalue("video")),
        "folder": lambda: FolderSource(request.getfixturevalue("folder")),
        "fake": lambda: FakeSource([numbered(n) for n in range(COUNT)]),
        "camera": lambda: CameraSource(str(device), SIZE, 30, open_capture=lambda _: FakeCapture()),
        "demo": lambda: DemoSource("demo://?products=2", SIZE, 120),
        "file stream": lambda: FileStream("file", pictures),
        "live stream": lambda: LiveStream("live", pictures),
        "watched": lambda: WatchedSource(LiveStream("live", pictures), Expectations(distinct=True)),
        "faulty": lambda: FaultySource(FileStream("file", pictures), Faults([Fault("slow", (1.0,))])),
        "waiting": lambda: WaitingSource("later", SIZE, lambda: FakeSource([numbered(n) for n in range(COUNT)])),
    }
    return make[request.param]()


def read_all(source, limit=COUNT):
    """Up to `limit` frames, until the source ends or fails."""
    frames = []
    with source:
        while len(frames) < limit:
            try:
                frame = source.read(1.0)
            except (EndOfStream, SourceError):
                break
            if frame is not None:
                frames.append(frame)
    return frames


def test_contract(source):
    frames = read_all(source)
    ids = [frame.id for frame in frames]
    assert ids
    assert ids == sorted(set(ids)), "ids rise and none is repeated"
    if not source.live:
        assert ids == list(range(COUNT)), "nothing lost, nothing doubled"
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.shape == (SIZE[1], SIZE[0], 3)
        assert frame.image.flags.writeable
    stamps = [frame.captured_s for frame in frames]
    assert stamps == sorted(stamps)
    assert isinstance(source.name, str)
    assert source.name
    source.close()


def test_a_frame_belongs_to_its_reader(source):
    with source:
        first = source.read(1.0) or source.read(1.0)
        first.image[:] = 77
        with contextlib.suppress(SourceError, EndOfStream):
            source.read(1.0)
        assert (first.image == 77).all()


@pytest.mark.parametrize("kind", ["video", "folder"])
def test_files_lose_no_frame_and_double_none(kind, request):
    opened = {"video": VideoSource, "folder": FolderSource}[kind](request.getfixturevalue(kind))
    assert opened.total_frames == COUNT
    assert [number_of(frame.image) for frame in read_all(opened, 99)] == list(range(COUNT))


def test_names_sort_as_people_sort():
    assert sorted(["img10", "img9", "Img1", "a2"], key=natural_order) == ["a2", "Img1", "img9", "img10"]


def test_an_unreadable_image_is_named_and_passed_over(folder, caplog):
    with open(os.path.join(folder, "img3.png"), "wb") as file:
        file.write(b"\x89PNG broken")
    frames = read_all(FolderSource(folder), 99)
    assert [number_of(frame.image) for frame in frames] == [n for n in range(COUNT) if n != 3]
    assert [frame.id for frame in frames] == list(range(COUNT - 1))
    assert "img3.png" in caplog.text


def test_a_truncated_video_plays_up_to_the_damage_and_says_so(tmp_path, caplog):
    path = tmp_path / "long.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, SIZE)
    for _ in range(100):
        writer.write(np.random.RandomState(1).randint(0, 255, (SIZE[1], SIZE[0], 3), np.uint8))
    writer.release()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    frames = read_all(VideoSource(str(path)), 999)
    assert 20 < len(frames) < 80
    assert "cut short" in caplog.text


def test_a_video_truncated_while_it_plays_ends_and_says_so(tmp_path, caplog):
    path = tmp_path / "long.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (320, 240))
    noise = np.random.RandomState(1)
    for _ in range(100):
        writer.write(noise.randint(0, 255, (240, 320, 3)).astype(np.uint8))
    writer.release()
    count = 0
    with VideoSource(str(path)) as source:
        with pytest.raises(EndOfStream):
            while True:
                count += source.read(1.0) is not None
                if count == 20:
                    os.truncate(str(path), os.path.getsize(str(path)) // 2)
    assert 20 <= count < 80
    assert "cut short" in caplog.text


@pytest.mark.parametrize(
    "content, words",
    [(None, "no such file"), (b"", "not a video"), (b"just a text\n" * 50, "not a video")],
)
def test_what_is_no_video_is_refused(tmp_path, content, words):
    path = tmp_path / "file.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=words):
        VideoSource(str(path))


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(SourceError, match="no images"):
        FolderSource(str(tmp_path))


def test_a_folder_of_broken_images_is_refused(tmp_path):
    (tmp_path / "a.jpg").write_text("no jpeg")
    with pytest.raises(SourceError, match="none of the 1 images"):
        FolderSource(str(tmp_path)).read(1.0)


@pytest.mark.parametrize("res, size", [((32, 32), (32, 24)), ((640, 480), (640, 480)), (None, SIZE), (SIZE, SIZE)])
def test_files_are_fitted_without_distortion(res, size):
    assert fitted(numbered(1), res).shape[1::-1] == size


class TestCamera:
    def opened(self, tmp_path, capture, name="video0"):
        (tmp_path / name).write_text("")
        return CameraSource(str(tmp_path / name), SIZE, 30, open_capture=lambda _: capture)

    def test_absent(self, tmp_path):
        with pytest.raises(SourceError, match="no camera at .*--wait"):
            open_camera(Wanted(str(tmp_path / "video9"), SIZE, 30), lambda: None)

    @pytest.mark.parametrize("capture", [FakeCapture(opened=False), FakeCapture(frames=0)])
    def test_busy(self, tmp_path, capture):
        with pytest.raises(SourceError, match="another program"):
            self.opened(tmp_path, capture)

    def test_pulled_out(self, tmp_path):
        capture = FakeCapture(frames=3)
        source = self.opened(tmp_path, capture)
        with pytest.raises(SourceError, match="unplugged"):
            for _ in range(5):
                source.read(1.0)
        source.close()
        source.close()
        assert capture.released

    def test_frames_carry_the_drivers_time(self, tmp_path):
        now_s = time.monotonic()

        class Timed(FakeCapture):
            def get(self, what):
                return (now_s - 0.05) * 1e3 if what == cv2.CAP_PROP_POS_MSEC else 0.0

        with self.opened(tmp_path, Timed()) as source:
            assert source.read(1.0).captured_s == pytest.approx(now_s - 0.05, abs=1e-4)

    def test_by_number_where_there_is_no_v4l2(self):
        asked = []

        class Seeing(FakeCapture):
            def read(self):
                delivered, image = super().read()
                if delivered:
                    image[:, :8] = 0  # of more than one colour: see pictures()
                return delivered, image

        def open_capture(number):
            asked.append(number)
            return Seeing(opened=number == 2)

        with open_numbered(2, (32, 32), 30, open_capture) as source:
            assert source.name == "camera 2"
            assert source.live
            assert source.read(1.0).image.shape == (24, 32, 3), "fitted, whatever the driver grants"
        with pytest.raises(SourceError, match="cannot open camera 3: .*privacy settings"):
            open_numbered(3, SIZE, 30, open_capture)
        assert asked == [2, 3]

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody who may not")
    def test_no_permission_names_the_group(self, tmp_path):
        os.chmod(str(tmp_path), 0o755)
        path = str(tmp_path / "video0")
        (tmp_path / "video0").write_text("")
        os.chmod(path, 0o600)
        told, tell = os.pipe()
        child = os.fork()
        if not child:
            for folder in (tmp_path.parent, tmp_path.parent.parent):
                os.chmod(str(folder), 0o755)
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            try:
                check_access(path)
            except SourceError as error:
                os.write(tell, str(error).encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(tell)
        with os.fdopen(told) as file:
            assert "no permission for {}: sudo usermod -aG video".format(path) in file.read()

    def test_a_capture_that_hangs_does_not_hang_the_program(self, tmp_path):
        release = threading.Event()

        class Hanging(FakeCapture):
            def read(self):
                if self.left < COUNT:
                    release.wait(20)
                return super().read()

        capture = Hanging()
        source = self.opened(tmp_path, capture)
        started_s = time.monotonic()
        source.close()
        assert time.monotonic() - started_s < 1.0
        assert not capture.released, "releasing under a read crashes in the driver"
        release.set()

    def test_paths_are_listed_by_number(self, tmp_path):
        for name in ("video10", "video2", "video", "vbi0"):
            (tmp_path / name).write_text("")
        assert camera_paths(str(tmp_path)) == [str(tmp_path / "video2"), str(tmp_path / "video10")]
        assert camera_paths(str(tmp_path / "none")) == []


class TestWaiting:
    def test_offline_until_it_is_there_and_again_when_it_goes(self, caplog):
        caplog.set_level(logging.INFO)
        clock = FakeClock()
        sessions = iter(
            [
                SourceError("absent"),
                SourceError("absent"),
                FakeSource([numbered(0), numbered(1), SourceError("pulled")], clock=clock),
                SourceError("absent"),
                FakeSource([numbered(2)], clock=clock),
            ]
        )

        def open_next():
            session = next(sessions)
            if isinstance(session, Exception):
                raise session
            return session

        source = WaitingSource("camera", SIZE, open_next, clock)
        ids = []
        with pytest.raises(EndOfStream):
            for _ in range(200):
                frame = source.read(0.2)
                if frame is not None:
                    ids.append(frame.id)
        assert ids == [None, None, 0, 1, None, None, 2]
        assert caplog.text.count("absent") == 2, "a reason is logged when it changes, not every second"

    def test_it_ends_while_it_waits(self):
        def absent():
            raise SourceError("absent")

        source = WaitingSource("camera", SIZE, absent)
        assert source.read(0.1).id is None
        source.close()
        assert source.read(10.0) is None


class TestOpening:
    def opened(self, uri, **settings):
        with open_source(Settings(source=uri, **settings)) as source:
            return type(source)

    def test_by_kind(self, video, folder):
        assert self.opened(video) is VideoSource
        assert self.opened(folder) is FolderSource
        assert self.opened("demo://") is DemoSource
        assert self.opened("/dev/video77", wait=True) is WaitingSource

    def test_auto_without_a_camera_shows_the_demo_and_says_so(self, monkeypatch, caplog):
        monkeypatch.setattr("runtime.sources.opening.camera_paths", lambda: [])
        assert self.opened("auto") is DemoSource
        assert "no camera found" in caplog.text

    def test_waiting_is_for_cameras(self, video):
        with pytest.raises(UsageError, match="--wait is for cameras"):
            self.opened(video, wait=True)


def test_a_frame_is_a_value():
    frame = Frame(numbered(0), 0, 0.0)
    with pytest.raises(AttributeError):
        frame.id = 3


def test_a_folder_of_other_pictures_says_what_cannot_be_read_and_the_way_out(tmp_path):
    for name in ("a.heif", "b.HEIC", "c.heic", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(SourceError) as raised:
        FolderSource(str(tmp_path))
    assert "the 3 that end in .heic, .heif are of a kind that OpenCV here cannot read" in str(raised.value)
    assert "heif-convert" in str(raised.value)


def test_a_broken_picture_is_named_once_however_often_it_is_read(tmp_path, caplog):
    cv2.imwrite(str(tmp_path / "good.png"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    for _ in range(3):
        source = FolderSource(str(tmp_path))
        source.read(0)
        with pytest.raises(EndOfStream):
            source.read(0)
    assert [message for message in caplog.messages if "broken.png" in message] == [
        "{} is not a readable image: passed over".format(tmp_path / "broken.png")
    ]


def test_avif_is_read_where_opencv_can_and_named_where_it_cannot(tmp_path):
    path = tmp_path / "a.avif"
    if cv2.haveImageWriter(".avif"):
        cv2.imwrite(str(path), np.full((32, 48, 3), 90, np.uint8))
        assert FolderSource(str(tmp_path)).read(0).image.shape == (32, 48, 3)
    else:
        path.write_bytes(b"x")
        with pytest.raises(SourceError, match=r"the 1 that end in \.avif are of a kind that OpenCV here cannot read"):
            FolderSource(str(tmp_path))
