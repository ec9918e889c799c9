"""The page's connections: bounded in number, in all and by address, and closed where they ask for nothing."""

import asyncio
import contextlib
import logging
import socket
from collections import Counter
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

log = logging.getLogger(__name__)

MOST = 128
"""Connections at once: 24 seats at two or three connections a page, and room to come and go."""
MOST_BY_ADDRESS = 48
"""Of one address: eight pages behind one router."""
LEAST = 8
KEPT_BACK = 128
"""File handles that the page leaves to sources, recordings, engines and the report."""
IDLE_S = 10.0
"""Without a request, before the first and between two: a page asks within a second of connecting."""
SWEEP_S = 1.0
"""How often that is looked at."""
FULL_PAUSE_S = 0.01
"""Between two newcomers while idle ones must make room: a flood may cost 100 connections a second, no more."""
NO_HANDLE_PAUSE_S = 0.5
"""Until the next attempt, where the process or the system has no file handle left."""


class _Guest:
    """One connection. `since_s`: when it began to ask for nothing, on the loop's clock."""

    def __init__(self, transport: Any, address: str, now_s: float) -> None:
        self.transport = transport
        self.address = address
        self.requests = 0
        self.since_s = now_s


class Bounds(NamedTuple):
    """How many connections there may be."""

    in_all: int = MOST
    by_address: int = MOST_BY_ADDRESS


def bounds_for(handles: Optional[int]) -> Bounds:
    """Under a limit of `handles` open files, None for no limit."""
    in_all = MOST if handles is None else max(LEAST, min(MOST, handles - KEPT_BACK))
    return Bounds(in_all, min(MOST_BY_ADDRESS, in_all))


class Guests:
    """Lives on one event loop. A newcomer to a full house takes the place of whoever has been idle longest.

    So silent connections, however many, keep nobody out who asks for something at once.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._guests: Dict[Any, _Guest] = {}

    def __len__(self) -> int:
        return len(self._guests)

    @contextlib.contextmanager
    def answering(self, transport: Any) -> Iterator[None]:
        """While a request of this connection is answered it is not idle."""
        guest = self._guests.get(transport)
        if guest is None:
            yield
            return
        guest.requests += 1
        try:
            yield
        finally:
            guest.requests -= 1
            guest.since_s = asyncio.get_event_loop().time()

    async def receive(self, listener: socket.socket, factory: Any) -> None:
        """Take connections until cancelled; `factory` makes the protocol of each."""
        loop = asyncio.get_event_loop()
        sweeper = asyncio.ensure_future(self._send_idle_away())
        try:
            while True:
                try:
                    connection, address = await loop.sock_accept(listener)
                except OSError as error:  # no handle left, or the guest has gone again
                    log.warning("the page cannot take a connection, trying again: %s", error)
                    await asyncio.sleep(NO_HANDLE_PAUSE_S)
                    continue
                await self._let_in(connection, str(address[0]), factory)
        finally:
            sweeper.cancel()

    async def _let_in(self, connection: socket.socket, address: str, factory: Any) -> None:
        is_full = self._is_full(address)
        if is_full and not self._make_room(address):
            connection.close()
        else:
            loop = asyncio.get_event_loop()
            connection.setblocking(False)
            try:
                transport, _ = await loop.connect_accepted_socket(factory, connection)
            except OSError as error:
                connection.close()
                log.warning("the page cannot serve a connection: %s", error)
                return
            self._guests[transport] = _Guest(transport, address, loop.time())
        if is_full:
            log.warning("the page has as many connections as it takes: idle ones make room")
            await asyncio.sleep(FULL_PAUSE_S)

    def _is_full(self, address: str) -> bool:
        self._forget_gone()
        of_this = Counter(guest.address for guest in self._guests.values())[address]
        return len(self._guests) >= self._bounds.in_all or of_this >= self._bounds.by_address

    def _make_room(self, address: str) -> bool:
        """Send away who has been idle longest, of this address where it has its share; false where all are busy."""
        mine = [guest for guest in self._guests.values() if guest.address == address]
        among = mine if len(mine) >= self._bounds.by_address else list(self._guests.values())
        idle = [guest for guest in among if guest.requests == 0]
        if not idle:
            return False
        self._send_away(min(idle, key=lambda guest: guest.since_s))
        return True

    def _send_away(self, guest: _Guest) -> None:
        guest.transport.abort()
        self._guests.pop(guest.transport, None)

    def _forget_gone(self) -> None:
        gone: List[Any] = [transport for transport in self._guests if transport.is_closing()]
        for transport in gone:
            del self._guests[transport]

    async def _send_idle_away(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            self._forget_gone()
            before_s = asyncio.get_event_loop().time() - IDLE_S
            for guest in list(self._guests.values()):
                if guest.requests == 0 and guest.since_s < before_s:
                    self._send_away(guest)
