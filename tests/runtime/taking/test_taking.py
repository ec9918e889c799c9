"""A bundle taken: only what is ordered, signed and whole; broken off at any moment, what ran runs on."""

import json
import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.bundle import Bundle
from runtime.clock import FakeClock
from runtime.command_line.arguments import settings_from_arguments
from runtime.errors import UsageError
from runtime.taking import protocol
from runtime.taking.incoming import Incoming
from runtime.taking.place import INCOMING, MOST_STARTS, STATE, Place
from runtime.taking.protocol import BACK, KEEP, NAMES, TAKE, Order, OrderError, piece_of, read_order, text_of
from runtime.taking.taker import SILENCE_S, TRIAL_S, Taker
from runtime.taking.trying import command_of

KEY = b"sixteen bytes or more"
SHA = "a" * 64


class Device:
    """A taker and the fleet's half of its talk."""

    def __init__(self, folder, bundle, key=None, verdict=""):
        self.bundle, self.key, self.clock = Bundle.open(str(bundle)), key, FakeClock()
        self.folder, self.verdict = folder, verdict
        self.start()

    def start(self):
        """The program begins, and so does the trial of what was taken."""
        self.place, self.again = Place(str(self.folder)), []
        self.running = self.place.begin()
        self.taker = Taker(self.place, self.key, lambda _: self.verdict, lambda: self.again.append(1), self.clock)
        self.taker.topics("shop/a")
        self.turn()

    def turn(self):
        """What is said that is not the state."""
        others = []
        for said in self.taker.say():
            if said.topic == "shop/a/bundle":
                self.state = json.loads(said.payload)
            else:
                others.append(json.loads(said.payload))
        return others

    def order(self, kind, key=None, sizes=None, sha256=None):
        sizes = sizes or {name: os.path.getsize(os.path.join(self.bundle.folder, name)) for name in NAMES}
        order = Order(kind, sha256 or self.bundle.sha256, sizes)
        self.taker.hear("shop/a/bundle/order", text_of(order, "shop/a", self.state["nonce"], key or self.key).encode())
        return self.turn()

    def fetch(self, pieces=10**6, alter=lambda name, data: data):
        """Answer wants until there are no more; whether it ended so."""
        self.clock.advance(10)  # until it asks again
        wants = self.turn()
        while pieces and wants:
            name, offset = wants[0]["file"], wants[0]["offset"]
            with open(os.path.join(self.bundle.folder, name), "rb") as file:
                file.seek(offset)
                data = file.read(protocol.PIECE_BYTES)
            self.taker.hear("shop/a/bundle/piece", piece_of(name, offset, alter(name, data)))
            wants, pieces = self.turn(), pieces - 1
        return wants == []

    def check(self):
        self.taker._checker.join()
        self.turn()

    def take(self):
        wants = self.order(TAKE)
        assert wants[0]["file"] == "bundle.json"
        self.fetch()
        self.check()


@pytest.fixture
def device(tmp_path, tiny_folder):
    return Device(tmp_path / "taken", tiny_folder)


def test_taken_tried_and_kept(device):
    assert device.state["state"] == "idle"
    device.clock.advance(2 * TRIAL_S)  # a trial begins when the bundle is taken, not when the program began
    device.take()
    device.turn()
    assert (device.state["state"], device.again) == ("trial", [1])
    device.start()
    assert device.running.endswith(device.bundle.sha256)
    assert Bundle.open(device.running).sha256 == device.bundle.sha256
    assert device.state["state"] == "trial"
    device.order(KEEP)
    assert device.state["state"] == "idle"
    for _ in range(5):  # starts are counted on trial alone
        device.start()
        assert device.running is not None
    device.order(TAKE)
    assert (device.state["state"], device.state["wanted"]) == ("idle", device.bundle.sha256)  # it has it


@pytest.mark.parametrize("how", ["by order", "by itself", "at the third start"])
def test_given_back(device, how):
    device.take()
    device.start()
    if how == "by order":
        device.order(BACK)
    elif how == "by itself":
        device.clock.advance(TRIAL_S + 1)
        device.turn()
    else:
        for _ in range(MOST_STARTS):
            device.start()
    assert device.state["state"] == "failed"
    assert device.state["why"]
    device.start()
    assert device.running is None
    assert sorted(os.listdir(str(device.folder))) == [STATE]


@pytest.mark.parametrize("name", ["bundle.json", "detector.onnx", "parity.npz"])
def test_a_bit_turned_round_is_found(device, name):
    device.order(TAKE)
    device.fetch(alter=lambda found, data: data[:-1] + bytes([data[-1] ^ 1]) if found == name else data)
    if name != "bundle.json":
        device.check()
    assert device.state["state"] == "failed"
    assert "sha256" in device.state["why"]
    assert device.again == []
    assert os.listdir(str(device.folder)) == []


def test_what_does_not_run_is_not_taken(tmp_path, tiny_folder):
    device = Device(tmp_path / "taken", tiny_folder, verdict="the check ended with 1: no memory")
    device.take()
    assert (device.state["state"], device.state["why"]) == ("failed", "the check ended with 1: no memory")
    assert (device.again, os.listdir(str(device.folder))) == ([], [])
    device.verdict = ""
    device.take()  # another time
    assert device.again == [1]


