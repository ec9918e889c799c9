"""Names in any script: what our own font writes, what the system's do, and what is said where none can."""

import logging
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.picture import fonts
from runtime.picture.compose import warn_of_missing_fonts
from runtime.picture.fonts import FONTS, SHIPPED, Face, Fonts, advice_for
from runtime.picture.tiles import LabelTiles, contrast, printable, text_on, text_tile

OURS = Face(SHIPPED)
HANGUL = "물병 (삼다수)"


@pytest.fixture
def alone(monkeypatch):
    """A machine without fontconfig and without a single font of its own."""
    monkeypatch.setattr(fonts, "USUAL", ())

    def no_program(*_, **__):
        raise FileNotFoundError("fc-match")

    monkeypatch.setattr(subprocess, "run", no_program)
    return Fonts()


@pytest.mark.parametrize("text", ["Crème brûlée", "Łódź ß", "Ελληνικά", "Кефир", "50 % × 2 – “x” €", "tea"])
def test_our_own_font_writes_latin_greek_and_cyrillic(alone, text):
    assert alone.missing(text) == []
    assert list(alone.runs(text)) == [(text, OURS)]


def test_a_letter_that_no_font_has_is_told_with_its_package(alone, monkeypatch, caplog):
    monkeypatch.setattr("runtime.picture.compose.FONTS", alone)
    with caplog.at_level(logging.WARNING):
        warn_of_missing_fonts(["tea", HANGUL, "日本茶"])
    (line,) = caplog.messages
    assert "no font here can write" in line
    assert HANGUL in line
    assert line.endswith("apt-get install fonts-nanum fonts-noto-cjk") or line.endswith("fonts-noto-cjk fonts-nanum")
    assert list(alone.runs("a병")) == [("a병", OURS)]


def test_names_that_can_be_written_are_not_mentioned(alone, monkeypatch, caplog):
    monkeypatch.setattr("runtime.picture.compose.FONTS", alone)
    warn_of_missing_fonts(["tea", "Crème brûlée"])
    assert caplog.messages == []


@pytest.mark.parametrize(
    "letters, package",
    [("병", "fonts-nanum"), ("茶", "fonts-noto-cjk"), ("ひ", "fonts-noto-cjk"), ("ไ", "fonts-noto-core")],
)
def test_each_script_has_its_package(letters, package):
    assert advice_for([letters]) == "apt-get install " + package


def test_the_system_is_asked_once_and_a_hang_is_bounded(monkeypatch):
    asked = []

    def hangs(command, timeout, **_):
        asked.append(timeout)
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(fonts, "USUAL", ())
    monkeypatch.setattr(subprocess, "run", hangs)
    mine = Fonts()
    assert mine.missing(HANGUL) == sorted(set("물병삼다수"))
    assert mine.missing(HANGUL + "병") == sorted(set("물병삼다수"))
    assert asked == [fonts.ASK_S]


def test_a_file_that_is_no_font_is_passed_over(monkeypatch, tmp_path):
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    answer = "{}\n0\n".format(tmp_path / "broken.ttf").encode()
    monkeypatch.setattr(fonts, "USUAL", ())
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, answer, b""))
    assert Fonts().missing("병") == ["병"]


def test_hangul_is_written_where_a_font_for_it_is_installed():
    if FONTS.missing(HANGUL):
        pytest.skip("needs a font for Hangul (Debian package: fonts-nanum)")
    written = text_tile([(HANGUL, 20, (0, 0, 0))], (255, 255, 255), 4)
    boxes = text_tile([("\ufffe\ufffe (\ufffe\ufffe\ufffe)", 20, (0, 0, 0))], (255, 255, 255), 4)
    assert written.shape != boxes.shape or (written != boxes).any()
    faces = [face for _, face in FONTS.runs(HANGUL)]
    assert any(face != OURS for face in faces)


def test_accents_in_two_code_points_look_like_one():
    tiles = [text_tile([(text, 20, (0, 0, 0))], (255, 255, 255), 4) for text in ("cre\u0300me", "crème")]
    assert (tiles[0] == tiles[1]).all()


def test_accents_are_drawn():
    plain, accented = (text_tile([(text, 20, (0, 0, 0))], (255, 255, 255), 4) for text in ("creme", "crème"))
    assert plain.shape != accented.shape or (plain != accented).any()


@given(st.text(max_size=300))
@settings(max_examples=60)
def test_any_name_can_be_a_label(text):
    tile = LabelTiles().tile(text, (10, 200, 10), 14)
    assert tile.dtype == np.uint8
    assert 0 < tile.shape[0] < 60
    assert tile.shape[1] < 3000


@given(st.text(max_size=300))
def test_what_is_drawn_is_short_and_shows_what_controls(text):
    drawn = printable(text)
    assert len(drawn) <= 80
    assert drawn.isprintable()


def test_a_long_name_is_cut_and_says_so():
    assert printable("x" * 10000) == "x" * 77 + "..."
    assert printable("a\x1b[31mb\n") == "a□[31mb□"


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_text_has_the_contrast_that_small_text_needs(colour):
    assert contrast(text_on(colour), colour) >= 4.5


def test_contrast_is_that_of_wcag():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21.0)
    assert contrast((0x76, 0x76, 0x76), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)
