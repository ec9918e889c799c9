"""What a message may hold when it reaches a terminal."""

from hypothesis import given
from hypothesis import strategies as st

from runtime.command_line.one_line import MAX_LETTERS, one_line


def test_escapes_are_shown_and_other_scripts_left():
    assert one_line("no such file: \x1b[2J a\nb \u202e \ud800 물병 é") == (
        "no such file: \\x1b[2J a\\nb \\u202e \\ud800 물병 é"
    )


@given(st.text(alphabet=st.characters(), max_size=50))
def test_any_text_becomes_one_printable_line(text):
    assert one_line(text).isprintable()
    assert one_line(text) == text or not text.isprintable()


def test_a_long_one_keeps_its_beginning_and_its_end():
    line = one_line("begin " + "x" * 100000 + " end")
    assert len(line) < MAX_LETTERS
    assert line.startswith("begin x")
    assert line.endswith("x end")
