"""Who watches the page, and the newest JPEG of each camera: encoded once for all, taken by each at his own pace."""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, Iterator, List, Optional, Sequence, Set

from runtime.sinks.latest import Jpeg
from runtime.sinks.views import Views

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


class Viewer:
    """Somebody who looks at the pictures of some cameras."""

    def __init__(self, cameras: Sequence[str], wake: asyncio.Event) -> None:
        self.wake = wake
        """Set at each new picture, and at the end."""
        self._seen: "Dict[str, Optional[Jpeg]]" = dict.fromkeys(cameras)

    def watches(self, camera: str) -> bool:
        """Whether it is one of his."""
        return camera in self._seen

    def next_of(self, newest: Dict[str, Jpeg]) -> Optional[Jpeg]:
        """One that he has not seen; of several cameras in turn."""
        for camera, seen in self._seen.items():
            jpeg = newest.get(camera)
            if jpeg is not None and jpeg is not seen:
                del self._seen[camera]
                self._seen[camera] = jpeg  # to the end of the line
                return jpeg
        return None


class Audience:
    """Lives on one event loop; everything but `Latest` is touched from there alone."""

    def __init__(self, views: Views) -> None:
        self.is_ending = False
        self._views = views
        self._newest: Dict[str, Jpeg] = {}
        self._posted = asyncio.Event()
        self._streams: Set[asyncio.Event] = set()
        self._viewers: List[Viewer] = []
        self._feeds: Set[asyncio.Event] = set()

    @contextlib.contextmanager
    def watching(self, cameras: Sequence[str]) -> Iterator[Viewer]:
        """A seat for somebody who looks at the pictures of `cameras`. NoSeatError when full."""
        with _seat(self._streams, STREAMS) as wake:
            viewer = Viewer(cameras, wake)
            for camera in cameras:
                if not self._is_watched(camera):
                    self._newest.pop(camera, None)  # what the last viewer saw, however long ago
                self._views[camera].watched = True
            self._viewers.append(viewer)
            try:
                yield viewer
            finally:
                self._viewers.remove(viewer)
                for camera in cameras:
                    self._views[camera].watched = self._is_watched(camera)

    def _is_watched(self, camera: str) -> bool:
        return any(viewer.watches(camera) for viewer in self._viewers)

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
        """Encode the newest picture of each camera again and again, in a thread so that the loop goes on serving.

        Raises SinkError when encoding fails.
        """
        loop = asyncio.get_event_loop()
        with ThreadPoolExecutor(max_workers=1) as encoder:
            while not self.is_ending:
                for camera in self._views.names:
                    jpeg = await loop.run_in_executor(encoder, self._views[camera].encode)
                    if jpeg is not None:
                        self._newest[camera] = jpeg._replace(camera=camera)
                        for viewer in self._viewers:
                            if viewer.watches(camera):
                                viewer.wake.set()
                await self._posted.wait()
                self._posted.clear()

    async def next_jpeg(self, viewer: Viewer, request: Any, within_s: float = float("inf")) -> Optional[Jpeg]:
        """The next picture that he has not seen; None at the end, after `within_s`, or when the asker left."""
        loop = asyncio.get_event_loop()
        deadline_s = loop.time() + within_s
        while not self.is_ending and request.transport is not None and loop.time() < deadline_s:
            jpeg = viewer.next_of(self._newest)
            if jpeg is not None:
                return jpeg
            viewer.wake.clear()
            await wait(viewer.wake, min(LIVENESS_S, deadline_s - loop.time()))
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
