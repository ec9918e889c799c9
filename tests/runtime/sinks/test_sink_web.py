"""The web sink as its viewers and its loop meet it: a real server, real connections."""

import contextlib
import gc
import json
import logging
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
import urllib.error
import urllib.request
from http.client import HTTPConnection

import cv2
import numpy as np
import pytest

from runtime.clock import FakeClock
from runtime.errors import MissingPackageError, SinkError, UsageError
from runtime.figures.figures import Figures, Stages
from runtime.figures.in_view import InView
from runtime.figures.report import figures_as_json
from runtime.frame import Detections, Frame, Observation, Words
from runtime.sinks import guests
from runtime.sinks.access import Access, is_local
from runtime.sinks.audience import STREAMS
from runtime.sinks.latest import Latest
from runtime.sinks.listening import url_of
from runtime.sinks.page_server import quiet_logger
from runtime.sinks.web import CLOSE_S, WebSink

pytest.importorskip("aiohttp", reason="aiohttp is not installed")
# attrs 22.2, the last for Python 3.6, which aiohttp imports
pytestmark = pytest.mark.filterwarnings("ignore:Running attrs on Python 3.6:DeprecationWarning")

WAIT_S = 10.0
FIGURES = Figures(
    nominal_fps=30.0,
    camera_fps=29.973,
    true_fps=28.456,
    latency_p50_ms=41.237,
    latency_p95_ms=None,
    stages_ms=Stages(wait=6.1, preprocess=1.12, detect=14.318, track=0.08, classify=5.2, delay=3.9),
    captured=1200,
    presented=1150,
    asked=77,
    reused=3100,
    limited_by="detect",
    in_view=(InView("jar", 3, 2.5, 4),),
)
EXPECTED = {
    "nominal_fps": 30.0,
    "camera_fps": 29.97,
    "true_fps": 28.46,
    "latency_ms": {"p50": 41.24, "p95": None},
    "stages_ms": {
        "wait": 6.1,
        "preprocess": 1.12,
        "detect": 14.32,
        "track": 0.08,
        "classify": 5.2,
        "compose": 0.0,
        "present": 0.0,
        "delay": 3.9,
    },
    "threads": {"loop": [name for name in Stages._fields if name != "others"]},  # one camera: there are none
    "frames": {"captured": 1200, "presented": 1150, "dropped": 50},
    "classify": {"asked": 77, "reused": 3100},
    "limited_by": "detect",
    "count": {"jar": {"now": 3, "mean": 2.5, "most": 4}},
}


def observe(picture, frame_id, count=0):
    """What the loop knows of a frame with `count` candidates."""
    boxes = np.zeros((count, 4), np.float32)
    detections = Detections(boxes, np.ones(count, np.float32), np.zeros(count, np.int32))
    return Observation(Frame(picture, frame_id, time.monotonic()), detections, np.arange(count), None, Words(["jar"]))


def gray(level, size=(640, 480)):
    """One even picture; `size` is (width, height)."""
    return np.full((size[1], size[0], 3), level, np.uint8)


class Feeding:
    """A loop that presents pictures until left: `picture_of(i)` is the i-th. Keeps what each call cost, in seconds."""

    def __init__(self, sink, picture_of=lambda i: gray(i * 7 % 256), fps=50.0):
        self._sink, self._picture_of, self._period_s = sink, picture_of, 1.0 / fps
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.costs_s = []
        self.error = None

    def _run(self):
        try:
            while not self._stop.wait(self._period_s):
                count = len(self.costs_s)
                picture = self._picture_of(count)
                began_s = time.perf_counter()
                self._sink.present(picture, observe(picture, count), FIGURES._replace(presented=count))
                self.costs_s.append(time.perf_counter() - began_s)
        except SinkError as error:
            self.error = error

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()


