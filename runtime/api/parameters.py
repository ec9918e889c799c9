"""Parameters of requests: what each may be, read and refused by one definition."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Sequence

from runtime.api.problem import ProblemError

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d{1,9})?(?:[Zz]|([+-])(\d\d):(\d\d))\Z", re.ASCII
)
LONGEST = 200
"""Characters of a name; a bundle's are shorter."""


class Parameter(NamedTuple):
    """One of a request."""

    name: str
    description: str
    schema: Dict[str, Any]
    read: Callable[[str], Any]
    """From its text; ValueError says what was expected."""
    default: Any = None
    place: str = "query"
    """Or path."""
    is_required: bool = False


def values_of(parameters: Sequence[Parameter], given: Mapping[str, str]) -> Dict[str, Any]:
    """By name, defaults for what is not given. ProblemError 400 where one makes no sense, or is given twice."""
    values = {}
    for one in parameters:
        texts = _texts(given, one.name)
        if one.is_required and not texts:
            raise ProblemError(400, "{}: is missing".format(one.name))
        if len(texts) > 1:
            raise ProblemError(400, "{}: given {} times, expected once".format(one.name, len(texts)))
        try:
            values[one.name] = one.read(texts[0]) if texts else one.default
        except ValueError as error:
            raise ProblemError(400, "{}: {}".format(one.name, error)) from error
    return values


def _texts(given: Mapping[str, str], name_: str) -> Sequence[str]:
    """aiohttp's query holds several of one name."""
    if hasattr(given, "getall"):
        return given.getall(name_, [])
    return [given[name_]] if name_ in given else []


def time_s(text: str) -> float:
    """RFC 3339 -> seconds since 1970."""
    match = _RFC3339.match(text)
    try:
        if match is None:
            raise ValueError
        parts = [int(part) for part in match.groups()[:6]]
        offset = timedelta(hours=int(match.group(9) or 0), minutes=int(match.group(10) or 0))
        if int(match.group(9) or 0) > 23 or int(match.group(10) or 0) > 59:
            raise ValueError
        zone = timezone(-offset if match.group(8) == "-" else offset)
        seconds = datetime(*parts, tzinfo=zone).timestamp()  # type: ignore[arg-type, misc]
    except (ValueError, OverflowError) as error:
        shown = text[:40].encode("ascii", "backslashreplace").decode()
        raise ValueError("{!r} is no time, expected RFC 3339, as in 2026-11-27T09:00:00Z".format(shown)) from error
    return seconds + float(match.group(7) or 0.0)


def whole(minimum: int, maximum: int) -> Callable[[str], int]:
    """A reader of whole numbers from `minimum` to `maximum`."""

    def read(text: str) -> int:
        if not re.match(r"\d{1,18}\Z", text, re.ASCII) or not minimum <= int(text) <= maximum:
            raise ValueError("expected a whole number from {} to {}".format(minimum, maximum))
        return int(text)

    return read


def name(text: str) -> str:
    """A product's."""
    is_text = not any("\ud800" <= letter <= "\udfff" for letter in text)  # as bytes that are no UTF-8 come out
    if not text or len(text) > LONGEST or not is_text:
        raise ValueError("expected a name of 1 to {} characters".format(LONGEST))
    return text


def yes_or_no(text: str) -> bool:
    """true or false."""
    if text not in ("true", "false"):
        raise ValueError("expected true or false")
    return text == "true"


def time_parameter(name_: str, description: str) -> Parameter:
    """One that takes a time."""
    return Parameter(name_, description, {"type": "string", "format": "date-time"}, time_s)


def number_parameter(
    name_: str, description: str, minimum: int, maximum: int, default: Optional[int] = None, place: str = "query"
) -> Parameter:
    """One that takes a whole number."""
    schema: Dict[str, Any] = {"type": "integer", "minimum": minimum, "maximum": maximum}
    if default is not None:
        schema["default"] = default
    return Parameter(name_, description, schema, whole(minimum, maximum), default, place, place == "path")
