"""A layout in a file: JSON, written whole or not at all, or a CSV of rows and facings.

{"aspect": 1.3333, "slots": [{"name": "tea", "product": "tea", "box": [0.1, 0.2, 0.3, 0.5], "facings": 2}],
 "picture": "iVBO..."}  (how it looked when it was taught, a PNG in Base64, where that is known)

row,product,facings (from the top, from left to right), with left, top, right, bottom in shares where they are known.
"""

import base64
import csv
import difflib
import io
import json
from typing import Any, Dict, List, Optional, Sequence

from runtime.errors import SinkError, UsageError
from runtime.outputs import write_whole
from runtime.shelf.layout import Corners, Layout, Slot, numbered
from runtime.shelf.reference import grey_from_picture
from runtime.untrusted.fields import is_name, read_json, shown
from runtime.untrusted.files import read_text

LIMIT_BYTES = 1000000
MOST_SLOTS = 400
MOST_FACINGS = 100
LEAST_SIDE = 0.004
_BOX = ("left", "top", "right", "bottom")


def read_layout(path: str) -> Layout:
    """UsageError, one line, for whatever it may not be."""
    try:
        if path.lower().endswith(".csv"):
            return layout_from_csv(read_text(path, LIMIT_BYTES))
        return layout_from_json(read_json(path, LIMIT_BYTES))
    except OSError as error:
        raise UsageError("--shelf {}: {}".format(path, error.strerror or error)) from error
    except (ValueError, csv.Error) as error:
        raise UsageError("--shelf {}: {}".format(path, error)) from error


def layout_from_json(content: Any) -> Layout:
    """ValueError names the slot, and what is wrong with it."""
    if not isinstance(content, dict) or not isinstance(content.get("slots"), list):
        raise ValueError("{}, expected a table with slots, a list".format(shown(content)))
    aspect = content.get("aspect")
    if aspect is not None and not (_is_number(aspect) and 0.05 <= aspect <= 20):
        raise ValueError("aspect is {}, expected width over height of the picture".format(shown(aspect)))
    layout = _checked([_slot(value, number) for number, value in enumerate(content["slots"], 1)], aspect)
    return layout._replace(picture=_picture(content.get("picture")))


def layout_from_csv(text: str) -> Layout:
    """Rows without coordinates share the picture's height, their facings its width."""
    table = csv.DictReader(io.StringIO(text))
    missing = [key for key in ("row", "product") if key not in (table.fieldnames or ())]
    if missing:
        raise ValueError("no column {}: expected row,product,facings".format(missing[0]))
    values = []
    for line, row in enumerate(table, 2):
        values.append(_from_row(row, line))
        if len(values) > MOST_SLOTS:
            break
    slots: List[Slot] = []
    rows = sorted({row for row, _ in values})
    for place, number in enumerate(rows):
        own = [slot for row, slot in values if row == number]
        total, left = sum(slot.facings for slot in own), 0
        for slot in own:
            if slot.box[2] == 0.0:
                share = (left / total, place / len(rows), (left + slot.facings) / total, (place + 0.92) / len(rows))
                slot = slot._replace(box=share)
            left += slot.facings
            slots.append(slot)
    return _checked(numbered(slots), None)


def json_from_layout(layout: Layout) -> Dict[str, Any]:
    """What `layout_from_json` reads."""
    content: Dict[str, Any] = {} if layout.aspect is None else {"aspect": layout.aspect}
    content["slots"] = [
        {
            "name": slot.name,
            "product": slot.product,
            "box": [round(side, 4) for side in slot.box],
            "facings": slot.facings,
        }
        for slot in layout.slots
    ]
    if layout.picture is not None:
        content["picture"] = base64.b64encode(layout.picture).decode("ascii")
    return content


def write_layout(path: str, layout: Layout) -> None:
    """SinkError where it cannot be written; then the old file stands."""
    try:
        write_whole(path, json.dumps(json_from_layout(layout), indent=1, ensure_ascii=False))
    except OSError as error:
        raise SinkError("cannot write {}: {}".format(path, error.strerror or error)) from error


