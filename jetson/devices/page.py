"""The page of a fleet: the devices as a table that renews itself, for whoever may see it."""

import asyncio
import contextlib
import json
import pkgutil
import socket
import threading
from typing import Any

from jetson.devices.following import Following
from runtime.handles import limit
from runtime.sinks.access import Access
from runtime.sinks.admission import Admission
from runtime.sinks.guests import Guests, bounds_for
from runtime.sinks.page_server import HEADERS, quiet_logger
from runtime.sinks.pages import page_of, read_packaged


class FleetPage:
    """Built and run on one event loop; `web` is the module aiohttp.web. Access is as to the camera's page."""

    def __init__(self, web: Any, access: Access, following: Following) -> None:
        """Only reads `following`, which another thread gives its turns."""
        self._web, self._following = web, following
        self._guests = Guests(bounds_for(limit()))
        self._admission = Admission(web, access, "Fleet")
        html = (pkgutil.get_data("jetson.devices", "fleet.html") or b"").decode("utf-8")
        self._page = page_of(html.replace("{common.css}", read_packaged("common.css")))

        @web.middleware
        async def admit(request, handler):
            with self._guests.answering(request.transport):
                refused = await self._admission.refused(request)
                return await handler(request) if refused is None else refused

        app = web.Application(middlewares=[admit])
        app.on_response_prepare.append(self._set_headers)
        app.router.add_get("/", self._get_page)
        app.router.add_get("/devices.json", self._get_devices)
        self._runner = web.AppRunner(app, access_log=None, logger=quiet_logger())

    async def run(self, listener: socket.socket) -> None:
        """Serve on a listening socket until cancelled."""
        self._admission.name_cookie(listener)
        await self._runner.setup()
        try:
            await self._guests.receive(listener, self._runner.server)
        finally:
            await self._runner.cleanup()

    async def _set_headers(self, _request: Any, response: Any) -> None:
        response.headers.update(HEADERS)
        response.headers["Content-Security-Policy"] = self._page.policy

    async def _get_page(self, request: Any) -> Any:
        moved = self._admission.moved_on(request)
        if moved is not None:
            return moved
        return self._web.Response(body=self._page.html, content_type="text/html", charset="utf-8")

    async def _get_devices(self, _request: Any) -> Any:
        told = [device.as_json() for device in self._following.devices.all()]
        text = json.dumps({"devices": told, "trouble": self._following.trouble}, allow_nan=False)
        return self._web.Response(text=text, content_type="application/json")


class Watching:
    """Gives a connection its turns, on a thread of its own, until closed."""

    def __init__(self, following: Following) -> None:
        self._following = following
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fleet", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._following.turn()

    def __enter__(self) -> "Watching":
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(2.0)


def serve(web: Any, access: Access, following: Following, listener: socket.socket) -> None:
    """Until interrupted."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    with Watching(following), contextlib.closing(loop), contextlib.closing(listener):
        serving = asyncio.ensure_future(FleetPage(web, access, following).run(listener), loop=loop)
        try:
            loop.run_until_complete(serving)
        finally:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                loop.run_until_complete(serving)
