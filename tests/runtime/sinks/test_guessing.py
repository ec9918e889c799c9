"""Wrong tokens make their address wait its turn; nobody else, and not for long."""

import asyncio

import pytest

from runtime.sinks import guessing
from runtime.sinks.guessing import FORGOTTEN_S, FREE, MOST_ADDRESSES, MOST_WAITING, Guesses, neighbourhood


class Now:
    s = 100.0


@pytest.fixture
def slept(monkeypatch):
    """How long each request waited; the clock stands still meanwhile."""
    waits = []

    async def sleep(seconds):
        waits.append(round(seconds, 3))

    monkeypatch.setattr(guessing.asyncio, "sleep", sleep)
    return waits


def run(coroutine):
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


def turn(guesses, address="192.0.2.1"):
    return run(guesses.wait_for_turn(address))


def test_the_first_are_free_and_then_one_a_second(slept, caplog):
    guesses = Guesses(lambda: Now.s)
    for _ in range(FREE):
        assert turn(guesses)
        guesses.note_wrong("192.0.2.1")
    assert slept == []
    assert turn(guesses)
    assert turn(guesses)
    assert slept == [1.0, 2.0]
    assert turn(guesses, "192.0.2.2")
    assert len(slept) == 2
    assert "192.0.2.1 has given a wrong token 5 times" in caplog.text


def test_it_is_forgotten(slept, monkeypatch):
    guesses = Guesses(lambda: Now.s)
    for _ in range(FREE):
        guesses.note_wrong("192.0.2.1")
    monkeypatch.setattr(Now, "s", 101.0 + FORGOTTEN_S)
    assert turn(guesses)
    assert slept == []


def test_few_wait_and_the_others_are_turned_away():
    guesses = Guesses(lambda: Now.s)
    for _ in range(FREE):
        guesses.note_wrong("192.0.2.1")

    async def crowd():
        waiting = [asyncio.ensure_future(guesses.wait_for_turn("192.0.2.1")) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        assert await guesses.wait_for_turn("192.0.2.1") is False
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        waiting = asyncio.ensure_future(guesses.wait_for_turn("192.0.2.1"))
        await asyncio.sleep(0)
        assert not waiting.done()  # there is room again
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    run(crowd())


def test_the_memory_is_bounded():
    guesses = Guesses(lambda: Now.s)
    for number in range(MOST_ADDRESSES + 50):
        guesses.note_wrong("10.0.{}.{}".format(number // 256, number % 256))
    assert len(guesses._guessers) == MOST_ADDRESSES


@pytest.mark.parametrize(
    "address, name",
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::1", "::1"),
        ("2001:db8::1:2:3:4", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_guest_has_a_network_to_himself(address, name):
    assert neighbourhood(address) == name
