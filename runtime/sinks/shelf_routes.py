"""The page's tab Shelf: what it looks like, alerts with their crops, and teaching it, which needs the token."""

import asyncio
import json
from typing import Any, Optional, Tuple

import cv2

from runtime.clock import rfc3339
from runtime.errors import ShelfsightError
from runtime.figures.shelf import shelf_as_json
from runtime.shelf.desk import Alert, ShelfDesk
from runtime.shelf.layout_file import json_from_layout, layout_from_json, write_layout
from runtime.sinks.access import Access
from runtime.sinks.changing import json_of, refusal_of_change, refused
from runtime.sinks.views import Views

TEACH_S = 10.0
"""How long a layout is waited for."""
JPEG_QUALITY = 85


class ShelfRoutes:
    """Of one page server; `web` is the module aiohttp.web."""

    def __init__(self, web: Any, access: Access, views: Views) -> None:
        self._web, self._access, self._views = web, access, views

    def add_to(self, router: Any) -> None:
        """Their paths."""
        router.add_get("/shelf.json", self._get_shelf)
        router.add_get(r"/shelf/alerts/{number:\d{1,9}}.jpg", self._get_crop)
        router.add_post("/shelf/teach", self._teach)
        router.add_put("/shelf/layout", self._put_layout)

    async def _get_shelf(self, request: Any) -> Any:
        latest = self._views.of(request)
        desk, told = latest.shelf, latest.told
        content = {"watched": desk is not None, "slots": [], "moved": 0, "off": False, "alerts": [], "products": []}
        if told is not None and told.figures.shelf is not None:
            content.update(shelf_as_json(told.figures.shelf))
        if told is not None:
            content["products"] = sorted(told.observation.words.products or ())
        if desk is not None:
            content["alerts"] = [_alert_as_json(alert) for alert in desk.alerts()]
        return self._web.Response(text=json.dumps(content, allow_nan=False), content_type="application/json")

    async def _get_crop(self, request: Any) -> Any:
        desk, number = self._views.of(request).shelf, int(request.match_info["number"])
        found = [one for one in (desk.alerts() if desk is not None else []) if one.number == number and one.crop.size]
        if not found:
            return self._refused(404, "no picture of alert {}: the newest 50 are kept".format(number))
        is_done, data = cv2.imencode(".jpg", found[0].crop, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        assert is_done
        return self._web.Response(body=data.tobytes(), content_type="image/jpeg")

    async def _teach(self, request: Any) -> Any:
        desk, refusal = self._may_change(request)
        if desk is None:
            return refusal
        layout = await asyncio.get_event_loop().run_in_executor(None, desk.teach, TEACH_S)
        if layout is None:
            return self._refused(503, "no picture came within {:.0f} s: is the camera there?".format(TEACH_S))
        if not layout.slots:
            return self._refused(409, "no product is in view: teach the shelf when it is full")
        return await self._keep(desk, layout)

    async def _put_layout(self, request: Any) -> Any:
        desk, refusal = self._may_change(request)
        if desk is None:
            return refusal
        try:
            layout = layout_from_json(await json_of(request))
        except ValueError as error:
            return self._refused(400, "no layout: {}".format(error))
        told = self._views.of(request).told
        known = list(told.observation.words.products or ()) if told is not None else []
        strange = [slot.product for slot in layout.slots if slot.product not in known]
        if strange:
            return self._refused(400, "no layout: the bundle knows no {!r}".format(strange[0]))
        return await self._keep(desk, desk.give(layout))

    async def _keep(self, desk: ShelfDesk, layout: Any) -> Any:
        if desk.path.lower().endswith(".csv"):
            return self._refused(409, "watched from now on, but not kept: --shelf names a .csv, give it a .json")
        try:
            await asyncio.get_event_loop().run_in_executor(None, write_layout, desk.path, layout)
        except ShelfsightError as error:
            return self._refused(507, "watched from now on, but not kept: {}".format(error))
        return self._web.Response(text=json.dumps(json_from_layout(layout)), content_type="application/json")

    def _may_change(self, request: Any) -> Tuple[Optional[ShelfDesk], Any]:
        """The desk, or why not."""
        refusal = refusal_of_change(self._web, self._access, request)
        desk = self._views.of(request).shelf
        if refusal is None and desk is None:
            refusal = self._refused(409, "no shelf is watched: start the program with --shelf FILE")
        return (desk, None) if refusal is None else (None, refusal)

    def _refused(self, status: int, line: str) -> Any:
        return refused(self._web, status, line)


def _alert_as_json(alert: Alert) -> Any:
    change = alert.change
    return {
        "number": alert.number,
        "time": rfc3339(alert.epoch_s),
        "slot": change.slot,
        "product": change.product,
        "before": change.before,
        "after": change.after,
        "crop": alert.crop_path,
    }
