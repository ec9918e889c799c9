"""The API on the page's server: requests to operations, answers to JSON, what is wrong to problem+json."""

import asyncio
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, Optional

from runtime.api.asking import Known
from runtime.api.json_schema import as_json
from runtime.api.openapi import document
from runtime.api.operations import CSV, JSON, OPERATIONS, PREFIX, Operation
from runtime.api.parameters import values_of
from runtime.api.problem import CONTENT_TYPE, ProblemError, problem_text
from runtime.events.event import as_json as event_as_json
from runtime.events.event_log import EventLog
from runtime.sinks.audience import Audience, wait, write
from runtime.sinks.views import Views

EVENTS_PERIOD_S = 0.25
"""How late an event may be told."""
ALIVE_S = 15.0
"""Without an event a comment is sent so often, so that proxies keep the connection and we notice who left."""
THREADS = 2
"""Questions to the history at once; the rest wait in line."""


class ApiRoutes:
    """Of one page server; `web` is the module aiohttp.web. `history`: path of the database, None where none is kept."""

    def __init__(self, web: Any, views: Views, audience: Audience, history: Optional[str]) -> None:
        self._web, self._views, self._audience, self._history = web, views, audience, history
        self._document = json.dumps(document())
        self._threads = ThreadPoolExecutor(THREADS)

    def add_to(self, router: Any, snapshot: Callable) -> None:
        """`snapshot`: the page's own handler of the newest picture."""
        router.add_get(PREFIX + "/openapi.json", self._get_document)
        others = {"snapshot": snapshot, "events": self._get_events}
        for one in OPERATIONS:
            router.add_get(PREFIX + one.path, others.get(one.name) or self._handler(one))

    def close(self) -> None:
        """What is being asked for may take a while longer."""
        self._threads.shutdown(wait=False)

    async def _get_document(self, _request: Any) -> Any:
        return self._web.Response(text=self._document, content_type=JSON)

    def _handler(self, one: Operation) -> Callable:
        async def handle(request: Any) -> Any:
            values: Dict[str, Any] = {}
            for place, given in (("path", request.match_info), ("query", request.query)):
                values.update(values_of([each for each in one.parameters if each.place == place], given))
            cameras = [(name, self._views[name].newest()) for name in self._views.names]
            known = Known(self._views.of(request).newest(), self._history, cameras)
            assert one.answer is not None
            try:
                answer = await asyncio.get_event_loop().run_in_executor(self._threads, one.answer, known, values)
            except sqlite3.Error as error:
                raise ProblemError(503, "the history cannot be read: {}".format(error)) from error
            if isinstance(answer, bytes):
                charset = "utf-8" if one.content_type == CSV else None
                return self._web.Response(body=answer, content_type=one.content_type, charset=charset)
            text = json.dumps(as_json(answer), allow_nan=False, ensure_ascii=False)
            return self._web.Response(text=text, content_type=JSON)

        return handle

    async def _get_events(self, request: Any) -> Any:
        log: EventLog = self._views.of(request).events
        last = request.headers.get("Last-Event-ID", "")
        number = int(last) if last.isdecimal() and len(last) < 16 else log.last_number
        number = min(number, log.last_number)  # of a run before, which counted further
        with self._audience.following() as wake:
            response = self._web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            loop = asyncio.get_event_loop()
            told_s = float("-inf")
            while request.method == "GET" and not self._audience.is_ending:
                events = log.since(number)
                parts = [
                    "id: {}\nevent: {}\ndata: {}\n\n".format(each.number, each.kind, json.dumps(event_as_json(each)))
                    for each in events
                ]
                if not parts and loop.time() - told_s > ALIVE_S:
                    parts = [":\n\n"]
                if parts:
                    told_s = loop.time()
                    if not await write(request, response, "".join(parts).encode("utf-8")):
                        break
                number = events[-1].number if events else number
                await wait(wake, EVENTS_PERIOD_S)
        return response


def as_problem(web: Any, response: Any) -> Any:
    """A refusal of the server's own, in the API's form."""
    headers = {
        name: response.headers[name]
        for name in ("WWW-Authenticate", "Retry-After", "Allow")
        if name in response.headers
    }
    return problem_response(web, response.status, response.text or response.reason, headers)


def problem_response(web: Any, status: int, detail: str, headers: Optional[Dict[str, str]] = None) -> Any:
    """An answer in problem+json."""
    return web.Response(status=status, text=problem_text(status, detail), content_type=CONTENT_TYPE, headers=headers)
