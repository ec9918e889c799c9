"""What belongs where: slots in shares of the picture as it was when they were taught."""

from typing import List, NamedTuple, Optional, Tuple

FILLED, LOW, EMPTY, WRONG, UNKNOWN, HIDDEN = "filled", "low", "empty", "wrong", "unknown", "hidden"
STATES = (FILLED, LOW, EMPTY, WRONG, UNKNOWN, HIDDEN)

Corners = Tuple[float, float, float, float]
"""Left, top, right, bottom; bottom is where things stand."""


class Slot(NamedTuple):
    """A place for one product."""

    name: str
    product: str
    box: Corners
    """In shares of the picture."""
    facings: int = 1
    """How many stand side by side where it is full."""


class Layout(NamedTuple):
    """All slots of one camera's view."""

    slots: Tuple[Slot, ...]
    aspect: Optional[float] = None
    """Width over height of the picture that it was taught on."""
    picture: Optional[bytes] = None
    """What `reference.picture_of` made of it; None where nobody knows how the shelf looked then."""


def numbered(slots: List[Slot]) -> List[Slot]:
    """With names, each once."""
    names = [slot.name for slot in slots]
    numbered = []
    for index, slot in enumerate(slots):
        count = names[:index].count(slot.name)
        numbered.append(slot._replace(name="{} ({})".format(slot.name, count + 1)) if count else slot)
    return numbered
