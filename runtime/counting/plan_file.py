"""The JSON file of --zones: read with everything checked, written whole or not at all.

{"aspect": 1.3333,
 "zones": [{"name": "till", "polygon": [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]], "anchor": "foot", "products": ["tea"]}],
 "lines": [{"name": "door", "from": [0.5, 0.1], "to": [0.5, 0.9], "anchor": "centre"}]}
"""

import difflib
import json
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from runtime.counting.geometry import crossing_edges
from runtime.counting.plan import ANCHORS, FOOT, Line, Plan, Point, Zone
from runtime.errors import SinkError, UsageError
from runtime.outputs import write_whole
from runtime.untrusted.fields import is_name, read_json, shown

LIMIT_BYTES = 1000000
MOST = 64
"""Zones, and lines: each costs every frame some microseconds an object."""
MOST_CORNERS = 64
LEAST_AREA = 1e-5
"""Of a zone, as a share of the picture: 3 pixels of 640x480."""
LEAST_LENGTH = 0.005
"""Of a line, in shares of the picture's sides."""
_KEYS = ("aspect", "zones", "lines")


def read_plan(path: str) -> Plan:
    """UsageError, one line, for whatever it may not be."""
    try:
        return plan_from_json(read_json(path, LIMIT_BYTES))
    except OSError as error:
        raise UsageError("--zones {}: {}".format(path, error.strerror or error)) from error
    except ValueError as error:
        raise UsageError("--zones {}: {}".format(path, error)) from error


def plan_from_json(content: Any) -> Plan:
    """ValueError names the zone or line, and what is wrong with it."""
    if not isinstance(content, dict):
        raise ValueError("{}, expected a table with zones and lines".format(shown(content)))
    _check_keys(content, _KEYS, "the file")
    zones = tuple(_zone(one, number) for number, one in enumerate(_list(content, "zones"), 1))
    lines = tuple(_line(one, number) for number, one in enumerate(_list(content, "lines"), 1))
    if not zones and not lines:
        raise ValueError("no zone and no line in it")
    names: List[str] = []
    for name in [zone.name for zone in zones] + [line.name for line in lines]:
        if name in names:
            raise ValueError("the name {!r} is taken twice: every zone and line needs its own".format(name))
        names.append(name)
    aspect = content.get("aspect")
    if aspect is not None and not (_is_number(aspect) and 0.05 <= aspect <= 20):
        raise ValueError("aspect is {}, expected width over height of the picture".format(shown(aspect)))
    return Plan(zones, lines, aspect)


def json_from_plan(plan: Plan) -> Dict[str, Any]:
    """What `plan_from_json` reads."""
    content: Dict[str, Any] = {} if plan.aspect is None else {"aspect": plan.aspect}
    content["zones"] = [
        dict(_rest(zone), name=zone.name, polygon=[list(point) for point in zone.polygon]) for zone in plan.zones
    ]
    content["lines"] = [
        dict(_rest(line), name=line.name, **{"from": list(line.start), "to": list(line.end)}) for line in plan.lines
    ]
    return content


def write_plan(path: str, plan: Plan) -> None:
    """SinkError where it cannot be written; then the old file stands."""
    try:
        write_whole(path, json.dumps(json_from_plan(plan), indent=1, ensure_ascii=False))
    except OSError as error:
        raise SinkError("cannot write {}: {}".format(path, error.strerror or error)) from error


def known_names(shapes: Sequence[str], products: Optional[Sequence[str]]) -> List[str]:
    """What anything in the picture can be called, by stage 1's classes and stage 2's products."""
    return list(products or ()) + list(shapes) + ["unknown {}".format(shape) for shape in shapes]


def check_products(plan: Plan, known: Sequence[str]) -> None:
    """UsageError for the first name that nothing in the picture can have. `known`: see `known_names`."""
    places: Iterable[Any] = plan.zones + plan.lines
    for place in places:
        for product in place.products or ():
            if product not in known:
                near = difflib.get_close_matches(product, known, 1)
                raise UsageError(
                    "--zones: {!r} looks for {!r}, which nothing here is called{}".format(
                        place.name, product, ": {!r}?".format(near[0]) if near else ""
                    )
                )


