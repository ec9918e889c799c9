"""The answers of the API. Their fields are their description: see openapi.py."""

from typing import Dict, List, NamedTuple, Optional

from runtime.api.json_schema import Time


class SeenObject(NamedTuple):
    """One object in view; box: left, top, right, bottom in pixels of the frame; similarity: cosine, -1 to 1."""

    track: int
    name: str
    product: Optional[str]
    shape: str
    score: float
    similarity: Optional[float]
    box: List[float]


class Count(NamedTuple):
    """Objects of one name; named: false where stage 2 does not know it or has not looked yet."""

    name: str
    named: bool
    objects: int


class Now(NamedTuple):
    """The newest picture. time: when it was captured, null for a file; still_s: since when nothing new came."""

    time: Optional[Time]
    frame: Optional[int]
    offline: bool
    still_s: float
    seen: List[Count]
    objects: List[SeenObject]


class Sighting(NamedTuple):
    """One track's stay. Times are null where a run has no date; seconds are of its run; product null: unknown; at_once:
    of its name in view at once, at most; crop: whether there is a picture of it; camera: null where it has no name."""

    id: int
    run: int
    source: str
    track: int
    product: Optional[str]
    shape: str
    first_seen: Optional[Time]
    last_seen: Optional[Time]
    first_s: float
    last_s: float
    frames: int
    similarity: Optional[float]
    box: List[float]
    file: Optional[str]
    corrected: bool
    at_once: int
    crop: bool
    camera: Optional[str]


class Sightings(NamedTuple):
    """A page of sightings, last seen last first; next: the cursor of the page after it, null on the last."""

    items: List[Sighting]
    next: Optional[str]


class Product(NamedTuple):
    """A product that is known or was seen. in_view: objects now; last_seen: by the history, null without one."""

    name: str
    in_view: int
    last_seen: Optional[Time]


class Products(NamedTuple):
    """By name."""

    items: List[Product]


class Change(NamedTuple):
    """How many of a product (null: unknown) were in view then, and are in view at the second time."""

    product: Optional[str]
    before: int
    after: int


class Changes(NamedTuple):
    """What is no longer as it was; products whose count is the same are left out."""

    since: Time
    until: Time
    items: List[Change]


class Strip(NamedTuple):
    """Sightings of a product (null: unknown) that were last seen in each equal part of the time."""

    product: Optional[str]
    sightings: List[int]


class Strips(NamedTuple):
    """A time in equal parts."""

    begin: Time
    end: Time
    parts: int
    items: List[Strip]


class Camera(NamedTuple):
    """One of the program's cameras, by which others are asked for; name: empty for the only one without."""

    name: str
    true_fps: Optional[float]
    limited_by: Optional[str]
    offline: bool


class Cameras(NamedTuple):
    """In their order; the first is asked where no camera is named."""

    items: List[Camera]


class Percentiles(NamedTuple):
    """Of latency in milliseconds, from capture to presented."""

    p50: Optional[float]
    p95: Optional[float]


class Frames(NamedTuple):
    """Of the whole run; dropped: captured and never presented."""

    captured: int
    presented: int
    dropped: int


class Classified(NamedTuple):
    """Of the whole run; asked: objects that stage 2 was run on, reused: names taken over from a track."""

    asked: int
    reused: int


class FiguresNow(NamedTuple):
    """True FPS and what bounds it. stages_ms: mean time of a frame in each stage, lately; threads: who does which."""

    nominal_fps: Optional[float]
    camera_fps: Optional[float]
    true_fps: Optional[float]
    latency_ms: Percentiles
    stages_ms: Dict[str, Optional[float]]
    threads: Dict[str, List[str]]
    frames: Frames
    classify: Classified
    limited_by: str
    hottest_celsius: Optional[float]
    power_w: Optional[float]


class Stays(NamedTuple):
    """Of one name in a zone: in it at present, entered and left in this run, and all their time in it together."""

    name: str
    now: int
    entered: int
    left: int
    dwell_s: float


class Zone(NamedTuple):
    """One zone: all together, and by name."""

    zone: str
    now: int
    entered: int
    left: int
    dwell_s: float
    by_name: List[Stays]


class Passages(NamedTuple):
    """Of one name across a line; into: to the right hand of one who goes from its first end to its second."""

    name: str
    into: int
    out: int


class Line(NamedTuple):
    """One line: all together, and by name."""

    line: str
    into: int
    out: int
    by_name: List[Passages]


class Counts(NamedTuple):
    """Zones and lines, in the order of their file; empty without --zones."""

    zones: List[Zone]
    lines: List[Line]


class Slot(NamedTuple):
    """A slot of the shelf: what belongs there, its state (filled, low, empty, wrong, unknown, hidden) and for how long;
    facings: there, and where it is full; wrong: which other product is there; in_stock: share of the time in which some
    was there; crop: where the page has a picture of its last change."""

    slot: str
    product: str
    state: str
    for_s: float
    facings: int
    full: int
    wrong: Optional[str]
    in_stock: Optional[float]
    crop: Optional[str]


class Shelf(NamedTuple):
    """Slots, in the order of their layout, empty without --shelf; moved: how often the camera was; off: it looks
    elsewhere."""

    slots: List[Slot]
    moved: int
    off: bool


class Event(NamedTuple):
    """A change worth telling. number counts those of a run; seconds since its first frame; track: who told; place: the
    slot of a shelf, the line or the zone, direction: in or out, of what crossed it; crop: the picture of a slot."""

    number: int
    kind: str
    time: Optional[Time]
    seconds: float
    product: Optional[str]
    shape: Optional[str]
    track: Optional[int]
    place: Optional[str]
    direction: Optional[str]
    crop: Optional[str]
