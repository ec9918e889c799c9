"""A bundle rolled out over a real broker, to devices that lack nothing but a camera and networks."""

import json
import shutil

import pytest
from real_mosquitto import Mosquitto, until

pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")

from benchmarks.stand_ins.device import SimulatedDevice
from jetson import fleet
from runtime.bundle import Bundle
from runtime.mqtt import teller


@pytest.fixture
def mosquitto(tmp_path, monkeypatch):
    monkeypatch.setattr(teller, "FIGURES_EVERY_S", 0.2)
    with Mosquitto(tmp_path) as running:
        yield running


@pytest.fixture
def key(tmp_path):
    (tmp_path / "key").write_text("a key of many letters\n")
    return str(tmp_path / "key")


@pytest.fixture
def another(tmp_path, tiny_folder):
    """A bundle of another name, and so of another hash."""
    folder = tmp_path / "another"
    shutil.copytree(str(tiny_folder), str(folder))
    description = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps(dict(description, name="another")))
    return str(folder)


class Shop:
    """Devices a, b and so on."""

    def __init__(self, mosquitto, bundle, folder, key):
        self.mqtt = "mqtt://127.0.0.1:{}/shop".format(mosquitto.port)
        self._bundle, self._folder, self._key = str(bundle), folder, key
        self.devices = {}

    def start(self, name, takes=True, key=None, **how):
        folder = str(self._folder / name) if takes else None
        key = (key or self._key) if takes else None
        self.devices[name] = SimulatedDevice("{}/{}".format(self.mqtt, name), self._bundle, folder, key, **how)

    def roll(self, bundle, capsys, *flags):
        """The exit status, and what came of each."""
        until("them to begin", lambda: all(device.starts for device in self.devices.values()))
        arguments = ["roll", bundle, "--mqtt", self.mqtt, "--bundle-key", self._key, "--json", "--answer", "60"]
        status = fleet.main(arguments + list(flags))
        outcomes = json.loads(capsys.readouterr().out)
        return status, {one["prefix"][-1]: (one["word"], one["bundle"].split()[0], one["why"]) for one in outcomes}

    def close(self):
        for device in self.devices.values():
            device.close()


@pytest.fixture
def shop(mosquitto, tiny_folder, tmp_path, key):
    running = Shop(mosquitto, tiny_folder, tmp_path, key)
    yield running
    running.close()


def test_to_all_and_what_fails_ends_it(shop, another, tiny_folder, capsys):
    name = Bundle.open(str(tiny_folder)).name
    shop.start("a")
    shop.start("b", takes=False)
    shop.start("c", flips=True)
    shop.start("d", share_with_another=0.7)
    shop.start("e")
    status, came = shop.roll(another, capsys)
    assert status == fleet.FAILED
    assert came["a"][:2] == ("has it", "another")
    assert came["b"] == ("left out", name, "it takes none: started without --take-bundles")
    assert came["c"][:2] == ("failed", name)
    assert "detector.onnx has sha256" in came["c"][2]
    assert came["d"][:2] == came["e"][:2] == ("not reached", name)

    status, came = shop.roll(another, capsys)  # the bit was turned once
    assert (status, came["a"][0], came["c"][:2]) == (fleet.FAILED, "had it", ("has it", "another"))
    assert came["d"][:2] == ("failed", name)
    assert "true FPS fell from 30.0 to 21.0, by more than 10 %" in came["d"][2]
    assert "it runs " + name in came["d"][2]
    assert came["e"][:2] == ("not reached", name)

    status, came = shop.roll(another, capsys, "--fall", "0.5")
    assert status == 0
    assert came["d"][:2] == came["e"][:2] == ("has it", "another")
    assert shop.devices["d"].starts == 4  # there, back, there


def test_a_device_with_another_key(shop, another, tmp_path, capsys):
    (tmp_path / "other").write_text("another key of many letters\n")
    shop.start("a", key=str(tmp_path / "other"))
    status, came = shop.roll(another, capsys, "--answer", "2")
    assert (status, came["a"][0]) == (fleet.FAILED, "failed")
    assert "did not come to that within 2 s" in came["a"][2]
    assert "the signature is wrong" in came["a"][2]
    assert shop.devices["a"].starts == 1
