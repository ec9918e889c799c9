"""Devices out of messages: what is ours is found, and a stranger's message, whatever it holds, is at worst a dash."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetson.devices.device import Device, with_about, with_figures
from jetson.devices.finding import Devices
from jetson.devices.table import COLUMNS, table
from runtime.mqtt import discovery
from runtime.mqtt.about import About, fault_in
from runtime.mqtt.messages import Topics


def announced(devices, prefix, **changed):
    topics = Topics(prefix)
    content = dict(json.loads(discovery.config(topics, ["tea"], True, False)), **changed)
    return devices.note(discovery.config_topic(topics), json.dumps(content).encode())


def test_a_device_is_found_and_followed_once():
    devices = Devices()
    assert announced(devices, "shop/a") == [
        "shop/a/" + level for level in ("availability", "about", "figures", "bundle")
    ]
    assert announced(devices, "shop/a") == []
    devices.note("shop/a/availability", b"online")
    devices.note("shop/a/figures", b'{"true_fps": 24.5, "temperature_celsius": 51.5, "source": "offline"}')
    devices.note("shop/a/about", About().text().encode())
    found = devices.get("shop/a")
    assert (found.state, found.true_fps, found.temperature_celsius) == ("no picture", 24.5, 51.5)
    assert found.version
    assert found.bundle is None


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": {"name": "zigbee2mqtt"}},
        {"origin": None},
        {"availability": [{"topic": "shop/+/availability"}]},
        {"availability": [{"topic": "shop/b/availability"}]},  # of another device: its own announcement says so
        {"availability": [{"topic": 1}]},
        {"availability": {}},
    ],
)
def test_what_is_no_announcement_of_ours_is_left(changed):
    devices = Devices()
    assert announced(devices, "shop/a", **changed) == []
    assert devices.all() == []


def test_below_a_prefix():
    devices = Devices("shop")
    for prefix in ("shop/a", "shopping/a", "shop", "home/a"):
        announced(devices, prefix)
    assert [device.prefix for device in devices.all()] == ["shop", "shop/a"]


KEYS = st.sampled_from(["true_fps", "source", "bundle", "name", "last_fault", "text", "at"])
VALUES = st.recursive(
    st.none() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=8
)


@given(st.binary(max_size=100) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_message_is_read(payload):
    device = with_about(with_figures(Device("a", True), payload), payload)
    line = table([device])[1]
    assert line.isprintable()
    assert len(line) < 100 * len(COLUMNS)
    fault_in(payload)


def test_a_long_fault_that_steers_a_terminal_is_cut_and_escaped():
    about = json.dumps({"last_fault": {"text": "\x1b[2J" * 1000, "at": "2026-11-27T11:59:02.681Z"}}).encode()
    line = table([with_about(Device("a"), about)])[1]
    assert "2026-11-27 11:59:02Z \\x1b[2J" in line
    assert len(line) < 200
