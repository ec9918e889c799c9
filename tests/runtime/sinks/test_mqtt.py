"""MQTT against a real broker: killed, started again, a wrong password, leftovers; and one that sends garbage."""

import gc
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from real_mosquitto import Listener, Mosquitto, free_port, need_mosquitto, until

pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")

from runtime.figures.board import BoardReading
from runtime.figures.counts import Counts, ZoneCount, ZoneCounts
from runtime.figures.figures import Figures, Stages
from runtime.figures.shelf import ShelfNow, SlotNow
from runtime.frame import UNKNOWN, Detections, Frame, Names, Observation, Words
from runtime.mqtt.address import Broker
from runtime.mqtt.messages import Seen, Topics, place_messages
from runtime.mqtt.teller import WAITING
from runtime.sinks.mqtt import MqttSink

BOARD = BoardReading((("CPU", 51.5),), ())
FIGURES = Figures(30.0, 29.9, 24.5, 40.0, 60.0, Stages(detect=25.0), 120, 100, 77, 300, "detect", board=BOARD)
COUNTS = Counts((ZoneCounts("till", (("tea", ZoneCount(1, 3, 2, 7.0)),)),))
SHELF = ShelfNow((SlotNow("left", "tea", "low", 12.3, 1, 2, None, 0.9, (0.1, 0.2, 0.3, 0.4)),))
PICTURE = np.zeros((48, 64, 3), np.uint8)
CONFIG = "homeassistant/device/shelfsight_shop_2Fa/config"


def broker(port, user=None, password=None):
    return Broker("127.0.0.1", port, False, user, password, "shop/a")


def shown(frame_id, tracks, seconds=0.0, products=("tea", "차 #1")):
    count = len(tracks)
    detections = Detections(np.zeros((count, 4), np.float32), np.ones(count, np.float32), np.zeros(count, np.int32))
    names = Names(np.array(tracks, np.int32), np.ones(count, np.float32), count, 0)
    frame = Frame(PICTURE, frame_id, time.monotonic() + seconds)
    return Observation(frame, detections, np.arange(count), names, Words(["jar"], list(products)))


def present(sink, *observations):
    for each in observations:
        assert sink.present(PICTURE, each, FIGURES) is True


@pytest.fixture
def mosquitto(tmp_path):
    with Mosquitto(tmp_path) as running:
        yield running


def count_of(listener, word):
    text = listener.text("shop/a/products/" + word)
    return json.loads(text)["count"] if text else None


def test_what_is_seen_is_told(mosquitto):
    with Listener(mosquitto.port) as listener:
        with MqttSink(broker(mosquitto.port), picture_every_s=1.0) as sink:
            present(sink, *[shown(n, [0, 0, 1, UNKNOWN]) for n in range(4)])
            until("the products", lambda: (count_of(listener, "tea"), count_of(listener, "=EC=B0=A8=20=231")) == (2, 1))
            until("the figures", lambda: "shop/a/figures" in listener.retained)
            until("the events", lambda: len(listener.events) == 2)
            until("the picture", lambda: listener.retained.get("shop/a/picture", b"")[:2] == b"\xff\xd8")
            assert listener.text("shop/a/availability") == "online"
            figures = json.loads(listener.text("shop/a/figures"))
            assert (figures["true_fps"], figures["temperature_celsius"], figures["source"]) == (24.5, 51.5, "online")
            event = json.loads(listener.events[0])
            assert (event["event_type"], event["product"]) == ("appears", "tea")
            config = json.loads(listener.text(CONFIG))
            assert set(config["components"]) == {
                "true_fps", "source", "last_seen", "change", "temperature", "picture", "product_tea",
                "product__EC_B0_A8_20_231",
            }  # fmt: skip
            present(sink, shown(None, []))
        until("our goodbye", lambda: listener.text("shop/a/availability") == "offline")
        assert json.loads(listener.text("shop/a/figures"))["source"] == "offline"
        assert count_of(listener, "tea") == 0


def test_zones_and_slots_have_a_topic_each_where_there_are_any():
    till = {"now": 1, "entered": 3, "left": 2, "dwell_s": 7.0, "mean_dwell_s": 2.33}
    figures = FIGURES._replace(counts=COUNTS, shelf=SHELF)
    messages = place_messages(Seen(shown(0, [0]), figures, {}), Topics("shop/a"))
    assert json.loads(messages["shop/a/counts"])["zones"] == {"till": dict(till, products={"tea": till})}
    (slot,) = json.loads(messages["shop/a/shelf"])["slots"]
    assert (slot["slot"], slot["state"], slot["facings"]) == ("left", "low", 1)
    assert place_messages(Seen(shown(0, [0]), FIGURES, {}), Topics("shop/a")) == {}


def test_a_product_that_goes_leaves_nothing_behind(mosquitto):
    with Listener(mosquitto.port) as listener:
        with MqttSink(broker(mosquitto.port)) as sink:
            present(sink, shown(0, [0]))
            until("both", lambda: len([t for t in listener.retained if "/products/" in t]) == 2)
            present(sink, shown(1, [0], products=("tea",)))
            until("one to go", lambda: "shop/a/products/=EC=B0=A8=20=231" not in listener.retained)
            assert count_of(listener, "tea") == 1
        with MqttSink(broker(mosquitto.port)) as sink:  # another run, which knows another product
            present(sink, shown(0, [0], products=("soap",)))
            until(
                "the old one to go",
                lambda: [t for t in listener.retained if "/products/" in t] == ["shop/a/products/soap"],
            )
            until("no other sensor", lambda: "product_tea" not in listener.text(CONFIG))
            assert "product_soap" in listener.text(CONFIG)


