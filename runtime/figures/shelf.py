"""What a shelf looks like. Filled in by runtime.shelf, handed down by the top."""

from typing import Any, Dict, NamedTuple, Optional, Tuple


class SlotNow(NamedTuple):
    """One slot as it is by now."""

    slot: str
    product: str
    """What belongs there."""
    state: str
    """filled, low, empty, wrong, unknown or hidden."""
    for_s: float
    """How long it has been so."""
    facings: int
    """How many are there, as far as it can be seen."""
    full: int
    wrong: Optional[str]
    """Which other product is there."""
    in_stock: Optional[float]
    """Share of the time, of that in which it could be seen, in which some of it was there; None before that."""
    box: Tuple[float, float, float, float]
    """Left, top, right, bottom in shares of the picture it was taught on."""
    crop: Optional[str] = None
    """Where the page has a picture of its last change; None before the first."""


class ShelfNow(NamedTuple):
    """All slots, in the order of the layout."""

    slots: Tuple[SlotNow, ...] = ()
    moved: int = 0
    """How often the camera was found to have been moved, and the layout with it."""
    is_off: bool = False
    """The camera looks elsewhere: nothing is known until it is set right, or taught anew."""


def shelf_as_json(shelf: ShelfNow) -> Dict[str, Any]:
    """`slots`, a table each, `moved` and `off`."""
    slots = []
    for one in shelf.slots:
        row = dict(one._asdict(), for_s=round(one.for_s, 1), box=[round(side, 4) for side in one.box])
        row["in_stock"] = None if one.in_stock is None else round(one.in_stock, 4)
        slots.append(row)
    return {"slots": slots, "moved": shelf.moved, "off": shelf.is_off}
