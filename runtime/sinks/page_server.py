"""The endpoints of the page: `/`, the picture, the figures, `/events`, `/metrics`; the API has its own."""

import asyncio
import contextlib
import json
import logging
import socket
from typing import Any, Optional

from runtime.api.operations import PREFIX
from runtime.api.problem import ProblemError
from runtime.catalogue.teacher import Teacher
from runtime.errors import MissingPackageError
from runtime.sinks.access import Access
from runtime.sinks.admission import Admission
from runtime.sinks.api_routes import ApiRoutes, as_problem, problem_response
from runtime.sinks.audience import Audience, NoSeatError, wait, write
from runtime.sinks.guests import Bounds, Guests
from runtime.sinks.latest import Jpeg
from runtime.sinks.metrics import Metrics, OfCamera
from runtime.sinks.pages import Pages
from runtime.sinks.shelf_routes import ShelfRoutes
from runtime.sinks.teach_routes import TeachRoutes
from runtime.sinks.views import PARAMETER, Views
from runtime.sinks.zones_routes import ZonesRoutes

EVENTS_PERIOD_S = 0.25
"""Between two sets of figures: fast enough to look alive, slow enough to read."""
SNAPSHOT_S = 2.0
"""How long a snapshot waits for the next picture."""
FAREWELL_S = 0.2
"""What viewers get at the end to take their last bytes, before they are cut off."""
SEND_BUFFER_BYTES = 256 * 1024
"""Of the kernel, per stream: its default grows to megabytes, which a slow viewer would see seconds late."""
BOUNDARY = b"--frame\r\n"
STREAM = "/stream.mjpg"
EVERY = "*"
"""Asked for as a camera: the pictures of all in one stream, each part with its X-Camera."""
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "Shelfsight",
    "X-Content-Type-Options": "nosniff",
}


