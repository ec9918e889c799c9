"""Teaching on the page's server: what is known and the lesson by GET, every change by POST with the token."""

import asyncio
import json
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict
from urllib.parse import urlsplit

from runtime.catalogue.photos import LIMIT_BYTES
from runtime.catalogue.place import token_beside
from runtime.catalogue.teacher import Teacher
from runtime.errors import CatalogueError, ShelfsightError
from runtime.sinks.access import Access, same
from runtime.sinks.changing import json_of
from runtime.sinks.guessing import Guesses

log = logging.getLogger(__name__)

THREADS = 2
"""Questions at once; the rest wait in line."""


class TeachRoutes:
    """Of one page server; `web` is the module aiohttp.web."""

    def __init__(self, web: Any, access: Access, guesses: Guesses, teacher: Teacher) -> None:
        """Changes need the page's token, or where it has none the one beside the catalogue, made at the first start."""
        self._web, self._guesses, self._teacher = web, guesses, teacher
        self._threads = ThreadPoolExecutor(THREADS)
        self._token = access.token or _own_token(teacher.knowledge.catalogue.path)

    def add_to(self, router: Any) -> None:
        """Under /teach/."""
        teacher, lessons, knowledge = self._teacher, self._teacher.lessons, self._teacher.knowledge
        catalogue = knowledge.catalogue
        for path, answer in (
            ("state", lambda _: lessons.state()._asdict()),
            ("lesson", self._lesson),
            ("products", lambda _: self._products()),
            ("unknowns", lambda _: [one._asdict() for one in teacher.inbox.groups()]),
        ):
            router.add_get("/teach/" + path, self._getting(answer, _json))
        for path, picture in (
            ("view", lambda query: lessons.view(_whole(query, "lesson"), _whole(query, "view"))),
            ("photo", lambda query: catalogue.photo(_whole(query, "view"))),
            ("cover", lambda query: teacher.cover(query.get("name", ""))),
            ("unknown", lambda query: teacher.inbox.photo(_whole(query, "id"))),
        ):
            router.add_get("/teach/" + path, self._getting(picture, _jpeg))
        for path, change in (
            ("check_token", lambda given: None),
            ("begin", lambda given: lessons.begin(_share(given, "x"), _share(given, "y"))._asdict()),
            ("enough", lambda given: lessons.enough(_whole(given, "lesson"))._asdict()),
            ("cancel", lambda given: lessons.cancel(_whole(given, "lesson"))),
            ("learn", lambda given: lessons.learn(_whole(given, "lesson"), _text(given, "name"), _is(given, "more"))),
            ("ignore", lambda given: lessons.ignore(_whole(given, "lesson"))),
            ("rename", lambda given: knowledge.change(catalogue.rename, _whole(given, "id"), _text(given, "name"))),
            ("remove", lambda given: knowledge.change(catalogue.remove, _whole(given, "id"))),
            ("remove_view", lambda given: knowledge.change(catalogue.remove_view, _whole(given, "view"))),
            ("merge", lambda given: knowledge.change(catalogue.merge, _whole(given, "id"), _whole(given, "into"))),
            ("undo", lambda given: knowledge.change(catalogue.undo)),
            ("name_unknown", lambda given: teacher.name_unknown(_whole(given, "id"), _text(given, "name"))),
            ("never_mind", lambda given: teacher.never_mind(_whole(given, "id"))),
        ):
            router.add_post("/teach/" + path, self._changing(change))
        router.add_post("/teach/photo", self._post_photo)

    def close(self) -> None:
        """What is being asked for may take a while longer."""
        self._threads.shutdown(wait=False)

    def _lesson(self, query: Any) -> Dict[str, Any]:
        """How the views of a lesson that is ready look beside what is known, `name` aside."""
        number = _whole(query, "lesson")
        like = self._teacher.lessons.likeness(number, query.get("name", ""))
        return {
            "like": None if like is None else dict(like._asdict(), is_doubtful=like.is_doubtful),
            "suggestions": self._teacher.lessons.suggestions(number),
        }

    def _products(self) -> Dict[str, Any]:
        catalogue, bundle = self._teacher.knowledge.catalogue, self._teacher.knowledge.bundle
        taught = [dict(one._asdict(), photos=catalogue.views(one.id)) for one in catalogue.products()]
        return {
            "taught": taught,
            "bundle": {"name": bundle.name, "products": bundle.products},
            "last_change": catalogue.last_change(),
            "seen": self._teacher.seen(),
        }

    def _getting(self, answer: Callable[[Any], Any], as_response: Callable[[Any, Any], Any]) -> Callable:
        async def handle(request: Any) -> Any:
            return await self._answered(lambda: answer(request.query), as_response)

        return handle

    def _changing(self, change: Callable[[Any], Any]) -> Callable:
        async def handle(request: Any) -> Any:
            refusal = self._refusal(request)
            if refusal is not None:
                return refusal
            try:
                given = await json_of(request)
            except ValueError:
                given = None
            if request.content_type != "application/json" or not isinstance(given, dict):
                return self._said(400, "expected a JSON object")
            return await self._answered(lambda: change(given), _json)

        return handle

    async def _post_photo(self, request: Any) -> Any:
        """?name=...&more=1, the photo as the body."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        name, more = request.query.get("name", ""), request.query.get("more") == "1"
        try:
            data = await _body(request, LIMIT_BYTES)
        except ValueError as error:
            return self._said(413, str(error))
        return await self._answered(lambda: self._teacher.learn_photo(name, data, more), _json)

    def _refusal(self, request: Any) -> Any:
        """None where this request may change something: with the token, and from a page of ours."""
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
            return self._said(403, "changes are taken from this page only")
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and same(bearer.strip(), self._token):
            return None
        if bearer:
            self._guesses.note_wrong(request.remote or "")
        return self._said(401, "changes need the token that the program printed when it first started")

    async def _answered(self, answer: Callable[[], Any], as_response: Callable[[Any, Any], Any]) -> Any:
        try:
            content = await asyncio.get_event_loop().run_in_executor(self._threads, answer)
        except CatalogueError as error:
            return self._said(409, str(error))
        except ShelfsightError as error:
            return self._said(503, str(error))
        except sqlite3.Error as error:
            return self._said(503, "the catalogue cannot be written, nothing was changed: {}".format(error))
        return as_response(self._web, content)

    def _said(self, status: int, line: str) -> Any:
        return self._web.Response(status=status, text=line + "\n")


def _own_token(catalogue: str) -> str:
    token, is_new = token_beside(catalogue)
    if is_new:
        log.info("changes on the page need this token, kept beside the catalogue: %s", token)
    return token


async def _body(request: Any, limit_bytes: int) -> bytes:
    """ValueError: longer than `limit_bytes`."""
    parts, length = [], 0
    async for part in request.content.iter_chunked(1 << 16):
        length += len(part)
        if length > limit_bytes:
            raise ValueError("more than {} bytes".format(limit_bytes))
        parts.append(part)
    return b"".join(parts)


def _json(web: Any, content: Any) -> Any:
    return web.Response(text=json.dumps(content, allow_nan=False), content_type="application/json")


def _jpeg(web: Any, content: bytes) -> Any:
    return web.Response(body=content, content_type="image/jpeg")


def _whole(given: Any, key: str) -> int:
    try:
        value = int(given.get(key, ""))
    except (TypeError, ValueError, OverflowError):
        value = -1
    if not 0 <= value < 1 << 62:
        raise CatalogueError("{}: expected a number".format(key))
    return value


def _share(given: Any, key: str) -> float:
    value = given.get(key)
    if not isinstance(value, (int, float)) or not 0.0 <= value <= 1.0:
        raise CatalogueError("{}: expected a number from 0 to 1".format(key))
    return float(value)


def _text(given: Any, key: str) -> str:
    value = given.get(key)
    if not isinstance(value, str):
        raise CatalogueError("{}: expected a text".format(key))
    return value


def _is(given: Any, key: str) -> bool:
    return given.get(key) is True
