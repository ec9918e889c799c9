"""Counts what enters, leaves and passes: the objects of one frame after the other in, events and totals out."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from runtime.counting.following import LEAST_FRAMES, Followed, Follower
from runtime.counting.geometry import Point, Polygon, Segment
from runtime.counting.hysteresis import Passage, Stay
from runtime.counting.plan import CENTRE, FOOT, Plan
from runtime.figures.counts import Counts, LineCount, LineCounts, ZoneCount, ZoneCounts
from runtime.seen import Box, SeenObject

SWAP_S = 1.0
"""So long it takes until a thing that comes in the place of another has its name: what passes meanwhile is its own."""
ENDS_FRAMES = 3 * LEAST_FRAMES
"""In which it must have been seen for its last place to be where it went: a last box is often cut off."""
IN, OUT, ENTERED, LEFT = "in", "out", "entered", "left"


class Event(NamedTuple):
    """One thing that happened."""

    time_s: float
    """When it was sure, by the clock of the frames."""
    kind: str
    place: str
    """The name of the zone or line."""
    name: str
    """What passed, as it is called by then."""
    box: Box


class _Place:
    """What is remembered of one thing."""

    __slots__ = ("passages", "stays", "counted", "held", "recent", "borrowed", "name", "left_s")

    def __init__(self, plan: Plan) -> None:
        self.passages = [Passage() for _ in plan.lines]
        self.stays = [Stay() for _ in plan.zones]
        self.counted: Dict[int, Any] = {}
        """By the number of the table, what was added to it under `name`."""
        self.held: List[Tuple[int, int]] = []
        """Lines passed, and to which side, before it had lasted."""
        self.recent: List[Tuple[float, int, LineCount]] = []
        """What it has passed lately: when, the table, what was added."""
        self.borrowed: List[Tuple[Followed, int, LineCount]] = []
        """What it has by `_replace`, and of whom: to be given back where it turns out to be an old one."""
        self.name = ""
        self.left_s: Optional[float] = None
        """When it was last seen, where it is away by now."""


class Counter:
    """For one thread. Times are seconds on any one clock that does not go back."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._follower = Follower(lambda: _Place(plan))
        self._res: Tuple[int, int] = (0, 0)
        self._segments: List[Segment] = []
        self._polygons: List[Polygon] = []
        self._zone_tables: List[Dict[str, ZoneCount]] = [{} for _ in plan.zones]
        self._line_tables: List[Dict[str, LineCount]] = [{} for _ in plan.lines]
        self._tables: List[Dict[str, Any]] = list(self._zone_tables) + list(self._line_tables)
        self.version = 0
        """Another number whenever totals may be others, with an event or without."""
        self._now_s = 0.0
        self._events: List[Event] = []

    def update(self, now_s: float, objects: Sequence[SeenObject], res: Tuple[int, int]) -> List[Event]:
        """One frame of `res` (width, height) in pixels; none for one that nobody looked at. What has happened by it."""
        if res != self._res:
            self._measure(res)
        self._now_s = max(now_s, self._now_s)
        self._events = []
        seen = self._follower.update(now_s, objects)
        for followed in seen.away:
            self._leave(followed)
        for before, new in seen.replaced:
            self._replace(before, new)
        for taken, _ in seen.taken_for:
            self._withdraw(taken)
        for followed in seen.present:
            self._step(followed)
        return self._events

    def take_over(self, before: "Counter") -> None:
        """The totals of zones and lines that are the same in the plan of `before`, which ends; who is in one has left
        that, and enters here."""
        for followed in before._follower.known:
            before._leave(followed)
        self.version = before.version + 1
        for zone, zone_table in zip(self.plan.zones, self._zone_tables):
            if zone in before.plan.zones:
                zone_table.update(before._zone_tables[before.plan.zones.index(zone)])
        for line, line_table in zip(self.plan.lines, self._line_tables):
            if line in before.plan.lines:
                line_table.update(before._line_tables[before.plan.lines.index(line)])

    def end(self) -> List[Event]:
        """The run is over: what hangs in the air is settled. Whoever is in a zone stays in it."""
        self._events = []
        for followed in self._follower.known:
            self._end_passages(followed)
        return self._events

    def counts(self) -> Counts:
        """Of the whole run until now."""
        running: List[Dict[str, float]] = [{} for _ in self.plan.zones]
        for followed in self._follower.known:
            for number, stay in enumerate(followed.place.stays):
                if stay.is_inside and followed.is_confirmed and followed.place.left_s is None:
                    name = followed.place.name
                    running[number][name] = running[number].get(name, 0.0) + followed.last_s - stay.since_s
        zones = tuple(
            ZoneCounts(
                zone.name,
                tuple(
                    (name, count._replace(dwell_s=count.dwell_s + going_on.get(name, 0.0)))
                    for name, count in _wanted(table, zone.products)
                ),
            )
            for zone, table, going_on in zip(self.plan.zones, self._zone_tables, running)
        )
        lines = tuple(
            LineCounts(line.name, _wanted(table, line.products))
            for line, table in zip(self.plan.lines, self._line_tables)
        )
        return Counts(zones, lines)

    def _measure(self, res: Tuple[int, int]) -> None:
        """The plan in pixels."""
        self._res = res
        width, height = res
        self._segments = [
            Segment((line.start[0] * width, line.start[1] * height), (line.end[0] * width, line.end[1] * height))
            for line in self.plan.lines
        ]
        self._polygons = [Polygon([(x * width, y * height) for x, y in zone.polygon]) for zone in self.plan.zones]

    def _step(self, followed: Followed) -> None:
        place, now_s, size_px = followed.place, followed.last_s, followed.size_px
        if place.left_s is not None:
            self._come_back(followed, place.left_s)
        if followed.frames == LEAST_FRAMES:
            self._confirm(followed)
        before, now = _anchors(followed.before), _anchors(followed.box)
        for number, (line, segment) in enumerate(zip(self.plan.lines, self._segments)):
            direction = place.passages[number].step(now_s, segment, before[line.anchor], now[line.anchor], size_px)
            if direction:
                self._passed(followed, number, direction)
        for number, (zone, polygon) in enumerate(zip(self.plan.zones, self._polygons)):
            change = place.stays[number].step(now_s, polygon, now[zone.anchor], size_px)
            if change:
                self._stayed(followed, number, change, now_s)
        if followed.is_confirmed and followed.name != place.name:
            self._rename(followed)

    def _confirm(self, followed: Followed) -> None:
        """What was held back until it had lasted."""
        place = followed.place
        place.name = followed.name
        for number, stay in enumerate(place.stays):
            if stay.is_inside:
                self._count(followed, number, ZoneCount(1, 1), ENTERED)
        for number, direction in place.held:
            self._passed(followed, number, direction)

    def _passed(self, followed: Followed, number: int, direction: int) -> None:
        if direction and not followed.is_confirmed:
            followed.place.held.append((number, direction))
        elif direction:
            table = len(self.plan.zones) + number
            passed = LineCount(1, 0) if direction > 0 else LineCount(0, 1)
            self._count(followed, table, passed, IN if direction > 0 else OUT)
            place = followed.place
            place.recent = [one for one in place.recent if followed.last_s - one[0] <= SWAP_S]
            place.recent.append((followed.last_s, table, passed))

    def _stayed(self, followed: Followed, number: int, change: int, until_s: float) -> None:
        if not change or not followed.is_confirmed:
            return
        if change > 0:
            self._count(followed, number, ZoneCount(1, 1), ENTERED)
        else:
            dwell_s = until_s - followed.place.stays[number].since_s
            self._count(followed, number, ZoneCount(-1, 0, 1, dwell_s), LEFT)

    def _leave(self, followed: Followed) -> None:
        """It is away: it left where it was last seen, when it was last seen."""
        self._end_passages(followed)
        followed.place.left_s = followed.last_s
        for number, stay in enumerate(followed.place.stays):
            if stay.is_inside:
                self._stayed(followed, number, -1, followed.last_s)

    def _come_back(self, followed: Followed, left_s: float) -> None:
        """It was hidden, and had not left."""
        place = followed.place
        place.left_s = None
        for number, stay in enumerate(place.stays):
            if stay.is_inside and followed.is_confirmed:
                self._add(followed, number, ZoneCount(1, 0, -1, stay.since_s - left_s))

    def _end_passages(self, followed: Followed) -> None:
        if followed.frames < ENDS_FRAMES:
            return
        for number, passage in enumerate(followed.place.passages):
            self._passed(followed, number, passage.end())

    def _count(self, followed: Followed, table: int, added: Any, kind: str) -> None:
        place = followed.place
        self._add(followed, table, added)
        places: List[Any] = list(self.plan.zones) + list(self.plan.lines)
        products = places[table].products
        if products is None or place.name in products:
            self._events.append(Event(self._now_s, kind, places[table].name, place.name, followed.box))

    def _add(self, followed: Followed, table: int, added: Any) -> None:
        self._total(table, followed.place.name, added)
        _add(followed.place.counted, table, added)

    def _total(self, table: int, name: str, added: Any) -> None:
        _add(self._tables[table], name, added)
        self.version += 1

    def _replace(self, before: Followed, new: Followed) -> None:
        """Another thing has its number, for a moment already: what passed meanwhile is the other's."""
        new.place.name = new.name
        for time_s, table, passed in before.place.recent:
            if new.last_s - time_s <= SWAP_S:
                self._add(before, table, LineCount(-passed.into, -passed.out))
                self._add(new, table, passed)
                new.place.borrowed.append((before, table, passed))
        before.place.recent = []

    def _withdraw(self, taken: Followed) -> None:
        """It was not new: who it is counts what it does."""
        for table, added in taken.place.counted.items():
            self._total(table, taken.place.name, type(added)(*[-value for value in added]))
        for before, table, passed in taken.place.borrowed:
            self._add(before, table, passed)

    def _rename(self, followed: Followed) -> None:
        """It turns out to be something else: what it was counted as moves with it."""
        place = followed.place
        for table, added in place.counted.items():
            self._total(table, place.name, type(added)(*[-value for value in added]))
            self._total(table, followed.name, added)
        place.name = followed.name


def _anchors(box: Box) -> Dict[str, Point]:
    x = (box.x1 + box.x2) / 2
    return {FOOT: (x, box.y2), CENTRE: (x, (box.y1 + box.y2) / 2)}


def _add(table: Dict[Any, Any], name: Any, added: Any) -> None:
    before = table.get(name)
    table[name] = added if before is None else before.plus(added)


def _wanted(table: Dict[str, Any], products: Optional[Sequence[str]]) -> Tuple[Tuple[str, Any], ...]:
    """What was counted, by name; without names that everything moved away from."""
    return tuple(
        (name, count)
        for name, count in sorted(table.items())
        if any(round(value, 6) for value in count) and (products is None or name in products)
    )
