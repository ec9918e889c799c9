"""What is told, by topic: the figures, the source, how many of each product, and changes as they come."""

import json
import re
import time
from collections import Counter
from typing import Any, Dict, List, NamedTuple, Optional

from runtime.clock import rfc3339
from runtime.events.event import Event
from runtime.events.event import as_json as event_as_json
from runtime.figures.counts import counts_as_json
from runtime.figures.figures import Figures
from runtime.figures.report import figures_as_json
from runtime.figures.shelf import shelf_as_json
from runtime.frame import Observation
from runtime.seen import objects_in

ONLINE, OFFLINE = "online", "offline"


class Topics(NamedTuple):
    """Of one camera."""

    prefix: str

    @property
    def availability(self) -> str:
        """online, or offline: the broker says that for us when we are killed."""
        return self.prefix + "/availability"

    @property
    def about(self) -> str:
        """Version, bundle, last fault."""
        return self.prefix + "/about"

    @property
    def figures(self) -> str:
        """True FPS, what bounds it, the board, whether the source delivers, and when that was so."""
        return self.prefix + "/figures"

    @property
    def counts(self) -> str:
        """Zones and lines."""
        return self.prefix + "/counts"

    @property
    def shelf(self) -> str:
        """Its slots."""
        return self.prefix + "/shelf"

    @property
    def event(self) -> str:
        """One change; not retained."""
        return self.prefix + "/event"

    @property
    def picture(self) -> str:
        """The newest, as JPEG."""
        return self.prefix + "/picture"

    @property
    def products(self) -> str:
        """Above one topic for each product."""
        return self.prefix + "/products/"

    def product(self, name: str) -> str:
        """How many of it are in view, and when it was seen last."""
        return self.products + word_of(name)


def word_of(name: str) -> str:
    """A product's name as a level of a topic: letters, digits, _ and - stay, each other byte of UTF-8 becomes =XX."""
    return re.sub(rb"[^A-Za-z0-9_-]", lambda found: b"=%02X" % ord(found.group()), name.encode("utf-8")).decode("ascii")


class Seen(NamedTuple):
    """The newest that is known."""

    observation: Observation
    figures: Figures
    last_seen_s: Dict[str, float]
    """By product, since 1970."""


def products_of(observation: Observation) -> List[str]:
    """Those that the program knows at present: of its bundle, and taught."""
    return sorted(set(observation.words.products or ()))


def product_messages(seen: Seen, topics: Topics) -> Dict[str, str]:
    """By topic; each is retained."""
    is_there = seen.observation.frame.id is not None
    counts: Counter = Counter(one.product for one in objects_in(seen.observation)) if is_there else Counter()
    return {
        topics.product(name): _text(
            {"name": name, "count": counts[name], "last_seen": rfc3339(seen.last_seen_s.get(name))}
        )
        for name in products_of(seen.observation)
    }


def figures_message(seen: Seen) -> str:
    """Retained."""
    content = figures_as_json(seen.figures)
    board = seen.figures.board
    is_there = seen.observation.frame.id is not None
    newest = max(seen.last_seen_s.items(), key=lambda each: each[1], default=(None, None))
    told: Dict[str, Any] = {name: content[name] for name in ("true_fps", "camera_fps", "nominal_fps", "limited_by")}
    told.update(
        true_fps=content["true_fps"] if is_there else 0.0,
        source=ONLINE if is_there else OFFLINE,
        latency_ms=content["latency_ms"]["p50"],
        temperature_celsius=None if board is None else board.hottest_celsius,
        power_w=None if board is None or board.total_mw is None else round(board.total_mw / 1000, 2),
        throttled="" if board is None else board.throttled,
        last_seen=rfc3339(newest[1]),
        last_product=newest[0],
        at=rfc3339(time.time()),
    )
    return _text(told)


def place_messages(seen: Seen, topics: Topics) -> Dict[str, str]:
    """By topic, as in figures.json: zones and lines, the shelf, where there are any; each is retained."""
    messages = {}
    if seen.figures.counts is not None:
        messages[topics.counts] = _text(counts_as_json(seen.figures.counts))
    if seen.figures.shelf is not None:
        messages[topics.shelf] = _text(shelf_as_json(seen.figures.shelf))
    return messages


def event_message(event: Event) -> str:
    """Not retained: a change is told to whoever listens, once."""
    return _text(dict(event_as_json(event), event_type=event.kind))


def _text(content: Dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def read_name(payload: Optional[bytes]) -> Optional[str]:
    """The product that a retained message of ours is about; None for anything else."""
    try:
        content = json.loads((payload or b"").decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    name = content.get("name") if isinstance(content, dict) else None
    return name if isinstance(name, str) else None
