"""Tokens cannot be guessed at full speed: wrong ones make their address wait its turn, and are logged."""

import asyncio
import ipaddress
import logging
from collections import OrderedDict
from typing import Callable

log = logging.getLogger(__name__)

FREE = 5
"""Wrong tokens without a wait: typing errors, and an old bookmark in several tabs."""
TURN_S = 1.0
"""Between two answers to an address that has guessed more often: a right token waits as well, or a guess that is not
answered at once would be known to be wrong."""
MOST_WAITING = 4
"""Requests of one address; further ones are turned away unread."""
FORGOTTEN_S = 600.0
"""Without another wrong token."""
MOST_ADDRESSES = 1000


class _Guesser:
    def __init__(self) -> None:
        self.wrong = 0
        self.waiting = 0
        self.last_s = self.next_s = 0.0


class Guesses:
    """Lives on one event loop; `now_s` is its clock."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._guessers: "OrderedDict[str, _Guesser]" = OrderedDict()

    async def wait_for_turn(self, address: str) -> bool:
        """Before a token is looked at. False: too many of this address wait already, leave it unread."""
        guesser = self._guessers.get(neighbourhood(address))
        if guesser is None or guesser.wrong < FREE:
            return True
        now_s = self._now_s()
        if now_s - guesser.last_s > FORGOTTEN_S:
            guesser.wrong = 0
            return True
        if guesser.waiting >= MOST_WAITING:
            return False
        guesser.next_s = max(now_s, guesser.next_s) + TURN_S
        guesser.waiting += 1
        try:
            await asyncio.sleep(guesser.next_s - now_s)
        finally:
            guesser.waiting -= 1
        return True

    def note_wrong(self, address: str) -> None:
        """Of somebody who gave a token that is not ours."""
        name = neighbourhood(address)
        guesser = self._guessers.setdefault(name, _Guesser())
        self._guessers.move_to_end(name)
        guesser.wrong += 1
        guesser.last_s = self._now_s()
        if guesser.wrong >= FREE and guesser.wrong % FREE == 0:
            log.warning("%s has given a wrong token %d times: its answers take turns", name, guesser.wrong)
        while len(self._guessers) > MOST_ADDRESSES:
            self._guessers.popitem(last=False)


def neighbourhood(address: str) -> str:
    """Of an IPv6 address its /64, which one guest has to himself; any other as it is."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 6 and not parsed.is_loopback:
        return str(ipaddress.ip_network("{}/64".format(parsed), strict=False))
    return address
