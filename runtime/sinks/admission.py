"""Who may see a page: the token in the address, a header or a cookie; whoever guesses takes turns."""

import socket
import time
from typing import Any, Optional

from runtime.sinks.access import Access
from runtime.sinks.guessing import Guesses


class Admission:
    """Of one server, on its event loop. `web` is the module aiohttp.web."""

    def __init__(self, web: Any, access: Access, title: str) -> None:
        """`title`: of the page that moves on to the one that was asked for."""
        self.guesses = Guesses(time.monotonic)
        self._web, self._access, self._title = web, access, title
        self._cookie = ""

    def name_cookie(self, listener: socket.socket) -> None:
        """Before the first request: cookies know no ports, and two servers must not overwrite each other's."""
        self._cookie = "shelfsight-{}".format(listener.getsockname()[1])

    async def refused(self, request: Any) -> Optional[Any]:
        """The answer for whom the rules turn away; None: let in."""
        given = [request.query.get("token"), request.headers.get("Authorization"), request.cookies.get(self._cookie)]
        address = request.remote or ""
        if any(given) and not await self.guesses.wait_for_turn(address):
            return self._web.Response(status=429, text="too many wrong tokens from your address: wait a minute\n")
        refusal = self._access.refusal(request.headers.get("Host", ""), *given)
        if refusal is None:
            return None
        if any(given) and refusal.status == 401:
            self.guesses.note_wrong(address)
        headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else None
        return self._web.Response(status=refusal.status, text=refusal.line + "\n", headers=headers)

    def moved_on(self, request: Any) -> Optional[Any]:
        """For an address that holds the token: a page that moves on to itself without it, and leaves a cookie.

        No 303: a browser withholds a Strict cookie from a redirect that began on another site (a link in a chat), while
        what a document of our own moves on to counts as ours.
        """
        if not self._access.is_token(request.query.get("token")):
            return None
        html = '<!doctype html><title>{}</title><meta http-equiv="refresh" content="0;url=./">'.format(self._title)
        response = self._web.Response(text=html, content_type="text/html")
        response.set_cookie(self._cookie, self._access.cookie_value, httponly=True, samesite="Strict")
        return response
