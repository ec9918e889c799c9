"""The fleet against a real broker: who is there, how they are, and who has gone."""

import json
import logging

import numpy as np
import pytest
from real_mosquitto import Listener, Mosquitto, free_port, until

pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")

from jetson import fleet
from runtime.bundle import Bundle
from runtime.figures.board import BoardReading
from runtime.figures.figures import Figures, Stages
from runtime.frame import Detections, Frame, Names, Observation, Words
from runtime.mqtt.address import Broker
from runtime.mqtt.ears import Ears
from runtime.sinks.mqtt import MqttSink

BOARD = BoardReading((("CPU", 51.5),), ())
FIGURES = Figures(30.0, 29.9, 24.5, 40.0, 60.0, Stages(detect=25.0), 120, 100, 77, 300, "detect", board=BOARD)
PICTURE = np.zeros((48, 64, 3), np.uint8)


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory):
    with Mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


def present(sink):
    nothing = Detections(np.zeros((0, 4), np.float32), np.ones(0, np.float32), np.zeros(0, np.int32))
    names = Names(np.zeros(0, np.int32), np.ones(0, np.float32), 0, 0)
    sink.present(
        PICTURE, Observation(Frame(PICTURE, 0, 0.0), nothing, np.arange(0), names, Words([], ["tea"])), FIGURES
    )


def listed(port, capsys):
    assert fleet.main(["--mqtt", "mqtt://127.0.0.1:{}/shop".format(port), "--json"]) == 0
    return {device["prefix"]: device for device in json.loads(capsys.readouterr().out)}


def test_two_devices_are_listed_and_one_goes(mosquitto, tiny_folder, capsys):
    bundle = Bundle.open(str(tiny_folder))
    address = Broker("127.0.0.1", mosquitto.port, False, None, None, "shop/a")
    with Listener(mosquitto.port) as listener, MqttSink(address._replace(prefix="shop/b")) as second:
        with MqttSink(address, bundle=bundle) as first:
            present(first)
            present(second)
            logging.getLogger("a camera").warning("the camera is %s", "away")
            until("the fault", lambda: "away" in listener.text("shop/a/about"))
            until("the figures", lambda: {"shop/a/figures", "shop/b/figures"} <= set(listener.retained))
            found = listed(mosquitto.port, capsys)
            assert sorted(found) == ["shop/a", "shop/b"]
            one = found["shop/a"]
            assert (one["state"], one["true_fps"], one["temperature_celsius"]) == ("online", 24.5, 51.5)
            assert (one["bundle"], one["sha256"]) == (bundle.name, bundle.sha256)
            assert one["last_fault"] == "the camera is away"
            assert one["last_seen"]
        until("its goodbye", lambda: listener.text("shop/a/availability") == "offline")
        assert fleet.main(["--mqtt", "mqtt://127.0.0.1:{}".format(mosquitto.port)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[:2] for line in lines] == [
            ["device", "state"],
            ["shop/a", "offline"],
            ["shop/b", "online"],
        ]
        assert "the camera is away" in lines[1]
        # started again: what went wrong before is the last fault until something else does
        with MqttSink(address, bundle=bundle) as first:
            listener.retained.pop("shop/a/about")
            until("it to tell of itself", lambda: "shop/a/about" in listener.retained)
            assert "away" in listener.text("shop/a/about")


def test_ears_are_asked_without_a_broker():
    """A bundle on trial is given back then, too."""

    class Counting(Ears):
        asked = 0

        def say(self):
            self.asked += 1
            return []

    ears = Counting()
    with MqttSink(Broker("127.0.0.1", free_port(), False, None, None, "shop/a")) as sink:
        sink.listen(ears)
        until("it to be asked", lambda: ears.asked > 0)


def test_nobody_there_and_no_broker(mosquitto, capsys):
    assert fleet.main(["--mqtt", "mqtt://127.0.0.1:{}/nowhere".format(mosquitto.port)]) == 0
    assert "nobody told mqtt://127.0.0.1" in capsys.readouterr().err
    assert fleet.main(["--mqtt", "mqtt://127.0.0.1:{}".format(free_port())]) == 1
    assert "refused" in capsys.readouterr().err
    assert fleet.main(["--mqtt", "http://127.0.0.1"]) == 2
