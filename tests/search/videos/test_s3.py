"""Videos in object storage, on moto's server: listed, looked through, cut out; what is not allowed is one line."""

import logging
import socket

import pytest

pytest.importorskip("av", reason="needs PyAV, of the extra search")
from made_videos import scene_pictures, write_video

from search import find, index

s3fs = pytest.importorskip("s3fs", reason="needs s3fs, which s3:// is opened with")
moto = pytest.importorskip("moto.server", reason="needs moto's server: pip install 'moto[server]'")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.filterwarnings("default")]
"""Warnings of moto's and botocore's are not ours."""


@pytest.fixture
def bucket(monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto.ThreadedMotoServer("127.0.0.1", port)
    server.start()
    for name, value in (
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:{}".format(port)),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    storage = s3fs.S3FileSystem()
    storage.makedirs("films", exist_ok=True)
    yield storage
    server.stop()
    s3fs.S3FileSystem.clear_instance_cache()


def test_indexed_found_and_cut_out(bucket, tmp_path, capsys):
    film = write_video(tmp_path / "a.mp4", scene_pictures(3, seed=71))
    bucket.put(str(film), "films/리뷰/a.mp4")
    bucket.pipe("films/broken.mp4", b"no video")
    out = str(tmp_path / "films.sqlite")
    flags = ["s3://films", "--out", out, "--bundle", "demo", "--workers", "1", "--quiet"]
    assert index.main(flags) == 0
    told = capsys.readouterr().out
    assert "2 videos looked through, 0 known already, 1 skipped" in told
    assert "s3://films/broken.mp4: cannot be opened as a video" in told
    assert index.main(flags) == 0
    assert "0 videos looked through, 2 known already" in capsys.readouterr().out
    assert find.main([out, "--named", "--clips", str(tmp_path / "clips")]) == 0
    assert "s3://films/리뷰/a.mp4" in capsys.readouterr().out
    assert list((tmp_path / "clips").glob("*.mkv"))


def test_a_bucket_that_is_not_there_is_one_line(bucket, tmp_path, capsys):
    assert index.main(["s3://nothing", "--out", str(tmp_path / "i.sqlite"), "--bundle", "demo"]) == 1
    assert capsys.readouterr().err.startswith("shelfsight: s3://nothing: ")
