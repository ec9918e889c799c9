"""The page and the tables of what was found."""

import json

import pytest

pytest.importorskip("av", reason="needs PyAV, of the extra search")

from search.finding.grouping import Match, videos_of
from search.finding.rows import Row
from search.report import tables
from search.report.page import write_report

NOVEMBER_S = 1795500000.0


def match(first_s, last_s, label="tea", video="/films/a.mp4", certainty=0.8, number=1, epoch_s=NOVEMBER_S):
    return Match(Row(number, video, None, label, "box", first_s, last_s, certainty, epoch_s), certainty, label)


def test_what_follows_within_a_second_is_one_appearance_with_its_best_crop():
    (video,) = videos_of([match(5, 6, number=2, certainty=0.9), match(1, 4.5, number=1), match(8, 9, number=3)])
    assert [(one.first_s, one.last_s, one.best) for one in video.appearances] == [(1, 6, 2), (8, 9, 3)]


def test_products_are_not_put_together_and_the_longest_video_is_first():
    videos = videos_of([match(0, 1), match(0.5, 2, "oil"), match(0, 9, video="/films/b.mp4")])
    assert [(video.address, len(video.appearances)) for video in videos] == [("/films/b.mp4", 1), ("/films/a.mp4", 2)]


def test_totals():
    videos = videos_of([match(0, 1), match(5, 7), match(0, 9, "oil", "/films/b.mp4", epoch_s=None)])
    assert tables.totals_by_product(videos) == [("oil", 1, 1, 9.0), ("tea", 1, 2, 3.0)]
    assert tables.totals_by_month(videos) == [("2026-11", 1, 2, 3.0)]


def test_the_page_says_nothing_that_a_name_could_smuggle_in(tmp_path):
    name = "<script>alert(1)</script>"
    hostile = '/films/%s"onmouseover=.mp4' % name
    path = write_report(str(tmp_path / "page"), name, videos_of([match(0, 1, name, hostile)]), lambda number: b"jpeg")
    html = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
    assert path.endswith("index.html")
    assert "<script" not in html
    assert '"onmouseover' not in html
    assert (tmp_path / "page" / "crops" / "1.jpg").read_bytes() == b"jpeg"


def test_the_page_has_totals_by_product_and_by_month(tmp_path):
    videos = videos_of([match(0, 1), match(0, 9, "oil", "/films/b.mp4")])
    write_report(str(tmp_path), "all", videos, lambda number: None)
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    heads = "<th class=number>Videos<th class=number>Times seen<th class=number>On screen"
    assert "<th>Product" + heads + "<tr><td>oil<td class=number>1<td class=number>1<td class=number>9.0 s" in html
    assert "<th>Month" + heads + "<tr><td>2026-11<td class=number>2<td class=number>2<td class=number>10.0 s" in html


def test_names_in_korean_stay_as_they_are(tmp_path):
    videos = videos_of([match(0, 1, "녹차", "/films/리뷰.mp4")])
    write_report(str(tmp_path), "녹차", videos, lambda number: None)
    assert "리뷰.mp4" in (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "녹차" in (tmp_path / "matches.csv").read_text(encoding="utf-8-sig")
    assert json.loads((tmp_path / "matches.json").read_text(encoding="utf-8"))[0]["video"] == "/films/리뷰.mp4"


def test_what_a_device_saw_has_its_date_and_no_link(tmp_path):
    videos = videos_of([match(0, 5, video="/dev/video0")], durations_s={})
    write_report(str(tmp_path), "tea", videos, lambda number: None)
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "2026-11-2" in html
    assert "video0#t" not in html


@pytest.mark.parametrize(("video", "is_link"), [("https://shop/a.mp4", True), ("s3://films/a.mp4", False)])
def test_what_no_browser_opens_is_no_link(tmp_path, video, is_link):
    write_report(str(tmp_path), "tea", videos_of([match(1, 5, video=video)]), lambda number: None)
    assert (f'href="{video}#t=1.0,5.0"' in (tmp_path / "index.html").read_text(encoding="utf-8")) is is_link


def test_nothing_found_is_said(tmp_path):
    write_report(str(tmp_path), "tea", [], lambda number: None)
    assert "none of the videos" in (tmp_path / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("seconds", "text"), [(3.25, "0:03.2"), (59.96, "1:00.0"), (3723.4, "1:02:03.4")])
def test_clock(seconds, text):
    assert tables.clock(seconds) == text
