"""Videos of every kind: decoded with the right times and the right way up, or refused in one line."""

import math

import pytest

pytest.importorskip("av", reason="needs PyAV, of the extra search")

import av
import fsspec
import numpy as np
from made_videos import FPS, SIZE, grey_pictures, scene_pictures, write_video

from runtime.errors import SourceError
from search.videos.decoding import Pictures
from search.videos.listing import videos_in
from search.videos.opening import facts_of
from search.videos.pieces import PIECE_S, pieces_of


def all_of(path, start_s=0.0, end_s=math.inf):
    return list(Pictures(str(path), start_s, end_s, all_frames=True))


def ramp(count, size=SIZE):
    """Each a little lighter than the one before, and its left half dark."""
    for number in range(count):
        picture = np.full((size[1], size[0], 3), 80 + 2 * number, np.uint8)
        picture[:, : size[0] // 2] = 20
        yield picture


def sound(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44100
        for packet in stream.encode(frame) + stream.encode(None):
            container.mux(packet)
    return path


def test_sound_alone_is_no_video(tmp_path):
    with pytest.raises(SourceError, match="no video in it .it holds audio"):
        facts_of(str(sound(tmp_path / "sound.mp4")))


@pytest.mark.parametrize("data", [b"", b"not a video", b"\x00" * 10000])
def test_what_is_no_video(tmp_path, data):
    (tmp_path / "x.mp4").write_bytes(data)
    with pytest.raises(SourceError, match="cannot be opened as a video"):
        facts_of(str(tmp_path / "x.mp4"))


def test_cut_short_what_is_there_is_given(tmp_path):
    path = write_video(tmp_path / "a.mkv", ramp(40))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    assert 5 < len(all_of(path)) < 40


def test_bytes_broken_in_the_middle_are_passed_over(tmp_path):
    path = write_video(tmp_path / "a.mkv", scene_pictures(3))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 300] = bytes(300)
    path.write_bytes(bytes(data))
    assert len(all_of(path)) >= 10


def test_a_rate_that_varies_keeps_its_times(tmp_path):
    times = [0, 40, 90, 500, 510, 1700]
    path = write_video(tmp_path / "a.mkv", ramp(6), times=times)
    assert [round(one.time_s * 1000) for one in all_of(path)] == times


def test_times_begin_with_the_first_picture(tmp_path):
    path = write_video(tmp_path / "a.ts", ramp(3), times=[5000, 5040, 5080])
    assert [round(one.time_s * 1000) for one in all_of(path)] == [0, 40, 80]


@pytest.mark.parametrize("pixels", ["yuv420p10le", "yuv444p", "yuv422p", "gray"])
def test_pixel_formats(tmp_path, pixels):
    path = write_video(tmp_path / "a.mkv", ramp(3), pixels=pixels)
    picture = all_of(path)[0]
    assert picture.image().shape == (SIZE[1], SIZE[0], 3)
    assert abs(float(picture.image()[:, SIZE[0] * 3 // 4].mean()) - 80) < 10
    assert picture.thumb.shape[0] >= 32


@pytest.mark.parametrize("size", [(321, 241), (62, 50), (1282, 48)])
def test_odd_sizes(tmp_path, size):
    path = write_video(tmp_path / "a.mkv", ramp(3, size), pixels="yuv444p", codec="ffv1", options={})
    picture = all_of(path)[0]
    assert picture.image().shape == (size[1], size[0], 3)
    assert abs(float(picture.image()[:, -1].mean()) - 80) < 10


def test_a_video_that_was_filmed_on_its_side_stands_upright(tmp_path):
    path = tmp_path / "a.mp4"
    write_video(path, ramp(3))
    turned = tmp_path / "turned.mp4"
    with av.open(str(path)) as source, av.open(str(turned), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    data = turned.read_bytes()
    upright = b"\x00\x01\x00\x00" + bytes(12) + b"\x00\x01\x00\x00" + bytes(12) + b"\x40\x00\x00\x00"
    # a quarter to the right: x' = -y, y' = x
    on_side = bytes(4) + b"\x00\x01\x00\x00" + bytes(4) + b"\xff\xff\x00\x00" + bytes(16) + b"\x40\x00\x00\x00"
    place = data.index(upright, data.index(b"tkhd"))
    turned.write_bytes(data[:place] + on_side + data[place + len(upright) :])
    image = all_of(turned)[0].image()
    assert image.shape == (SIZE[0], SIZE[1], 3)
    assert image[10].mean() < 40  # what was left is on top
    assert image[-10].mean() > 70


def test_names_in_korean(tmp_path):
    folder = tmp_path / "화장품 리뷰"
    folder.mkdir()
    path = write_video(folder / "첫 번째.mp4", ramp(3))
    (file,) = videos_in([str(tmp_path)])
    assert file.address == str(path)
    assert len(all_of(file.address)) == 3


def test_a_folder_gives_each_video_once_and_nothing_else(tmp_path):
    for name in ("b.mp4", "a.MKV", "notes.txt", "c.webm"):
        (tmp_path / name).write_bytes(b"x")
    found = videos_in([str(tmp_path), str(tmp_path / "b.mp4")])
    assert [one.address.rsplit("/", 1)[1] for one in found] == ["a.MKV", "b.mp4", "c.webm"]


def test_fifty_thousand_files_are_listed(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(50000):
        (folder / ("%05d.mp4" % number)).touch()
    assert len(videos_in([str(folder)])) == 50000


@pytest.mark.parametrize("address", ["/no/such/folder", "memory://no/such", "nosuch://a/b"])
def test_what_is_not_there(address):
    with pytest.raises(SourceError):
        videos_in([address])


def test_an_empty_folder(tmp_path):
    with pytest.raises(SourceError, match="no videos there"):
        videos_in([str(tmp_path)])


def test_urls_of_fsspec(tmp_path):
    path = write_video(tmp_path / "a.mkv", grey_pictures(1))
    system = fsspec.filesystem("memory")
    with system.open("/films/a.mkv", "wb") as file:
        file.write(path.read_bytes())
    (file,) = videos_in(["memory://films"])
    assert file.bytes == path.stat().st_size
    assert len(all_of(file.address)) == FPS
    (local,) = videos_in(["file://" + str(path)])
    assert len(all_of(local.address)) == FPS


def test_pieces_give_every_picture_once(tmp_path):
    path = write_video(tmp_path / "a.mkv", ramp(60), options={"preset": "ultrafast", "g": "12"})
    whole = [one.time_s for one in all_of(path)]
    parts = [one.time_s for low, high in ((0, 1.3), (1.3, 2.9), (2.9, math.inf)) for one in all_of(path, low, high)]
    assert parts == whole
    counted = [Pictures(str(path), low, high) for low, high in ((0, 1.3), (1.3, math.inf))]
    for one in counted:
        list(one)
    assert sum(one.frames for one in counted) == 60


@pytest.mark.parametrize(
    ("duration_s", "count"), [(None, 1), (0.1, 1), (PIECE_S * 1.1, 1), (PIECE_S * 1.5, 2), (PIECE_S * 10, 10)]
)
def test_pieces_of_a_video(duration_s, count):
    pieces = pieces_of("a", duration_s)
    assert len(pieces) == count
    assert [one.end_s for one in pieces[:-1]] == [one.start_s for one in pieces[1:]]
    assert pieces[-1].end_s == math.inf
