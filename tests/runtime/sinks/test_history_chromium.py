"""The tab History in a real browser: what is in the database is on the page, in the browser's language."""

import shutil
import subprocess
import time

import pytest

from runtime.history.sighting import Sighting
from runtime.history.store import Store
from runtime.sinks.web import WebSink

pytest.importorskip("aiohttp", reason="aiohttp is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian package: chromium)"),
    # attrs 22.2, the last for Python 3.6, which aiohttp imports
    pytest.mark.filterwarnings("ignore:Running attrs on Python 3.6:DeprecationWarning"),
]


def seen_in_browser(sink, profile, language, part=""):
    """The page as it stands once its requests are answered."""
    command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + str(profile)]
    command += ["--accept-lang=" + language, "--virtual-time-budget=5000", "--dump-dom", sink.url + "history" + part]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=50)
    return done.stdout.decode("utf-8")


def test_what_was_seen_is_shown_in_two_languages_and_so_is_what_has_no_date(tmp_path):
    path = str(tmp_path / "h.sqlite")
    store = Store(path, "demo://")
    # a name is text, whatever it holds
    rows = [
        Sighting(1, "<b>차</b>", "jar", 0.0, 9.0, 9, 0.5, (1, 2, 3, 4), crop=b"\xff\xd8"),
        Sighting(2, None, "jar", 1.0, 9.5, 9, 0.5, (1, 2, 3, 4)),
    ]
    store.write(rows, time.time() - 10)
    never_set = Store(path, "demo://")
    never_set.write([Sighting(3, None, "jar", 61.0, 70.2, 9, 0.5, (1, 2, 3, 4))], 60.0)  # 1970
    never_set.close()
    with WebSink(port=0, history=path) as sink:
        english = seen_in_browser(sink, tmp_path / "en", "en-GB")
        korean = seen_in_browser(sink, tmp_path / "ko", "ko-KR", "#undated")
    store.close()
    for words in (
        "&lt;b&gt;차&lt;/b&gt;",
        "Export as CSV",
        "9 s",
        "Unknown",
        'src="api/v1/sightings/1/crop"',
        "no picture",
    ):
        assert words in english
    assert "1:01 – 1:10" not in english
    for words in ('lang="ko"', "CSV로 내보내기", "9초", "알 수 없음", "사진 없음", "2번째 실행, 1:01 – 1:10"):
        assert words in korean
    assert "&lt;b&gt;차" not in korean.partition('id="sightings"')[2].partition("<script>")[0]


def test_without_a_history_it_says_how_to_keep_one(tmp_path):
    with WebSink(port=0) as sink:
        assert "start the program with --sink shelf.sqlite too" in seen_in_browser(sink, tmp_path, "en")
