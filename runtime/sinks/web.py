"""The `web` sink: a page with the live picture and the figures, served by a thread of its own."""

import asyncio
import contextlib
import logging
import socket
import threading
from typing import Any, Callable, Dict, Optional, Sequence

import numpy as np

from runtime.catalogue.teacher import Teacher
from runtime.counting.desk import ZonesDesk
from runtime.errors import MissingPackageError, SinkError
from runtime.figures.figures import Figures
from runtime.frame import Observation
from runtime.handles import limit
from runtime.shelf.desk import ShelfDesk
from runtime.sinks.access import Access
from runtime.sinks.audience import Audience
from runtime.sinks.guests import bounds_for
from runtime.sinks.latest import Latest
from runtime.sinks.listening import open_listening_socket, url_of
from runtime.sinks.page_server import PageServer
from runtime.sinks.sink import Sink
from runtime.sinks.views import Views

CLOSE_S = 1.0
"""Bound of `close`: the server's own farewell takes 0.2 s and one encoding."""


class WebView(Sink):
    """One camera's place on the page."""

    name = "web"
    wants_panel = False
    """The page shows the figures beside the picture."""

    def __init__(self, page: "WebSink", latest: Latest) -> None:
        self._page, self._latest = page, latest

    def present(self, picture: np.ndarray, observation: Observation, figures: Figures) -> bool:
        """Costs the loop one copy of the picture while somebody watches, else nothing. Always true.

        SinkError once the server has ended.
        """
        self._page.check()
        if self._latest.post(picture, observation, figures):
            self._page.tell(Audience.note_post)
        return True

    def show_shelf(self, desk: ShelfDesk) -> None:
        """From now on the page has a shelf, and may teach it."""
        self._latest.shelf = desk

    def show_zones(self, desk: ZonesDesk) -> None:
        """From now on the page has zones and lines, and may draw them."""
        self._latest.zones = desk


class WebSink(WebView):
    """The page, and its first camera's place there: served at `url` from its constructor on until `close`."""

    def __init__(
        self,
        listen: str = "127.0.0.1",
        port: int = 8080,
        token: Optional[str] = None,
        history: Optional[str] = None,
        teacher: Optional[Teacher] = None,
        cameras: Sequence[str] = ("",),
    ) -> None:
        """Returns once the page answers. Port 0 takes a free one. `history`: a database to answer from. `teacher`: what
        teaches, from the first camera; its owner closes it. `cameras`: their names; this is the sink of the first of
        them, `of` gives those of the others.

        UsageError: beyond localhost without a token. SinkError: cannot listen there. MissingPackageError: no aiohttp.
        """
        web = import_aiohttp_web()
        access = Access(listen, token)
        listener = open_listening_socket(listen, port)
        self.url: str = url_of(listen, listener.getsockname()[1], token)
        self._views = Views(cameras)
        super().__init__(self, self._views[cameras[0]])
        self._teacher = teacher
        self._is_closed = False
        self._failure: Optional[Exception] = None
        self._server: Optional[PageServer] = None
        self._is_ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._serve, args=(web, access, listener, history), name="web", daemon=True
        )
        self._thread.start()
        self._is_ready.wait()
        self._raise_failure()

    def see(self, observation: Observation) -> None:
        if self._teacher is not None:
            self._teacher.see(observation)

    def of(self, camera: str) -> WebView:
        """The place of one of the cameras."""
        latest = self._views[camera]
        return self if latest is self._latest else WebView(self, latest)

    def check(self) -> None:
        """SinkError once the server has ended."""
        self._raise_failure()
        if self._is_closed:
            raise SinkError("the page is closed")

    def close(self) -> None:
        """End every stream and release the port, within a second."""
        self._is_closed = True
        self.tell(Audience.end)
        self._thread.join(CLOSE_S)

    def tell(self, action: Callable[[Audience], None]) -> None:
        """Have the server's thread do `action`."""
        if self._server is not None:
            with contextlib.suppress(RuntimeError):  # the server has ended meanwhile; the next `present` says why
                self._loop.call_soon_threadsafe(action, self._server.audience)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise SinkError("the page stopped: {}".format(self._failure)) from self._failure

    def _serve(self, web: Any, access: Access, listener: socket.socket, history: Optional[str]) -> None:
        """The thread: start, say so, run until told to end."""
        asyncio.set_event_loop(self._loop)  # Python 3.6 binds asyncio.Event to the thread's loop, not the running one
        self._loop.set_exception_handler(_log_in_one_line)
        try:
            self._server = PageServer(web, access, self._views, bounds_for(limit()), history, self._teacher)
            self._loop.run_until_complete(self._server.start(listener))
            self._is_ready.set()
            self._loop.run_until_complete(self._server.run())
        except Exception as error:  # handed to the thread that presents, whatever it is
            self._failure = error
        finally:
            _finish(self._loop)
            listener.close()
            self._is_ready.set()


def _finish(loop: asyncio.AbstractEventLoop) -> None:
    """Close `loop` after whatever connections cut off at the end have left in it; as asyncio.run does, from 3.7 on."""
    all_tasks = getattr(asyncio, "all_tasks", None) or asyncio.Task.all_tasks  # type: ignore[attr-defined]
    tasks = all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _log_in_one_line(_loop: asyncio.AbstractEventLoop, context: Dict[str, Any]) -> None:
    logging.getLogger(__name__).warning("the page: %s: %r", context["message"], context.get("exception"))


def import_aiohttp_web() -> Any:
    """aiohttp is an extra, and takes 0.3 s to load that a run without the page does not pay."""
    try:
        from aiohttp import web
    except ImportError as error:
        raise MissingPackageError(
            'the page needs the package aiohttp ({}): pip install ".[dashboard]" in a checkout'.format(error)
        ) from error
    return web
