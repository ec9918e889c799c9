"""What a request may say, and what it is told where it may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.api.cursors import cursor_of, place_of
from runtime.api.operations import LIMIT, PRODUCT, UNKNOWN
from runtime.api.parameters import time_s, values_of
from runtime.api.problem import ProblemError
from runtime.clock import rfc3339
from runtime.history.reading import Place


@given(st.integers(0, 4 * 10**12))
def test_a_time_comes_back(milliseconds):
    assert time_s(rfc3339(milliseconds / 1000)) == pytest.approx(milliseconds / 1000, abs=0.002)


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("1970-01-01T00:00:01Z", 1.0),
        ("1970-01-01t01:00:00.5+01:00", 0.5),
        ("1969-12-31T23:00:00-01:00", 0.0),
    ],
)
def test_times(text, seconds):
    assert time_s(text) == pytest.approx(seconds)


@given(st.text(max_size=40))
def test_whatever_else_is_refused_in_words(text):
    for read in (time_s, place_of):
        with pytest.raises(ValueError, match="expected|take it from"):
            read(text)


@pytest.mark.parametrize("text", ["2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01", "2026-01-01T24:00:00Z"])
def test_what_is_nearly_a_time(text):
    with pytest.raises(ValueError, match="RFC 3339"):
        time_s(text)


@given(st.integers(0, 10**9), st.floats(0, 1e9), st.integers(0, 10**12))
def test_a_cursor_comes_back(run, last_s, number):
    assert place_of(cursor_of(Place(run, last_s, number))) == Place(run, last_s, number)


@pytest.mark.parametrize(
    "content", ["[1,2]", "[true,1,1]", "[1,1e999,1]", "[-1,0,1]", '["a",1,1]', "1", "[1,1,1.5]", "[" * 900]
)
def test_a_forged_cursor(content):
    import base64

    with pytest.raises(ValueError, match="take it from"):
        place_of(base64.urlsafe_b64encode(content.encode()).decode().rstrip("="))


def test_defaults_and_refusals():
    assert values_of((LIMIT, PRODUCT, UNKNOWN), {"limit": "7"}) == {"limit": 7, "product": None, "unknown": False}
    for given_, words in (
        ({"limit": "0"}, "limit: expected a whole number from 1"),
        ({"limit": "١"}, "limit"),
        ({"product": ""}, "product: expected a name"),
        ({"product": "a\udc80"}, "product"),
        ({"product": "a" * 201}, "product"),
        ({"unknown": "yes"}, "unknown: expected true or false"),
    ):
        with pytest.raises(ProblemError, match=words):
            values_of((LIMIT, PRODUCT, UNKNOWN), given_)
