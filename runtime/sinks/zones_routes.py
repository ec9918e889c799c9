"""The page's tab Zones: what is counted where, and drawing it, which needs the token."""

import asyncio
import json
from typing import Any

from runtime.counting.plan_file import check_products, json_from_plan, known_names, plan_from_json, write_plan
from runtime.errors import ShelfsightError
from runtime.figures.counts import counts_as_json
from runtime.sinks.access import Access
from runtime.sinks.changing import json_of, refusal_of_change, refused
from runtime.sinks.views import Views


class ZonesRoutes:
    """Of one page server; `web` is the module aiohttp.web."""

    def __init__(self, web: Any, access: Access, views: Views) -> None:
        self._web, self._access, self._views = web, access, views

    def add_to(self, router: Any) -> None:
        """Their paths."""
        router.add_get("/zones.json", self._get_zones)
        router.add_put("/zones/plan", self._put_plan)

    async def _get_zones(self, request: Any) -> Any:
        latest = self._views.of(request)
        desk, told = latest.zones, latest.told
        content = {"counted": desk is not None, "zones": [], "lines": [], "names": [], "counts": None}
        if desk is not None:
            content.update(json_from_plan(desk.plan))
        if told is not None:
            words, counts = told.observation.words, told.figures.counts
            content["names"] = known_names(words.shapes, words.products)
            content["counts"] = None if counts is None else counts_as_json(counts)
        return self._web.Response(text=json.dumps(content, allow_nan=False), content_type="application/json")

    async def _put_plan(self, request: Any) -> Any:
        refusal = refusal_of_change(self._web, self._access, request)
        if refusal is not None:
            return refusal
        latest = self._views.of(request)
        desk, told = latest.zones, latest.told
        if desk is None:
            return refused(self._web, 409, "nothing is counted: start the program with --zones FILE")
        try:
            plan = plan_from_json(await json_of(request))
            if told is not None:
                check_products(plan, known_names(told.observation.words.shapes, told.observation.words.products))
        except (ValueError, ShelfsightError) as error:
            return refused(self._web, 400, "no plan: {}".format(error))
        desk.give(plan)
        try:
            await asyncio.get_event_loop().run_in_executor(None, write_plan, desk.path, plan)
        except ShelfsightError as error:
            return refused(self._web, 507, "counted from now on, but not kept: {}".format(error))
        return self._web.Response(text=json.dumps(json_from_plan(plan)), content_type="application/json")