@given(pieces=st.integers(0, 8))
def test_killed_at_any_moment_what_ran_runs_on(tmp_path_factory, tiny_folder, pieces):
    device = Device(tmp_path_factory.mktemp("taken"), tiny_folder)
    device.order(TAKE)
    device.fetch(pieces)
    (device.folder / ".being-written-x").write_text("{")  # as a kill in the middle of a write leaves it
    device.start()
    assert device.running is None
    assert INCOMING not in os.listdir(str(device.folder))


def test_a_full_disk(device, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 100, 1 << 20))
    device.order(TAKE)
    assert "MB free" in device.state["why"]
    monkeypatch.undo()
    device.order(TAKE)
    device.fetch(1)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    device.fetch()
    monkeypatch.undo()
    assert device.state["state"] == "failed"
    assert "No space left" in device.state["why"]
    assert os.listdir(str(device.folder)) == []


def test_a_fleet_that_falls_silent(device):
    device.order(TAKE)
    device.clock.advance(SILENCE_S + 1)
    device.turn()
    assert "no piece" in device.state["why"]


def test_only_what_is_signed(tmp_path, tiny_folder, caplog):
    device = Device(tmp_path / "taken", tiny_folder, key=KEY)
    nonce = device.state["nonce"]
    for key in (b"another key of 16", None):
        order = Order(TAKE, device.bundle.sha256, dict.fromkeys(NAMES, 10))
        device.taker.hear("shop/a/bundle/order", text_of(order, "shop/a", nonce, key).encode())
        device.turn()
        assert device.state["state"] == "idle"
    assert "signature" in caplog.text
    device.order(TAKE)
    assert device.state["state"] == "fetching"
    assert device.state["nonce"] != nonce


def test_a_signed_order_is_of_one_device_and_one_time():
    text = text_of(Order(KEEP, SHA, {}), "shop/a", "1", KEY).encode()
    assert read_order(text, "shop/a", "1", KEY) == Order(KEEP, SHA, {})
    for prefix, nonce in (("shop/b", "1"), ("shop/a", "2")):
        with pytest.raises(OrderError):
            read_order(text, prefix, nonce, KEY)
    with pytest.raises(OrderError):
        read_order(text.replace(b"keep", b"back"), "shop/a", "1", KEY)


@pytest.mark.parametrize(
    "changed",
    [
        {"sha256": "../../etc"},
        {"sha256": "A" * 64},
        {"order": "delete"},
        {"sizes": {"../x": 5}},
        {"sizes": None},
        {"sizes": dict.fromkeys(NAMES, 0)},
        {"sizes": dict.fromkeys(NAMES, 1 << 40)},
        {"sizes": dict.fromkeys(NAMES, True)},
        {"sizes": dict(dict.fromkeys(NAMES, 1), **{"detector.onnx": 1 << 29})},
    ],
)
def test_what_is_no_order(changed):
    content = {"order": TAKE, "sha256": SHA, "sizes": dict.fromkeys(NAMES, 5), "nonce": "1"}
    assert read_order(json.dumps(content).encode(), "a", "1", None).sha256 == SHA
    with pytest.raises(OrderError):
        read_order(json.dumps(dict(content, **changed)).encode(), "a", "1", None)


@given(st.binary(max_size=60))
def test_any_bytes_are_read(payload):
    protocol.read_piece(payload)
    protocol.read_want(payload)
    with pytest.raises(OrderError):
        read_order(payload, "a", "1", None)


def test_a_piece_beyond_its_file_or_of_another_place(tmp_path):
    incoming = Incoming(str(tmp_path / "in"), SHA, dict.fromkeys(NAMES, 5))
    incoming.take("detector.onnx", 0, b"12345")
    incoming.take("bundle.json", 3, b"12")
    assert incoming.wanted == ("bundle.json", 0)
    with pytest.raises(OrderError, match="longer"):
        incoming.take("bundle.json", 0, b"123456")
    assert protocol.read_piece(piece_of("../x.onnx", 0, b"1")) is None


def test_a_taken_bundle_that_was_damaged_gives_way(device, caplog):
    device.take()
    device.start()
    device.order(KEEP)
    with open(os.path.join(device.place.running_folder, "detector.onnx"), "ab") as file:
        file.write(b"x")
    device.start()
    assert device.running is None
    assert "altered" in caplog.text


@pytest.mark.parametrize("text", ["", "[]", "{", '{"running": "../../x"}', '{"running": 5, "starts": "x"}'])
def test_a_state_that_is_none(tmp_path, text):
    (tmp_path / STATE).write_text(text)
    (tmp_path / "mine").mkdir()
    assert Place(str(tmp_path)).begin() is None
    assert (tmp_path / "mine").is_dir()


def test_flags(tmp_path):
    key = tmp_path / "key"
    key.write_bytes(b"short\n")
    with pytest.raises(UsageError, match="openssl rand"):
        protocol.read_key(str(key))
    for flags in (["--take-bundles", "x"], ["--bundle-key", "x", "--mqtt", "mqtt://h"]):
        with pytest.raises(UsageError):
            settings_from_arguments(flags)


def test_the_check_runs_the_networks_as_the_program_does():
    flags = ["--res", "320x240", "--size", "96", "--engine", "onnx", "--square", "--threads", "2", "--mqtt", "mqtt://h"]
    checked = settings_from_arguments(command_of(settings_from_arguments(flags), "folder"))
    assert (checked.res, checked.size, checked.engine) == ((320, 240), 96, "onnx")
    assert (checked.square, checked.threads) == (True, 2)
    assert (checked.bundle, checked.mqtt, checked.sinks) == ("folder", None, ("none",))
