"""Passwords in addresses are never shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.redacted import redacted


@pytest.mark.parametrize(
    "text, shown",
    [
        ("rtsp://me:secret@cam:554/1", "rtsp://me:***@cam:554/1"),
        ("rtsp://me:se/c@ret@cam/1", "rtsp://me:***@cam/1"),
        ("cannot open http://:secret@cam/1 at all", "cannot open http://:***@cam/1 at all"),
        ("rtsp://cam/1?user=a&password=secret&x=1", "rtsp://cam/1?user=a&password=***&x=1"),
        (
            'rtspsrc location="rtsp://a:secret@b/c" user-pw=secret ! x',
            'rtspsrc location="rtsp://a:***@b/c" user-pw=*** ! x',
        ),
        ("fault://drop@rtsp://me:secret@cam/1", "fault://drop@rtsp://me:***@cam/1"),
        ("http://cam/1.mp4?sv=2&sig=secret%3D&x=1", "http://cam/1.mp4?sv=2&sig=***&x=1"),
        (
            "http://cam/1?X-Amz-Credential=secret&X-Amz-Signature=secret",
            "http://cam/1?X-Amz-Credential=***&X-Amz-Signature=***",
        ),
        (
            "http://cam/1?access_token=secret&apikey=secret;pwd=secret",
            "http://cam/1?access_token=***&apikey=***;pwd=***",
        ),
        ("http://cam/1?width=640&codec=h264", "http://cam/1?width=640&codec=h264"),
        ("rtsp://cam:554/1", "rtsp://cam:554/1"),
        ("/dev/video0", "/dev/video0"),
        ("fault://die:5:3@demo://", "fault://die:5:3@demo://"),
    ],
)
def test_examples(text, shown):
    assert redacted(text) == shown


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, blacklist_characters="\"'"), min_size=4))
def test_no_password_shows(password):
    uri = "rtsp://me:{}@cam.local/stream".format(password)
    assert redacted(uri) == "rtsp://me:***@cam.local/stream"
