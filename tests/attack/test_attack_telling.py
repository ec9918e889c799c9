"""The short forms of what is tried on everything that tells: odd requests, a broker's garbage, a crowd."""

import random

import pytest
from attack import crowd, routes, telling

pytest.importorskip("aiohttp", reason="aiohttp is not installed")
pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")
pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


def test_odd_requests_and_a_broker_that_sends_garbage(tiny_folder):
    found = telling.attack(4.0, 3, ["--bundle", str(tiny_folder)])
    assert found["requests"] > 2
    assert telling.is_right(dict(found, **{"growth MiB": 0.0, "growth threads": 0.0, "growth handles": 0.0})), found


def test_a_crowd(tiny_folder):
    found = crowd.attack(200, 3, ["--bundle", str(tiny_folder)], hold_s=1.0)
    waits_s = found.pop("newcomer waits s, after it")
    assert max(waits_s) < float("inf"), found
    assert crowd.is_right(dict(found, **{"newcomer waits s, after it": (0.0, 0.0), "exit status": 0})), found


def test_what_is_wrong_is_found():
    right = {
        "running": True, "exit status": 0, "tracebacks": 0, "statuses": {"200": 3}, "broker's calls": 2,
        "growth MiB": 0.1, "growth threads": 0, "growth handles": 0,
    }  # fmt: skip
    assert telling.is_right(right)
    for wrong in ({"growth MiB": 5.1}, {"tracebacks": 1}, {"statuses": {"500": 1}}, {"exit status": 1}):
        assert not telling.is_right(dict(right, **wrong))


def test_requests_are_of_many_kinds_and_the_same_for_a_seed():
    first, again = ([routes.made_up(random.Random(4)) for _ in range(1)] for _ in range(2))
    assert first == again
    chance = random.Random(5)
    made = [routes.made_up(chance) for _ in range(500)]
    assert {b"GET", b"PUT", b"POST", b"HEAD"} <= {one.split(b" ")[0] for one in made}
    assert len({one.split(b" ")[1].split(b"?")[0] for one in made if b" " in one}) > 40
