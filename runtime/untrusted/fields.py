"""Fields of a JSON file, each with the range that it may have. ValueError names the field."""

import json
import math
from collections import Counter
from typing import Any, Dict, List

from runtime.untrusted.files import read_text

MAX_NAMES = 10000
MAX_LETTERS = 200


def read_json(path: str, limit_bytes: int) -> Any:
    """What the file holds; ValueError for what is no JSON, OSError where it cannot be opened."""
    try:
        return json.loads(read_text(path, limit_bytes))
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def number(description: Dict[str, Any], section: str, key: str, least: float, most: float) -> float:
    """description[section][key], a finite number from `least` to `most`."""
    value = _value(description, section, key)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not least <= value <= most or not math.isfinite(value):
        raise ValueError(
            "{}.{} is {}, expected a number from {:g} to {:g}".format(section, key, shown(value), least, most)
        )
    return float(value)


def whole(description: Dict[str, Any], section: str, key: str, least: int, most: int, step: int = 1) -> int:
    """description[section][key], a whole number from `least` to `most` that `step` divides."""
    value = _value(description, section, key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most or value % step:
        of = "" if step == 1 else " that {} divides".format(step)
        message = "{}.{} is {}, expected a whole number from {} to {}{}"
        raise ValueError(message.format(section, key, shown(value), least, most, of))
    return value


def text(description: Dict[str, Any], section: str, key: str) -> str:
    """description[section][key], a text of MAX_LETTERS at most."""
    value = _value(description, section, key)
    if not isinstance(value, str) or len(value) > MAX_LETTERS:
        raise ValueError("{}.{} is {}, expected a text".format(section, key, shown(value)))
    return value


def names(description: Dict[str, Any], key: str) -> List[str]:
    """description[key], a list of names, each once."""
    value = description.get(key)
    if not isinstance(value, list) or not value or len(value) > MAX_NAMES:
        raise ValueError("{!r} is {}, expected a list of 1 to {} names".format(key, shown(value), MAX_NAMES))
    for one in value:
        if not is_name(one):
            message = "{!r} holds {}, expected names of 1 to {} letters that can be printed"
            raise ValueError(message.format(key, shown(one), MAX_LETTERS))
    twice = sorted(name for name, count in Counter(value).items() if count > 1)
    if twice:
        raise ValueError("{!r} names {} twice".format(key, ", ".join(twice[:5])))
    return value


def is_name(value: Any) -> bool:
    """Whether it may be drawn, logged and made a file's name of: no line ends, no escapes of a terminal."""
    return isinstance(value, str) and bool(value.strip()) and len(value) <= MAX_LETTERS and value.isprintable()


def shown(value: Any) -> str:
    """`value` as it may stand in a message: short, and without what a terminal would take for a command."""
    if isinstance(value, (list, dict)):
        return "a {} of {}".format("list" if isinstance(value, list) else "table", len(value))
    told = "a number of many digits" if isinstance(value, int) and abs(value) > 10**20 else repr(value)
    return told if len(told) <= 60 else told[:57] + "..."


def _value(description: Dict[str, Any], section: str, key: str) -> Any:
    part = description.get(section)
    return part.get(key) if isinstance(part, dict) else None