def wait_until(condition, what):
    deadline_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain for " + what
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def quiet(caplog):
    """asyncio and aiohttp log what they cannot raise: lost tasks, tracebacks of handlers."""
    yield
    gc.collect()
    records = caplog.get_records("call") + caplog.get_records("teardown")
    assert [record.getMessage() for record in records if record.levelno >= logging.WARNING] == []


@pytest.fixture
def sink():
    with WebSink(port=0) as opened:
        yield opened


@pytest.fixture
def guarded():
    with WebSink(port=0, token="s3cret / ü") as opened:
        yield opened


def base_of(sink):
    return sink.url.partition("?")[0]


def ask(sink, path="", method="GET", **headers):
    """(status, headers, body) of one request."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(base_of(sink) + path, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


class Stream:
    """A viewer of /stream.mjpg."""

    def __init__(self, sink):
        self._answer = urllib.request.urlopen(base_of(sink) + "stream.mjpg", timeout=WAIT_S)
        self.content_type = self._answer.headers["Content-Type"]

    def next_picture(self):
        """(frame id, decoded picture); None at the end of the stream."""
        head = {}
        while True:
            line = self._answer.readline()
            if not line:
                return None
            name, colon, value = line.decode("ascii").partition(":")
            if colon:
                head[name] = value.strip()
            elif not line.strip() and head:
                break
        data = self._answer.read(int(head["Content-Length"]))
        return int(head["X-Frame-Id"]), decode(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._answer.close()


def decode(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def mute_viewer(sink, path="stream.mjpg", request=None):
    """A connection that asks for the stream, or sends the bytes of `request`, and never reads the answer."""
    host, port = base_of(sink)[len("http://") : -1].split(":")
    viewer = socket.socket()
    viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    viewer.settimeout(WAIT_S)
    viewer.connect((host, int(port)))
    viewer.sendall(request or "GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n".format(path).encode())
    return viewer


class TestEndpoints:
    def test_the_page_is_self_contained_and_its_policy_lets_nothing_in(self, sink):
        status, headers, body = ask(sink)
        assert status == 200
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert b"<title>Shelfsight</title>" in body
        for outside in (b'src="http', b'href="http', b"url(http", b'="//', b"@import", b"http://fonts", b"https://"):
            assert outside not in body
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert policy.count("'sha256-") == 4, "the common style and script, and its own"

    @pytest.mark.parametrize("path", ["", "figures.json", "snapshot.jpg", "stream.mjpg", "events", "nowhere"])
    def test_every_answer_carries_the_security_headers(self, sink, path):
        with Feeding(sink):
            _, headers, _ = ask(sink, path, method="HEAD")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]

    def test_a_snapshot_is_the_picture_presented(self, sink):
        picture = gray(0)
        picture[:240, :320] = (200, 30, 60)
        with Feeding(sink, lambda _: picture):
            status, headers, body = ask(sink, "snapshot.jpg")
        assert (status, headers["Content-Type"]) == (200, "image/jpeg")
        np.testing.assert_allclose(decode(body)[100, 100].astype(int), (200, 30, 60), atol=6)
        np.testing.assert_allclose(decode(body)[400, 500].astype(int), 0, atol=6)

    def test_no_picture_and_no_figures_yet_is_said_in_one_line(self, sink):
        for path in ("snapshot.jpg", "figures.json"):
            status, headers, body = ask(sink, path)
            assert status == 503
            assert headers["Content-Type"].startswith("text/plain")
            assert body.count(b"\n") == 1

    def test_the_stream_shows_newer_and_newer_pictures(self, sink):
        with Feeding(sink), Stream(sink) as stream:
            assert stream.content_type == "multipart/x-mixed-replace; boundary=frame"
            seen = [stream.next_picture() for _ in range(5)]
        ids = [frame_id for frame_id, _ in seen]
        assert ids == sorted(set(ids))
        for frame_id, picture in seen:
            np.testing.assert_allclose(picture.astype(int), frame_id * 7 % 256, atol=3)

    def test_pictures_may_change_their_size(self, sink):
        sizes = [(640, 480), (320, 240), (1280, 720)]
        with Feeding(sink, lambda i: gray(99, sizes[i // 3 % 3])), Stream(sink) as stream:
            shapes = set()
            while len(shapes) < 3:
                _, picture = stream.next_picture()
                shapes.add(picture.shape)
        assert shapes == {(height, width, 3) for width, height in sizes}

    def test_a_view_of_a_larger_picture_is_fine(self, sink):
        with Feeding(sink, lambda _: gray(50)[::2, ::-2]):
            _, _, body = ask(sink, "snapshot.jpg")
        assert decode(body).shape == (240, 320, 3)

    def test_the_figures_are_the_ones_presented(self, sink):
        sink.present(gray(0), observe(gray(0), 7, count=3), FIGURES)
        status, headers, body = ask(sink, "figures.json")
        assert status == 200
        assert headers["Content-Type"].startswith("application/json")
        figures = json.loads(body.decode("utf-8"))
        assert 0.0 <= figures.pop("still_s") < WAIT_S
        seen = [{"name": "jar", "named": True, "objects": 3}]
        assert figures == dict(EXPECTED, frame_id=7, detections=3, seen=seen, offline=False)

    def test_figures_that_are_no_numbers_stay_valid_json(self, sink):
        odd = FIGURES._replace(true_fps=float("nan"), camera_fps=np.float32("inf"), latency_p50_ms=np.float64(3))
        sink.present(gray(0), observe(gray(0), None), odd)

        def refuse(constant):
            raise AssertionError("not JSON: " + constant)

        figures = json.loads(ask(sink, "figures.json")[2].decode("utf-8"), parse_constant=refuse)
        assert (figures["true_fps"], figures["camera_fps"], figures["latency_ms"]["p50"]) == (None, None, 3.0)
        assert figures["frame_id"] is None

    def test_events_carry_the_figures_again_and_again(self, sink):
        with urllib.request.urlopen(sink.url + "events", timeout=WAIT_S) as events:
            assert events.headers["Content-Type"] == "text/event-stream"
            assert events.readline() == b"data: null\n"
            sink.present(gray(0), observe(gray(0), 7), FIGURES)
            began_s = time.monotonic()
            lines = [events.readline() for _ in range(11)]
            took_s = time.monotonic() - began_s
        told = [json.loads(line[len(b"data: ") :].decode()) for line in lines if line.strip()]
        assert told[-1]["true_fps"] == 28.46
        assert 0.5 < took_s < WAIT_S  # five or six of them, a quarter of a second apart

    def test_standing_still_is_told_in_seconds(self):
        clock = FakeClock()
        latest = Latest(clock)
        latest.post(gray(0), observe(gray(0), 1), FIGURES)
        clock.advance(5.0)
        assert latest.as_json()["still_s"] == 5.0
        latest.post(gray(0), observe(gray(0), None), FIGURES)  # a substituted picture is no new frame
        assert latest.as_json()["still_s"] == 5.0
        latest.post(gray(0), observe(gray(0), 2), FIGURES._replace(presented=1151))
        assert latest.as_json()["still_s"] == 0.0

    def test_only_get_and_head(self, sink):
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            assert ask(sink, method=method)[0] == 405
        status, _, body = ask(sink, method="HEAD")
        assert (status, body) == (200, b"")


class TestLoop:
    def test_nobody_watching_costs_no_copy_and_no_encoding(self, sink, monkeypatch):
        def refuse(*_):
            raise AssertionError("encoded for nobody")

        monkeypatch.setattr(cv2, "imencode", refuse)
        monkeypatch.setattr(np, "copyto", refuse)
        for i in range(100):
            assert sink.present(gray(i), observe(gray(i), i), FIGURES) is True
        assert ask(sink, "figures.json")[0] == 200

    def test_one_encoding_serves_all_viewers(self, sink, monkeypatch):
        encodings = []
        encode = cv2.imencode
        monkeypatch.setattr(cv2, "imencode", lambda *given: encodings.append(1) or encode(*given))
        with Feeding(sink) as feeding, Stream(sink) as one, Stream(sink) as two:
            seen = {frame_id for _ in range(10) for frame_id, _ in (one.next_picture(), two.next_picture())}
        assert len(seen) <= len(encodings) <= len(feeding.costs_s)

    def test_the_last_viewer_takes_the_encoding_with_him(self, sink):
        with Feeding(sink):
            with Stream(sink) as stream:
                stream.next_picture()
                assert sink._latest.watched
            wait_until(lambda: not sink._latest.watched, "the stream to be given up")

    def test_a_steady_size_allocates_nothing(self):
        latest = Latest()
        latest.watched = True
        picture, observation = gray(1), observe(gray(1), 0)
        for _ in range(3):
            latest.post(picture, observation, FIGURES)
            latest.encode()
        tracemalloc.start()
        try:
            for _ in range(10):
                latest.post(picture, observation, FIGURES)
            assert tracemalloc.get_traced_memory()[1] < 10000
        finally:
            tracemalloc.stop()

    def test_newest_wins_and_is_encoded_once(self):
        latest = Latest()
        latest.watched = True
        assert latest.encode() is None
        for level in (10, 20, 30):
            latest.post(gray(level), observe(gray(level), level), FIGURES)
        jpeg = latest.encode()
        assert jpeg.frame_id == 30
        np.testing.assert_allclose(decode(jpeg.data).astype(int), 30, atol=2)
        assert latest.encode() is None

    def test_the_caller_may_reuse_his_picture_at_once(self):
        latest = Latest()
        latest.watched = True
        picture = gray(200)
        latest.post(picture, observe(picture, 0), FIGURES)
        picture[:] = 0
        np.testing.assert_allclose(decode(latest.encode().data).astype(int), 200, atol=2)

    def test_a_viewer_who_never_reads_holds_up_nobody(self, sink):
        noise = np.random.RandomState(0).randint(0, 256, (480, 640, 3), np.uint8)  # some 400 kB a picture
        with mute_viewer(sink), Feeding(sink, lambda i: np.roll(noise, i, 0)) as feeding, Stream(sink) as stream:
            wait_until(lambda: len(sink._server.audience._streams) == 2, "both viewers")
            for _ in range(20):
                stream.next_picture()
        assert sorted(feeding.costs_s)[len(feeding.costs_s) // 2] < 0.05
        assert max(feeding.costs_s) < 1.0

    def test_a_viewer_who_takes_nothing_for_long_loses_his_seat(self, sink, monkeypatch):
        monkeypatch.setattr("runtime.sinks.audience.WRITE_TIMEOUT_S", 0.3)
        noise = np.random.RandomState(0).randint(0, 256, (480, 640, 3), np.uint8)
        with mute_viewer(sink), Feeding(sink, lambda i: noise):
            wait_until(lambda: sink._latest.watched, "the viewer")
            wait_until(lambda: not sink._latest.watched, "the seat to be given up")
            wait_until(lambda: not sink._server._runner.server.connections, "the connection to be cut")

    def test_a_viewer_who_leaves_in_a_stall_is_noticed(self, sink):
        with mute_viewer(sink):
            wait_until(lambda: sink._latest.watched, "the viewer")
        wait_until(lambda: not sink._latest.watched, "the seat to be given up")

    def test_a_full_house_is_told_so(self, sink):
        viewers = [mute_viewer(sink) for _ in range(STREAMS)]
        try:
            wait_until(lambda: len(sink._server.audience._streams) == STREAMS, "a full house")
            status, _, body = ask(sink, "stream.mjpg")
            assert (status, body) == (503, b"too many viewers: close another page first\n")
            assert ask(sink)[0] == 200
        finally:
            for viewer in viewers:
                viewer.close()

    def test_a_picture_that_cannot_be_encoded_ends_the_loop_with_the_reason(self, sink):
        with Feeding(sink, lambda _: np.zeros((2, 70000, 3), np.uint8)) as feeding, mute_viewer(sink):
            wait_until(lambda: feeding.error is not None, "the error")
        assert "cannot encode a picture of shape (2, 70000, 3)" in str(feeding.error)

    @pytest.mark.parametrize(
        "noise",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # a browser told to use https
            b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\x01: 2\r\n\r\n",
            b"A" * 20000 + b"\r\n\r\n",
        ],
        ids=["tls", "version", "header", "long"],
    )
    def test_noise_on_the_port_does_no_harm(self, sink, noise):
        with mute_viewer(sink, request=noise) as viewer:
            assert b"400" in viewer.recv(4096)
        assert ask(sink)[0] == 200


class TestAccess:
    @pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7", "fe80::1", "example.org", ""])
    @pytest.mark.parametrize("token", [None, ""])
    def test_beyond_localhost_only_with_a_token(self, address, token):
        with pytest.raises(UsageError, match="--token.*SHELFSIGHT_TOKEN") as caught:
            WebSink(listen=address, port=0, token=token)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"])
    def test_these_are_local(self, address):
        assert is_local(address)

    @pytest.mark.parametrize("path", ["", "stream.mjpg", "snapshot.jpg", "figures.json", "events", "nowhere"])
    def test_every_endpoint_wants_the_token(self, guarded, path):
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic s3cret"}, {"Cookie": "a=b"}):
            status, answered, body = ask(guarded, path, **headers)
            assert status == 401
            assert answered["WWW-Authenticate"] == "Bearer"
            assert body.count(b"\n") == 1
        assert ask(guarded, path + "?token=wrong")[0] == 401
        assert ask(guarded, path + "?token=")[0] == 401

    def test_the_token_in_the_address_or_in_a_header_opens(self, guarded):
        query = guarded.url.partition("?")[2]
        guarded.present(gray(0), observe(gray(0), 0), FIGURES)
        assert ask(guarded, "figures.json?" + query)[0] == 200
        header = "Bearer s3cret / ü".encode("utf-8").decode("latin-1")
        assert ask(guarded, "figures.json", Authorization=header)[0] == 200

    def test_the_first_visit_gets_a_cookie_and_a_clean_address(self, guarded):
        status, headers, body = ask(guarded, "?" + guarded.url.partition("?")[2])
        cookie, *attributes = [part.strip() for part in headers["Set-Cookie"].split(";")]
        assert status == 200
        assert b'content="0;url=./"' in body
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
        assert "s3cret" not in cookie
        assert b"Shelf<span>sight" in ask(guarded, Cookie=cookie)[2]
        assert ask(guarded, Cookie=cookie[:-1] + "x")[0] == 401

    def test_without_a_token_strange_host_names_are_refused(self, sink):
        port = base_of(sink).rpartition(":")[2].strip("/")
        for host in ("localhost:" + port, "127.0.0.1", "[::1]:" + port, "LocalHost"):
            assert ask(sink, Host=host)[0] == 200
        for host in (
            "evil.example",
            "evil.example:" + port,
            "localhost.evil.example",
            "192.168.1.5",
            "[::2]",
            "[",
            "[::1]evil.example",
            "localhost:80@evil.example",
            "[::1",
            "localhost:x",
            "[localhost]",
            "::1",
        ):
            assert ask(sink, Host=host)[0] == 403
        connection = HTTPConnection("127.0.0.1", int(port), timeout=WAIT_S)
        connection.putrequest("GET", "/", skip_host=True)
        connection.endheaders()
        assert connection.getresponse().status in (400, 403)  # newer aiohttp refuses a request without Host itself
        connection.close()

    @pytest.mark.parametrize("token", [" ", "\t ", "\n"])
    def test_a_blank_token_is_none(self, token):
        with pytest.raises(UsageError, match="blank"):
            Access("127.0.0.1", token)

    def test_with_a_token_any_host_name_will_do(self, guarded):
        assert ask(guarded, "?" + guarded.url.partition("?")[2], Host="camera.example")[0] == 200

    def test_a_token_of_any_characters_is_compared_whole(self):
        access = Access("0.0.0.0", "ü")
        assert access.refusal("h", "ü", None, None) is None
        assert access.refusal("h", None, None, access.cookie_value) is None
        assert access.refusal("h", "\udcfc", None, None).status == 401
        assert access.refusal("h", None, "bearer ü", None) is None
        assert Access("::1", None).is_token(None) is False


class TestOpening:
    def test_a_port_in_use_is_named(self, sink):
        port = int(base_of(sink).rpartition(":")[2].strip("/"))
        with pytest.raises(SinkError, match="port {} on 127.0.0.1 is in use.*--port N".format(port)) as caught:
            WebSink(port=port)
        assert "\n" not in str(caught.value)

    def test_an_address_of_another_machine(self):
        with pytest.raises(SinkError, match="no address 192.0.2.7.*--listen"):
            WebSink(listen="192.0.2.7", port=0, token="t")

    def test_a_name_that_does_not_resolve(self):
        with pytest.raises(SinkError, match="--listen nowhere.invalid is no address"):
            WebSink(listen="nowhere.invalid", port=0, token="t")

    @pytest.mark.parametrize("port", [-1, 65536])
    def test_a_port_that_is_none(self, port):
        with pytest.raises(UsageError, match="--port {}".format(port)):
            WebSink(port=port)

    def test_a_port_that_needs_root(self, monkeypatch):
        def refuse(*_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(socket.socket, "bind", refuse)
        with pytest.raises(SinkError, match="not allowed to listen on port 80.*--port N"):
            WebSink(port=80)

    def test_without_aiohttp_the_command_that_mends_it(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "aiohttp", None)
        with pytest.raises(MissingPackageError, match=r'pip install "\.\[dashboard\]" in a checkout'):
            WebSink(port=0)

    def test_aiohttp_is_loaded_only_by_a_page(self):
        script = "import sys, runtime.sinks.web; sys.exit('aiohttp' in sys.modules)"
        assert subprocess.call([sys.executable, "-c", script], timeout=60) == 0

    def test_ipv6(self):
        try:
            opened = WebSink(listen="::1", port=0)
        except SinkError as error:
            pytest.skip("no IPv6 here: {}".format(error))
        with opened:
            assert opened.url.startswith("http://[::1]:")
            assert ask(opened)[0] == 200

    def test_addresses_to_type(self):
        assert url_of("localhost", 80, None) == "http://localhost:80/"
        assert url_of("fe80::2", 80, "a b&c") == "http://[fe80::2]:80/?token=a%20b%26c"
        assert "0.0.0.0" not in url_of("0.0.0.0", 80, "t")


class TestClosing:
    def test_close_is_prompt_with_viewers_of_every_kind_and_frees_the_port(self):
        sink = WebSink(port=0)
        port = int(base_of(sink).rpartition(":")[2].strip("/"))
        noise = np.random.RandomState(0).randint(0, 256, (480, 640, 3), np.uint8)
        with mute_viewer(sink), mute_viewer(sink, "events"), mute_viewer(sink, ""), Stream(sink) as stream:
            with Feeding(sink, lambda _: noise):
                for _ in range(5):
                    stream.next_picture()
            began_s = time.monotonic()
            sink.close()
            assert time.monotonic() - began_s < CLOSE_S
            assert not sink._thread.is_alive()
            while stream.next_picture() is not None:
                pass
        with WebSink(port=port) as again:
            assert ask(again)[0] == 200

    def test_close_twice_and_present_afterwards(self):
        sink = WebSink(port=0)
        sink.close()
        sink.close()
        with pytest.raises(SinkError, match="closed"):
            sink.present(gray(0), observe(gray(0), 0), FIGURES)

    def test_a_request_that_never_ends_leaves_no_loose_task(self):
        request = b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n"
        with WebSink(port=0) as sink, mute_viewer(sink, request=request) as viewer:
            assert b"200 OK" in viewer.recv(4096)
            sink.close()
        del sink  # the fixture `quiet` hears of what is left when it is collected

    def test_no_thread_is_left(self):
        before = set(threading.enumerate())
        with WebSink(port=0) as sink, Feeding(sink):
            assert ask(sink, "snapshot.jpg")[0] == 200
        assert set(threading.enumerate()) == before


def test_the_report_and_the_page_share_their_keys():
    assert figures_as_json(FIGURES) == EXPECTED


class TestGuests:
    """Who asks for nothing makes room, and is sent away in time; who watches stays."""

    def connect(self, sink, data=b""):
        one = socket.create_connection(("127.0.0.1", int(base_of(sink).rsplit(":", 1)[1].rstrip("/"))), WAIT_S)
        one.sendall(data)
        return one

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Half:",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nhalf",
        ],
    )
    def test_an_idle_connection_is_closed(self, monkeypatch, data):
        monkeypatch.setattr(guests, "IDLE_S", 0.5)
        monkeypatch.setattr(guests, "SWEEP_S", 0.1)
        with WebSink(port=0) as sink, self.connect(sink, data) as one, contextlib.suppress(ConnectionResetError):
            while one.recv(65536):
                pass

    def test_a_viewer_is_not_idle(self, monkeypatch):
        monkeypatch.setattr(guests, "IDLE_S", 0.2)
        monkeypatch.setattr(guests, "SWEEP_S", 0.1)
        with WebSink(port=0) as sink, Feeding(sink, fps=20.0):
            stream = Stream(sink)
            begun_s = time.monotonic()
            while time.monotonic() < begun_s + 1.0:
                assert stream.next_picture() is not None

    @pytest.mark.filterwarnings("ignore::ResourceWarning")
    def test_idle_connections_make_room(self, monkeypatch, caplog):
        monkeypatch.setattr(guests, "MOST", 10)
        monkeypatch.setattr(guests, "MOST_BY_ADDRESS", 10)
        caplog.set_level(logging.ERROR, guests.log.name)
        with WebSink(port=0) as sink, Feeding(sink, fps=20.0), contextlib.ExitStack() as held:
            stream = Stream(sink)
            assert stream.next_picture() is not None
            for _ in range(40):
                held.enter_context(self.connect(sink))
            assert ask(sink, "figures.json")[0] == 200
            assert stream.next_picture() is not None

    def test_busy_ones_do_not(self, monkeypatch, caplog):
        monkeypatch.setattr(guests, "MOST", 2)
        monkeypatch.setattr(guests, "LEAST", 2)
        caplog.set_level(logging.ERROR, guests.log.name)
        with WebSink(port=0) as sink, Feeding(sink, fps=20.0):
            streams = [Stream(sink), Stream(sink)]
            with self.connect(sink) as third, contextlib.suppress(ConnectionResetError):
                assert third.recv(1) == b""
            assert all(stream.next_picture() is not None for stream in streams)


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), BrokenPipeError()])
def test_who_leaves_before_his_answer_is_no_traceback(error):
    record = logging.LogRecord(
        "aiohttp", logging.ERROR, "", 0, "Error handling request", (), (type(error), error, None)
    )
    assert not quiet_logger().filter(record)
    ours = KeyError("a fault of ours")
    record.exc_info = (KeyError, ours, None)
    assert quiet_logger().filter(record)
