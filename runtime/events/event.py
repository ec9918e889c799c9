"""One change worth telling."""

from typing import Any, Dict, NamedTuple, Optional

from runtime.clock import rfc3339

APPEARS, GONE, UNKNOWN, OFFLINE, ONLINE = "appears", "gone", "unknown", "offline", "online"
FILLED, LOW, EMPTY, WRONG, CROSSED = "filled", "low", "empty", "wrong", "crossed"
ENTERED, LEFT = "entered", "left"
KINDS = {
    APPEARS: "a product is in view that was not",
    GONE: "none of a product is in view any more",
    UNKNOWN: "something that no name fits stays in view",
    OFFLINE: "the source is away",
    ONLINE: "the source delivers again",
    FILLED: "a slot of the shelf is filled again",
    LOW: "a slot is running low",
    EMPTY: "a slot is empty",
    WRONG: "another product is in a slot",
    CROSSED: "something passed a line",
    ENTERED: "something came into a zone",
    LEFT: "something went out of a zone",
}


class Event(NamedTuple):
    """`number` counts the events of a run, from 1."""

    number: int
    kind: str
    """One of KINDS."""
    time_s: Optional[float]
    """Since 1970, by the clock as it went then; None for a file, which has no date."""
    seconds: float
    """Since the first frame of the run, of a file by its own times."""
    product: Optional[str] = None
    shape: Optional[str] = None
    track: Optional[int] = None
    """Of the object that told."""
    place: Optional[str] = None
    """The slot, the line or the zone, by its name."""
    direction: Optional[str] = None
    """in or out, of what crossed a line."""
    crop: Optional[str] = None
    """Where the page has a picture of the slot as it changed."""


def as_json(event: Event) -> Dict[str, Any]:
    """As the API, MQTT and webhooks tell it."""
    content = event._asdict()
    content["time"] = rfc3339(content.pop("time_s"))
    content["seconds"] = round(event.seconds, 3)
    return dict(content)
