"""Posts as a real server gets them: in order, again after a failure, signed, to no other address."""

import json
import time

import numpy as np
import pytest
from posted_to import serving

from runtime.errors import UsageError
from runtime.figures.figures import Figures, Stages
from runtime.frame import Detections, Frame, Names, Observation, Words
from runtime.sinks.webhooks import WebhookSink
from runtime.webhooks.hook import SECRET_VARIABLE, Hook, hooks_of, secret
from runtime.webhooks.posting import WAITING, Poster, signature

FIGURES = Figures(30.0, 29.9, 24.5, 40.0, 60.0, Stages(), 120, 100, 77, 300, "detect")
PICTURE = np.zeros((48, 64, 3), np.uint8)
WAIT_S = 10.0


def until(condition):
    deadline_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def shown(frame_id, products):
    count = len(products)
    detections = Detections(np.zeros((count, 4), np.float32), np.ones(count, np.float32), np.zeros(count, np.int32))
    names = Names(np.array(products, np.int32), np.ones(count, np.float32), count, 0)
    return Observation(
        Frame(PICTURE, frame_id, time.monotonic()), detections, np.arange(count), names, Words(["jar"], ["tea"])
    )


def test_an_event_is_posted_to_those_who_asked_for_it():
    with serving() as (url, got):
        hooks = [Hook("appears", url + "/a?b=c"), Hook("offline", url), Hook("gone", url)]
        with WebhookSink(hooks, "demo://", b"s3cret") as sink:
            for number in range(4):
                assert sink.present(PICTURE, shown(number, [0]), FIGURES) is True
            sink.present(PICTURE, shown(None, []), FIGURES)
            until(lambda: len(got) == 2)
    path, headers, body = sorted(got, key=lambda each: each[0])[1]
    content = json.loads(body.decode())
    assert path == "/hook/a?b=c"
    assert (content["kind"], content["product"], content["source"]) == ("appears", "tea", "demo://")
    assert headers["X-Shelfsight-Signature"] == signature(b"s3cret", body)
    assert signature(b"other", body) != signature(b"s3cret", body)
    assert "s3cret" not in str(got)


def test_a_library_tells_too_without_a_window_or_a_page(tiny_folder):
    from shelfsight import Camera

    with serving() as (url, got):
        with Camera("demo://", tiny_folder, on=["any=" + url, "offline=" + url]) as camera:
            sinks = camera.report()["sinks"]
    assert sinks == ["any -> {0}, offline -> {0}".format(url[: -len("/hook")])]


def test_a_failure_is_tried_again_in_order_and_a_refusal_is_not(caplog):
    with serving(503, 429, 200, 404) as (url, got):
        poster = Poster(Hook("any", url + "/T0K3N"), None, first_wait_s=0.01)
        for number in range(4):
            poster.put({"number": number})
        until(lambda: poster.posted == 3)
        poster.close()
    assert [json.loads(body.decode())["number"] for _, _, body in got] == [0, 0, 0, 1, 2, 3]
    assert poster.dropped == 1
    assert "answers 503; tried again" in caplog.text
    assert "answers 404; left out" in caplog.text
    assert "T0K3N" not in caplog.text


def test_a_redirect_is_not_followed():
    with serving(302) as (url, got):
        poster = Poster(Hook("any", url), None)
        poster.put({})
        until(lambda: poster.dropped == 1)
        poster.close()
    assert len(got) == 1


def test_an_address_that_is_away_holds_nobody_up_and_the_wait_is_bounded(caplog):
    poster = Poster(Hook("any", "http://127.0.0.1:9/"), None)
    for number in range(WAITING + 20):
        poster.put({"number": number})
    poster.close()
    assert "events were not posted" in caplog.text
    assert poster.dropped + len(poster._waiting) == WAITING + 20


@pytest.mark.parametrize(
    "text, words",
    [
        ("http://h", "expected EVENT=URL"),
        ("seen=http://h", "expected EVENT=URL"),
        ("gone=ftp://h", "begins with http"),
        ("gone=http://", "begins with http"),
        ("gone=http://h:0x/", "begins with http"),
        ("gone=http://u:s3cret@h", "no user or password"),
        ("gone=http://h/a b", "no ASCII"),
        ("gone=http://h/ü", "no ASCII"),
    ],
)
def test_what_is_no_hook(text, words):
    with pytest.raises(UsageError, match=words) as caught:
        hooks_of([text])
    assert "s3cret" not in str(caught.value)


def test_a_hook_and_the_secret(monkeypatch):
    assert hooks_of(["any=https://h:8/T0K3N"])[0].shown == "https://h:8"
    monkeypatch.setenv(SECRET_VARIABLE, "")
    assert secret() is None
    monkeypatch.setenv(SECRET_VARIABLE, "k")
    assert secret() == b"k"