def test_the_broker_is_killed_and_comes_back(mosquitto, caplog):
    caplog.set_level(logging.INFO)
    with MqttSink(broker(mosquitto.port)) as sink:
        present(sink, *[shown(n, [0]) for n in range(4)])
        until("the connection", lambda: "told to" in caplog.text)
        mosquitto.kill()
        until("the loss", lambda: "tried again" in caplog.text)
        present(sink, shown(None, []), shown(4, [1]))  # offline, online
        mosquitto.start()
        with Listener(mosquitto.port) as listener:
            until("the newest", lambda: count_of(listener, "tea") == 0)
            until(
                "what came meanwhile",
                lambda: [json.loads(e)["kind"] for e in listener.events][-2:] == ["offline", "online"],
            )


def test_a_broker_that_is_away_costs_the_loop_nothing_and_events_are_bounded():
    with MqttSink(broker(free_port())) as sink:
        began_s = time.monotonic()
        for number in range(WAITING + 50):
            present(sink, shown(None if number % 2 else number, []))
        assert time.monotonic() - began_s < 2.0
        assert len(sink._teller._events) == WAITING
        assert sink._teller.dropped == 49  # each change but the first picture is one


def test_a_wrong_password_is_said_once_and_not_shown(tmp_path, caplog):
    with Mosquitto(tmp_path, {"u": "right"}) as guarded:
        with MqttSink(broker(guarded.port, "u", "s3cret")) as sink:
            present(sink, shown(0, [0]))
            until("the refusal", lambda: "refused" in caplog.text)
        with MqttSink(broker(guarded.port, "u", "right")) as sink, Listener(guarded.port, "u", "right") as listener:
            present(sink, shown(0, [0]))
            until("the product", lambda: count_of(listener, "tea") == 1)
    assert "not authori" in caplog.text
    assert "--mqtt" in caplog.text
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x20\xff\xff\xff\xff\xff",
        b"\x20\x02\x00\x00\x30\x02\xff\xff",
        b"\x20\x02\x00\x00\x90\x01\x00",
        b"\x20\x02\x00\x00\x00\x00",
        b"\x20\x00",
        b"",
    ],
)
def test_a_broker_that_sends_garbage_is_left(sent, caplog):
    """The thread lives, and tries again."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(8)
        calls = []

        def answer():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                calls.append(1)
                with connection:
                    connection.recv(4096)
                    connection.sendall(sent)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        with MqttSink(broker(server.getsockname()[1])) as sink:
            present(sink, shown(0, [0]))
            until("another try", lambda: len(calls) >= 2)
            assert sink._teller._thread.is_alive()
        server.shutdown(socket.SHUT_RDWR)


def test_a_broker_that_takes_nothing_more_gets_nothing_more(caplog):
    """It says hello and answers no message: what is sent waits for it, and does not pile up."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(8)
        got = []

        def answer():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"\x20\x02\x00\x00")
                while True:
                    data = connection.recv(65536)
                    if not data:
                        return
                    got.append(data)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        with MqttSink(broker(server.getsockname()[1])) as sink:
            for number in range(3):
                present(sink, shown(number, [0, 1]))
            until("the first word", lambda: b"online" in b"".join(got))
            for number in range(3, 400):
                present(sink, shown(number, [number % 2] * (number % 5)))
                time.sleep(0.005)
            told = b"".join(got)
            assert told.count(b"shop/a/products/tea") <= 2
            assert told.count(b"shop/a/figures") <= 1
        server.shutdown(socket.SHUT_RDWR)


# paho leaves the socket of a failed handshake to the garbage collector
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_tls_and_a_certificate_that_nobody_vouches_for(tmp_path, monkeypatch, caplog):
    files = [str(tmp_path / name) for name in ("certificate.pem", "key.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-out", files[0], "-keyout", files[1]]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    caplog.set_level(logging.INFO)
    with Mosquitto(tmp_path, certificate=files) as guarded:
        address = Broker("localhost", guarded.port, True, None, None, "shop/a")
        with MqttSink(address) as sink:
            present(sink, shown(0, [0]))
            until("the refusal", lambda: "certificate" in caplog.text.lower())
            assert "told to" not in caplog.text
        monkeypatch.setenv("SSL_CERT_FILE", files[0])
        with MqttSink(address) as sink:
            present(sink, shown(0, [0]))
            until("the connection", lambda: "told to mqtts://localhost" in caplog.text)
    gc.collect()


def test_without_the_package_it_says_so(monkeypatch):
    from runtime.errors import MissingPackageError

    monkeypatch.setitem(sys.modules, "paho.mqtt", None)
    with pytest.raises(MissingPackageError, match="pip install '.\\[mqtt\\]'"):
        MqttSink(broker(1))


@pytest.mark.slow
def test_the_program_is_killed_and_the_broker_says_so(mosquitto, tiny_folder, root):
    need_mosquitto()
    command = [sys.executable, "-m", "runtime.camera", "--source", "demo://", "--bundle", str(tiny_folder)]
    command += ["--sink", "none", "--mqtt", "mqtt://127.0.0.1:{}/shop/a".format(mosquitto.port)]
    with Listener(mosquitto.port) as listener:
        program = subprocess.Popen(command, cwd=str(root), stderr=subprocess.DEVNULL)
        try:
            until(
                "the program", lambda: listener.text("shop/a/availability") == "online" and CONFIG in listener.retained
            )
            os.kill(program.pid, signal.SIGKILL)
            until("its will", lambda: listener.text("shop/a/availability") == "offline")
        finally:
            program.kill()
            program.wait()
