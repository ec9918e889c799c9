"""Where the next page begins, as a word that only we need to understand."""

import base64
import binascii
import json
import math
from typing import Any

from runtime.history.reading import Place

MOST = 1 << 62


def cursor_of(place: Place) -> str:
    """Of the last sighting of a page."""
    text = json.dumps(list(place), separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def place_of(cursor: str) -> Place:
    """ValueError: it was not made by `cursor_of`."""
    found = _content(cursor)
    is_place = isinstance(found, list) and len(found) == 3 and not any(isinstance(part, bool) for part in found)
    if not is_place or not all(isinstance(found[index], int) and 0 <= found[index] < MOST for index in (0, 2)):
        raise ValueError("no cursor of ours: take it from 'next' of the page before")
    if not isinstance(found[1], (int, float)) or not math.isfinite(found[1]):
        raise ValueError("no cursor of ours: take it from 'next' of the page before")
    return Place(found[0], float(found[1]), found[2])


def _content(cursor: str) -> Any:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return json.loads(base64.urlsafe_b64decode(padded).decode("ascii"))
    except (ValueError, binascii.Error, RecursionError):
        return None