class PageServer:
    """Built and run on one event loop. `web` is the module aiohttp.web."""

    def __init__(
        self,
        web: Any,
        access: Access,
        views: Views,
        bounds: Bounds,
        history: Optional[str] = None,
        teacher: Optional[Teacher] = None,
    ) -> None:
        """`history`: the database that the API answers from. `teacher`: None where nothing can be taught."""
        self.audience = Audience(views)
        self._guests = Guests(bounds)
        self._admission = Admission(web, access, "Shelfsight")
        self._metrics: Optional[Metrics] = None
        self._receiving: Optional[asyncio.Future] = None
        self._web = web
        self._views = views
        self._pages = Pages(web)

        @web.middleware
        async def admit(request, handler):
            return await self._admit(request, handler)

        app = web.Application(middlewares=[admit])
        app.on_response_prepare.append(self._set_headers)
        app.router.add_get("/", self._get_page)
        app.router.add_get(STREAM, self._get_stream)
        app.router.add_get("/snapshot.jpg", self._get_snapshot)
        app.router.add_get("/figures.json", self._get_figures)
        app.router.add_get("/events", self._get_events)
        app.router.add_get("/metrics", self._get_metrics)
        self._history = history
        self._pages.add_to(app.router)
        ShelfRoutes(web, access, views).add_to(app.router)
        ZonesRoutes(web, access, views).add_to(app.router)
        self._teach: Optional[TeachRoutes] = None
        if teacher is not None:
            self._teach = TeachRoutes(web, access, self._admission.guesses, teacher)
            self._teach.add_to(app.router)
        self._api = ApiRoutes(web, views, self.audience, history)
        self._api.add_to(app.router, self._get_snapshot)
        self._runner = web.AppRunner(app, access_log=None, logger=quiet_logger())

    async def start(self, listener: socket.socket) -> None:
        """Answer from now on, on a listening socket that is the server's own from here."""
        self._admission.name_cookie(listener)
        await self._runner.setup()
        # not aiohttp's own site: it takes every connection there is, and keeps silent ones for an hour
        self._receiving = asyncio.ensure_future(self._guests.receive(listener, self._runner.server))
        self._receiving.add_done_callback(lambda _: self.audience.end())

    async def run(self) -> None:
        """Serve until the audience is told to end. SinkError: a picture cannot be encoded."""
        assert self._receiving is not None
        try:
            await self.audience.encode_until_end()
            if self._receiving.done():
                self._receiving.result()
        finally:
            self.audience.end()
            self._receiving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._receiving
            await self.audience.leave(FAREWELL_S)
            for connection in self._runner.server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
            await self._runner.cleanup()
            self._api.close()
            if self._teach is not None:
                self._teach.close()

    async def _admit(self, request: Any, handler: Any) -> Any:
        """Every request comes through here: turn away whom the access rules or a full house turn away."""
        with self._guests.answering(request.transport):
            if not request.path.startswith(PREFIX):
                return await self._answer(request, handler)
            try:
                response = await self._answer(request, handler)
            except ProblemError as error:
                return problem_response(self._web, error.status, str(error))
            except self._web.HTTPException as error:
                response = error
            return as_problem(self._web, response) if response.status >= 400 else response

    async def _answer(self, request: Any, handler: Any) -> Any:
        refused = await self._admission.refused(request)
        if refused is not None:
            return refused
        asked = request.query.get(PARAMETER) if request.match_info.http_exception is None else None
        if asked is not None and asked not in self._views.names and (asked, request.path) != (EVERY, STREAM):
            known = ", ".join(self._views.names) or "there is one, without a name"
            return self._web.Response(status=404, text="no camera of that name: {}\n".format(known))
        try:
            return await handler(request)
        except NoSeatError:
            return self._unavailable("too many viewers: close another page first")

    async def _set_headers(self, request: Any, response: Any) -> None:
        response.headers.update(HEADERS)
        response.headers["Content-Security-Policy"] = self._pages.policy_of(request.path)

    def _unavailable(self, line: str) -> Any:
        return self._web.Response(status=503, text=line + "\n", headers={"Retry-After": "2"})

    async def _get_page(self, request: Any) -> Any:
        moved = self._admission.moved_on(request)
        return self._pages.answer("/") if moved is None else moved

    async def _get_figures(self, request: Any) -> Any:
        figures = self._views.as_json(self._views.asked_for(request))
        if figures is None:
            return self._unavailable("no figures yet: no picture was presented")
        return self._web.Response(text=text_from_json(figures), content_type="application/json")

    async def _get_metrics(self, _request: Any) -> Any:
        if self._metrics is None:
            try:
                self._metrics = Metrics()
            except MissingPackageError as error:
                return self._web.Response(status=501, text="{}\n".format(error))
        each = [(name, self._views[name]) for name in self._views.names]
        cameras = [OfCamera(name, one.told, one.still_s, one.latency, one.events) for name, one in each]
        body = self._metrics.text(cameras, self._history)
        return self._web.Response(body=body, headers={"Content-Type": self._metrics.content_type})

    async def _get_snapshot(self, request: Any) -> Any:
        with self.audience.watching([self._views.asked_for(request)]) as viewer:
            jpeg = await self.audience.next_jpeg(viewer, request, SNAPSHOT_S)
        if jpeg is None:
            return self._unavailable("no picture within {:.0f} s".format(SNAPSHOT_S))
        return self._web.Response(body=jpeg.data, content_type="image/jpeg", headers={"X-Frame-Id": str(jpeg.frame_id)})

    async def _begin(self, request: Any, content_type: str) -> Any:
        response = self._web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        return response

    async def _get_stream(self, request: Any) -> Any:
        is_of_all = request.query.get(PARAMETER) == EVERY
        cameras = self._views.names if is_of_all else [self._views.asked_for(request)]
        with self.audience.watching(cameras) as viewer:
            response = await self._begin(request, "multipart/x-mixed-replace; boundary=frame")
            kernel_socket = request.transport and request.transport.get_extra_info("socket")
            if kernel_socket is not None:
                kernel_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            data = BOUNDARY
            while request.method == "GET" and await write(request, response, data):
                jpeg = await self.audience.next_jpeg(viewer, request)
                if jpeg is None:
                    break
                data = part_from_jpeg(jpeg)
        return response

    async def _get_events(self, request: Any) -> Any:
        camera = self._views.asked_for(request)
        with self.audience.following() as wake:
            response = await self._begin(request, "text/event-stream")
            while request.method == "GET" and not self.audience.is_ending:
                content = self._views.as_json(camera)  # null before the first picture
                event = "data: {}\n\n".format(text_from_json(content))
                if not await write(request, response, event.encode("utf-8")):
                    break
                await wait(wake, EVENTS_PERIOD_S)
        return response


def quiet_logger() -> logging.Logger:
    """For aiohttp, which logs a traceback for every malformed or broken off request: a scanner could fill the disk."""
    logger = logging.getLogger(__name__)
    logger.addFilter(_is_ours)
    return logger


def _is_ours(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    has_gone = isinstance(error, ConnectionError)  # whoever asked, before his answer was written
    return not has_gone and type(error).__module__ != "aiohttp.http_exceptions"


def text_from_json(content: Any) -> str:
    """Strict JSON: ValueError for a NaN, which browsers refuse."""
    return json.dumps(content, allow_nan=False)


def part_from_jpeg(jpeg: Jpeg) -> bytes:
    """One part of the stream. The boundary follows at once: browsers show a part when they see it end."""
    head = "Content-Type: image/jpeg\r\nContent-Length: {}\r\nX-Frame-Id: {}\r\n{}\r\n".format(
        len(jpeg.data), jpeg.frame_id, jpeg.camera and "X-Camera: {}\r\n".format(jpeg.camera)
    )
    return b"".join((head.encode("ascii"), jpeg.data, b"\r\n", BOUNDARY))
