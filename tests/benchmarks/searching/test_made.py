"""Made-up videos are made once, and anew where they would be others."""

import pytest

pytest.importorskip("av", reason="needs PyAV, of the extra search")

from benchmarks.searching import made
from benchmarks.stand_ins.review_videos import Material


@pytest.fixture
def written(monkeypatch):
    found = []

    def write(path, seed, seconds, material):
        open(path, "w").close()
        found.append((seed, seconds))
        return [("tea", 1.0, seconds)]

    monkeypatch.setattr(made, "write_review_video", write)
    return found


def test_what_is_there_is_used_again(written, tmp_path):
    first = made.made(str(tmp_path), [1, 2], 9.0, Material())
    assert made.made(str(tmp_path), [1, 2], 9.0, Material()) == first
    assert written == [(1, 9.0), (2, 9.0)]
    assert [one.last_s for one in first.truth] == [9.0, 9.0]


@pytest.mark.parametrize(
    "seconds, material", [(8.0, Material()), (9.0, Material(strangers=1.0)), (9.0, Material(fps=10))]
)
def test_other_flags_make_it_anew(written, tmp_path, seconds, material):
    made.made(str(tmp_path), [1], 9.0, Material())
    made.made(str(tmp_path), [1], seconds, material)
    assert written == [(1, 9.0), (1, seconds)]


def test_a_note_of_something_else(written, tmp_path):
    (tmp_path / "1.mp4").touch()
    (tmp_path / "1.json").write_text("[]")
    made.made(str(tmp_path), [1], 9.0, Material())
    assert written == [(1, 9.0)]