def _rest(place: Any) -> Dict[str, Any]:
    rest: Dict[str, Any] = {"anchor": place.anchor}
    if place.products is not None:
        rest["products"] = list(place.products)
    return rest


def _list(content: Dict[str, Any], key: str) -> List[Any]:
    value = content.get(key, [])
    if not isinstance(value, list):
        raise ValueError("{} is {}, expected a list".format(key, shown(value)))
    if len(value) > MOST:
        raise ValueError("{} {}: {} at most".format(len(value), key, MOST))
    return value


def _zone(value: Any, number: int) -> Zone:
    name, said = _name(value, "zone", number)
    _check_keys(value, ("name", "polygon", "anchor", "products"), said)
    polygon = value.get("polygon")
    if not isinstance(polygon, list) or not 3 <= len(polygon) <= MOST_CORNERS:
        count = len(polygon) if isinstance(polygon, list) else shown(polygon)
        raise ValueError("{}: {} corners, expected 3 to {}".format(said, count, MOST_CORNERS))
    corners = tuple(_point(corner, said) for corner in polygon)
    crossing = crossing_edges(corners)
    if crossing is not None:
        raise ValueError("{}: its sides {} and {} cross: name the corners in their order".format(said, *crossing))
    if _area(corners) < LEAST_AREA:
        raise ValueError("{}: it has no area".format(said))
    return Zone(name, corners, _anchor(value, said), _products(value, said))


def _line(value: Any, number: int) -> Line:
    name, said = _name(value, "line", number)
    _check_keys(value, ("name", "from", "to", "anchor", "products"), said)
    start, end = _point(value.get("from"), said), _point(value.get("to"), said)
    if max(abs(start[0] - end[0]), abs(start[1] - end[1])) < LEAST_LENGTH:
        raise ValueError("{}: its two ends are one".format(said))
    return Line(name, start, end, _anchor(value, said), _products(value, said))


def _name(value: Any, kind: str, number: int) -> Tuple[str, str]:
    if not isinstance(value, dict):
        raise ValueError("{} {} is {}, expected a table".format(kind, number, shown(value)))
    name = value.get("name")
    if not is_name(name):
        raise ValueError("{} {}: its name is {}, expected a text".format(kind, number, shown(name)))
    return str(name), "{} {!r}".format(kind, name)


def _check_keys(value: Dict[str, Any], known: Sequence[str], said: str) -> None:
    for key in value:
        if key not in known:
            raise ValueError("{}: {} means nothing, expected {}".format(said, shown(key), ", ".join(known)))


def _point(value: Any, said: str) -> Point:
    if not isinstance(value, list) or len(value) != 2 or not all(_is_number(one) for one in value):
        raise ValueError("{}: a point is {}, expected [x, y]".format(said, shown(value)))
    if not all(0 <= one <= 1 for one in value):
        message = "{}: the point {}, {} is outside the picture: shares from 0 to 1"
        raise ValueError(message.format(said, *[shown(one) for one in value]))
    return float(value[0]), float(value[1])


def _anchor(value: Dict[str, Any], said: str) -> str:
    anchor = value.get("anchor", FOOT)
    if anchor not in ANCHORS:
        raise ValueError("{}: anchor {}, expected {}".format(said, shown(anchor), " or ".join(ANCHORS)))
    return anchor


def _products(value: Dict[str, Any], said: str) -> Optional[Tuple[str, ...]]:
    products = value.get("products")
    if products is None:
        return None
    if not isinstance(products, list) or not products or not all(is_name(one) for one in products):
        raise ValueError("{}: products is {}, expected a list of names".format(said, shown(products)))
    return tuple(products)


def _area(corners: Sequence[Point]) -> float:
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1]))) / 2  # type: ignore[operator]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