def check_products(layout: Layout, known: Sequence[str]) -> None:
    """UsageError for the first product that nothing here is called."""
    for slot in layout.slots:
        if slot.product not in known:
            near = difflib.get_close_matches(slot.product, known, 1)
            raise UsageError(
                "--shelf: slot {!r} is for {!r}, which the bundle does not know{}".format(
                    slot.name, slot.product, ": {!r}?".format(near[0]) if near else ""
                )
            )


def _checked(slots: List[Slot], aspect: Optional[float]) -> Layout:
    if not slots:
        raise ValueError("no slot in it")
    if len(slots) > MOST_SLOTS:
        raise ValueError("{} slots: {} at most".format(len(slots), MOST_SLOTS))
    names = set()
    for slot in slots:
        if slot.name in names:
            raise ValueError("the name {!r} is taken twice: every slot needs its own".format(slot.name))
        names.add(slot.name)
    return Layout(tuple(slots), aspect)


def _slot(value: Any, number: int) -> Slot:
    if not isinstance(value, dict):
        raise ValueError("slot {} is {}, expected a table".format(number, shown(value)))
    product = value.get("product")
    name = value.get("name", product)
    if not is_name(name) or not is_name(product):
        raise ValueError("slot {}: name {}, product {}: expected texts".format(number, shown(name), shown(product)))
    said = "slot {!r}".format(name)
    box = value.get("box")
    if not isinstance(box, list) or len(box) != 4 or not all(_is_number(side) for side in box):
        raise ValueError("{}: box is {}, expected [left, top, right, bottom]".format(said, shown(box)))
    facings = value.get("facings", 1)
    if not isinstance(facings, int) or isinstance(facings, bool) or not 1 <= facings <= MOST_FACINGS:
        raise ValueError("{}: facings {}, expected 1 to {}".format(said, shown(facings), MOST_FACINGS))
    return Slot(str(name), str(product), _box([float(side) for side in box], said), facings)


def _picture(value: Any) -> Optional[bytes]:
    if value is None:
        return None
    try:
        picture = base64.b64decode(value, validate=True)
        grey_from_picture(picture)
    except (TypeError, ValueError) as error:  # binascii's is one
        said = "no Base64" if isinstance(error, TypeError) else error
        message = "picture is {}, {}: leave it out, or teach the shelf anew on the page"
        raise ValueError(message.format(shown(value), said)) from error
    return picture


def _from_row(row: Dict[Any, Any], line: int) -> Any:
    said = "line {}".format(line)
    product = (row.get("product") or "").strip()
    if not is_name(product):
        raise ValueError("{}: product {}, expected a name".format(said, shown(product)))
    number = _whole(row.get("row"), 1, 1000, said, "row")
    facings = _whole(row.get("facings") or "1", 1, MOST_FACINGS, said, "facings")
    given = [row.get(key) for key in _BOX]
    box: Corners = (0.0, 0.0, 0.0, 0.0)
    if any(given):
        try:
            box = _box([float(side or "") for side in given], said)
        except ValueError as error:
            raise ValueError("{}: {}: expected shares from 0 to 1".format(said, error)) from error
    return number, Slot(product, product, box, facings)


def _whole(text: Any, least: int, most: int, said: str, key: str) -> int:
    try:
        value = int(str(text))
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise ValueError("{}: {} is {}, expected {} to {}".format(said, key, shown(text), least, most))
    return value


def _box(sides: List[float], said: str) -> Corners:
    left, top, right, bottom = sides
    if not all(0 <= side <= 1 for side in sides):
        raise ValueError("{}: its box {} is outside the picture: shares from 0 to 1".format(said, sides))
    if right - left < LEAST_SIDE or bottom - top < LEAST_SIDE:
        raise ValueError("{}: its box {} has no area: left, top, right, bottom".format(said, sides))
    return left, top, right, bottom


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
