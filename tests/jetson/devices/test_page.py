"""The fleet's page: who may see it, and that what devices tell is text on it."""

import asyncio
import contextlib
import json

import pytest

pytest.importorskip("aiohttp", reason="aiohttp is not installed")

from aiohttp import ClientSession, web
from real_mosquitto import free_port

from jetson.devices.finding import Devices
from jetson.devices.page import FleetPage
from jetson.fleet import main
from runtime.mqtt import discovery
from runtime.mqtt.messages import Topics
from runtime.sinks.access import Access
from runtime.sinks.listening import open_listening_socket


class Followed:
    """What a connection has heard."""

    trouble = ""

    def __init__(self):
        self.devices = Devices()
        topics = Topics("shop/a")
        self.devices.note(discovery.config_topic(topics), discovery.config(topics, [], False, False).encode())
        self.devices.note(topics.availability, b"online")
        self.devices.note(topics.about, b'{"version": "<script>alert(1)</script>"}')


def asked(token, *requests):
    """Status, headers and text of each: (path, headers) of `requests`."""

    async def ask():
        listener = open_listening_socket("127.0.0.1", 0)
        url = "http://127.0.0.1:{}".format(listener.getsockname()[1])
        serving = asyncio.ensure_future(FleetPage(web, Access("127.0.0.1", token), Followed()).run(listener))
        answers = []
        async with ClientSession() as session:
            for path, headers in requests:
                async with session.get(url + path, headers=headers) as answer:
                    answers.append((answer.status, dict(answer.headers), await answer.text()))
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        listener.close()
        return answers

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(ask())
    finally:
        loop.close()


def test_on_this_machine_without_a_token():
    page, devices, stranger = asked(None, ("/", {}), ("/devices.json", {}), ("/", {"Host": "evil.example"}))
    assert page[0] == 200
    assert "script-src 'sha256-" in page[1]["Content-Security-Policy"]
    assert stranger[0] == 403
    told = json.loads(devices[2])["devices"]
    assert [(device["prefix"], device["state"]) for device in told] == [("shop/a", "online")]
    assert "nonce" not in told[0]


def test_with_a_token():
    bearer = {"Authorization": "Bearer secret of ours"}
    refused, wrong, right, moved = asked(
        "secret of ours",
        ("/", {}),
        ("/devices.json?token=wrong", {}),
        ("/devices.json", bearer),
        ("/?token=secret%20of%20ours", {}),
    )
    assert (refused[0], wrong[0], right[0], moved[0]) == (401, 401, 200, 200)
    assert "HttpOnly" in moved[1]["Set-Cookie"]
    assert "secret" not in moved[2] + moved[1]["Set-Cookie"]


def test_beyond_this_machine_only_with_a_token(capsys, monkeypatch):
    monkeypatch.delenv("SHELFSIGHT_TOKEN", raising=False)
    mqtt = "mqtt://127.0.0.1:{}".format(free_port())
    assert main(["page", "--mqtt", mqtt, "--listen", "0.0.0.0"]) == 2
    assert "needs a token" in capsys.readouterr().err
