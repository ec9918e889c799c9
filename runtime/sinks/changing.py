"""Whether a request may change something: with the token, and from the page itself or from a program."""

import json
from typing import Any, Optional

from runtime.sinks.access import Access, host_without_port

LIMIT_BYTES = 200000


def refusal_of_change(web: Any, access: Access, request: Any) -> Optional[Any]:
    """None where it may; `web` is the module aiohttp.web. Who has not the token was turned away before."""
    origin = request.headers.get("Origin")
    if not access.has_token:
        return refused(web, 403, "changes need a token: start the program with --token")
    if origin is not None and origin.partition("://")[2] != request.headers.get("Host", ""):
        return refused(web, 403, "not from a page of {}".format(host_without_port(origin) or "others"))
    if request.content_type != "application/json":
        return refused(web, 415, "send application/json")
    if (request.content_length or 0) > LIMIT_BYTES:
        return refused(web, 413, "{} bytes at most".format(LIMIT_BYTES))
    return None


async def json_of(request: Any) -> Any:
    """What it sent. ValueError: no JSON, or more than LIMIT_BYTES."""
    data = await request.content.read(LIMIT_BYTES)
    try:
        return json.loads(data.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def refused(web: Any, status: int, line: str) -> Any:
    """One plain line for whoever asked."""
    return web.Response(status=status, text=line + "\n")
