"""Who watches the page, and the newest JPEG for them: encoded once for all, taken by each at his own pace."""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Iterator, Optional, Set

from runtime.sinks.latest import Jpeg, Latest

STREAMS = 8
"""Open at once: every one costs the Nano some 2 MB/s of copying."""
FEEDS = 16
"""Of figures, open at once: a page that gets no picture any more still tells why."""
LIVENESS_S = 1.0
"""How often a viewer who waits for a picture is checked for still being there."""
WRITE_TIMEOUT_S = 10.0
"""A viewer who takes nothing for this long is gone (a phone out of range says no goodbye) and gives up his seat."""


class NoSeatError(Exception):
    """As many viewers as there may be are there already."""


class Audience:
    """Lives on one event loop; everything but `Latest` is touched from there alone."""

    def __init__(self, latest: Latest) -> None:
        self.is_ending = False
        self._latest = latest
        self._jpeg: Optional[Jpeg] = None
        self._posted = asyncio.Event()
        self._streams: Set[asyncio.Event] = set()
        self._feeds: Set[asyncio.Event] = set()

    @contextlib.contextmanager
    def watching(self) -> Iterator[asyncio.Event]:
        """A seat for somebody who looks at the picture: an event set at each new one. NoSeatError when full."""
        if not self._streams:
            self._jpeg = None  # what the last viewer saw, however long ago
        with _seat(self._streams, STREAMS) as wake:
            self._latest.watched = True
            try:
                yield wake
            finally:
                self._latest.watched = len(self._streams) > 1

    def following(self) -> Any:
        """A seat for somebody who reads the figures: an event set at the end. NoSeatError when full."""
        return _seat(self._feeds, FEEDS)

    def note_post(self) -> None:
        """There is a picture to encode, or an end to notice."""
        self._posted.set()

    def end(self) -> None:
        """Tell everybody to go."""
        self.is_ending = True
        for wake in self._streams | self._feeds | {self._posted}:
            wake.set()

    async def leave(self, within_s: float) -> None:
        """Wait until everybody has gone, `within_s` seconds at most."""
        loop = asyncio.get_event_loop()
        deadline_s = loop.time() + within_s
        while (self._streams or self._feeds) and loop.time() < deadline_s:
            await asyncio.sleep(0.01)

    async def encode_until_end(self) -> None:
        """Encode the newest picture again and again, in a thread so that the loop goes on serving.

        Raises SinkError when encoding fails.
        """
        loop = asyncio.get_event_loop()
        with ThreadPoolExecutor(max_workers=1) as encoder:
            while not self.is_ending:
                jpeg = await loop.run_in_executor(encoder, self._latest.encode)
                if jpeg is not None:
                    self._jpeg = jpeg
                    for wake in self._streams:
                        wake.set()
                await self._posted.wait()
                self._posted.clear()

    async def next_jpeg(
        self, seen: Optional[Jpeg], wake: asyncio.Event, request: Any, within_s: float = float("inf")
    ) -> Optional[Jpeg]:
        """The newest picture once it differs from `seen`; None at the end, after `within_s`, or when the asker left."""
        loop = asyncio.get_event_loop()
        deadline_s = loop.time() + within_s
        while not self.is_ending and request.transport is not None and loop.time() < deadline_s:
            if self._jpeg is not None and self._jpeg is not seen:
                return self._jpeg
            wake.clear()
            await wait(wake, min(LIVENESS_S, deadline_s - loop.time()))
        return None


async def wait(event: asyncio.Event, timeout_s: float) -> None:
    """Wait until `event` is set or `timeout_s` has passed."""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(event.wait(), timeout_s)


async def write(request: Any, response: Any, data: bytes) -> bool:
    """Hand `data` to one viewer and wait until he took most of it; false when he is gone or stuck."""
    try:
        await asyncio.wait_for(response.write(data), WRITE_TIMEOUT_S)
    except asyncio.TimeoutError:
        if request.transport is not None:
            request.transport.abort()  # or the server would wait for him once more, to say that this was all
        return False
    except ConnectionError:
        return False
    return True


@contextlib.contextmanager
def _seat(seats: Set[asyncio.Event], most: int) -> Iterator[asyncio.Event]:
    if len(seats) >= most:
        raise NoSeatError()
    wake = asyncio.Event()
    seats.add(wake)
    try:
        yield wake
    finally:
        seats.discard(wake)
