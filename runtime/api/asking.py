"""Each operation's answer, from the newest picture and the history."""

import csv
import io
import time
from collections import Counter
from typing import Any, Dict, NamedTuple, Optional, Sequence, Set, Tuple

from runtime.api import answers
from runtime.api.cursors import cursor_of
from runtime.api.problem import ProblemError
from runtime.clock import rfc3339
from runtime.errors import SinkError
from runtime.figures.counts import Counts, ZoneCount
from runtime.figures.figures import Figures
from runtime.figures.report import figures_as_json
from runtime.figures.shelf import ShelfNow
from runtime.frame import Observation
from runtime.history.reading import Filter, HistoryReader, Place, Row
from runtime.seen import objects_in, seen_in

DAY_S = 86400.0
MOST_ROWS = 50000
"""Of a table: 6 MB."""


class Newest(NamedTuple):
    """The newest picture's observation, without its image, and figures."""

    observation: Observation
    figures: Figures
    age_s: float
    """Since it was captured."""
    still_s: float
    """Since anything new came."""


class Known(NamedTuple):
    """What an answer is made from. `newest`: None before the first picture; `history`: None where none is kept."""

    newest: Optional[Newest]
    history: Optional[str] = None
    cameras: Sequence[Tuple[str, Optional[Newest]]] = ()
    """Each by its name; `newest` is of the one that was asked for."""


def now(known: Known, values: Dict[str, Any]) -> answers.Now:
    newest = _newest(known)
    frame = newest.observation.frame
    is_live = frame.id is not None and frame.source_s is None
    seen = seen_in(newest.observation.detections, newest.observation.names, newest.observation.words)
    return answers.Now(
        _time(time.time() - newest.age_s) if is_live else None,
        frame.id,
        frame.id is None,
        round(newest.still_s, 1),
        [answers.Count(one.name, one.is_named, one.objects) for one in seen],
        [
            answers.SeenObject(
                one.track,
                one.name,
                one.product,
                one.shape,
                round(one.score, 4),
                None if one.similarity is None else round(one.similarity, 4),
                [round(side, 1) for side in one.box],
            )
            for one in objects_in(newest.observation)
        ],
    )


def figures(known: Known, values: Dict[str, Any]) -> answers.FiguresNow:
    newest = _newest(known)
    content = figures_as_json(newest.figures)
    board = newest.figures.board
    return answers.FiguresNow(
        content["nominal_fps"],
        content["camera_fps"],
        content["true_fps"],
        answers.Percentiles(**content["latency_ms"]),
        content["stages_ms"],
        content["threads"],
        answers.Frames(**content["frames"]),
        answers.Classified(**content["classify"]),
        content["limited_by"],
        None if board is None else board.hottest_celsius,
        None if board is None or board.total_mw is None else board.total_mw / 1000,
    )


def cameras(known: Known, values: Dict[str, Any]) -> answers.Cameras:
    return answers.Cameras([_camera(*one) for one in known.cameras])


def _camera(name: str, newest: Optional[Newest]) -> answers.Camera:
    """Without a picture yet it counts as offline."""
    if newest is None:
        return answers.Camera(name, None, None, True)
    content = figures_as_json(newest.figures)
    is_offline = newest.observation.frame.id is None
    return answers.Camera(name, content["true_fps"], content["limited_by"], is_offline)


def counts(known: Known, values: Dict[str, Any]) -> answers.Counts:
    found = _newest(known).figures.counts or Counts()
    return answers.Counts(
        [
            answers.Zone(
                zone.name, *_stays(zone.total), [answers.Stays(name, *_stays(one)) for name, one in zone.by_name]
            )
            for zone in found.zones
        ],
        [
            answers.Line(line.name, *line.total, [answers.Passages(name, *one) for name, one in line.by_name])
            for line in found.lines
        ],
    )


def shelf(known: Known, values: Dict[str, Any]) -> answers.Shelf:
    found = _newest(known).figures.shelf or ShelfNow()
    slots = [
        answers.Slot(
            one.slot,
            one.product,
            one.state,
            round(one.for_s, 1),
            one.facings,
            one.full,
            one.wrong,
            None if one.in_stock is None else round(one.in_stock, 4),
            one.crop,
        )
        for one in found.slots
    ]
    return answers.Shelf(slots, found.moved, found.is_off)


def products(known: Known, values: Dict[str, Any]) -> answers.Products:
    """With those of the history that nobody knows any more."""
    in_view: Counter = Counter()
    names: Set[str] = set()
    if known.newest is not None:
        names.update(known.newest.observation.words.products or ())
        in_view.update(one.product for one in objects_in(known.newest.observation) if one.product is not None)
    last_seen: Dict[str, Optional[float]] = {}
    if known.history is not None:
        with _reader(known) as reader:
            names.update(reader.products())
            last_seen = {name: reader.last_seen_s(name) for name in names}
    return answers.Products(
        [answers.Product(name, in_view[name], _time(last_seen.get(name))) for name in sorted(names)]
    )


def sightings(known: Known, values: Dict[str, Any]) -> answers.Sightings:
    wanted = _wanted(values)
    limit = values["limit"]
    with _reader(known) as reader:
        rows = reader.sightings(wanted, limit + 1, values["cursor"])
    last = rows[limit - 1] if len(rows) > limit else None
    return answers.Sightings(
        [_sighting(row) for row in rows[:limit]],
        None if last is None else cursor_of(Place(last.run, last.last_s, last.id)),
    )


def table(known: Known, values: Dict[str, Any]) -> bytes:
    """CSV in UTF-8 with a mark, for spreadsheets; the newest MOST_ROWS."""
    wanted = _wanted(values)
    with _reader(known) as reader:
        rows = reader.sightings(wanted, MOST_ROWS)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([name for name in answers.Sighting._fields if name != "box"] + ["x1", "y1", "x2", "y2"])
    for row in rows:
        told = _sighting(row)._asdict()
        box = told.pop("box")
        writer.writerow([_cell(value) for value in told.values()] + box)
    return ("\ufeff" + text.getvalue()).encode("utf-8")


def _cell(value: Any) -> Any:
    """A spreadsheet takes what begins so for a formula: a name must not become one."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + value
    return value


def sighting(known: Known, values: Dict[str, Any]) -> answers.Sighting:
    with _reader(known) as reader:
        row = reader.sighting(values["id"])
    if row is None:
        raise ProblemError(404, "no sighting {}: it was never there, or has aged".format(values["id"]))
    return _sighting(row)


def crop(known: Known, values: Dict[str, Any]) -> bytes:
    with _reader(known) as reader:
        picture = reader.crop(values["id"])
    if picture is None:
        raise ProblemError(404, "no picture of sighting {}".format(values["id"]))
    return picture


def changes(known: Known, values: Dict[str, Any]) -> answers.Changes:
    until_s = time.time() if values["until"] is None else values["until"]
    with _reader(known) as reader:
        before = reader.present_at(values["since"])
        if values["until"] is not None or known.newest is None:
            after = reader.present_at(until_s)
        else:  # rows come a second late: what is in view now is known better
            after = dict(Counter(one.product for one in objects_in(known.newest.observation)))
    names = sorted(set(before) | set(after), key=lambda name: (name is None, name or ""))
    rows = [answers.Change(name, before.get(name, 0), after.get(name, 0)) for name in names]
    return answers.Changes(_date(values["since"]), _date(until_s), [row for row in rows if row.before != row.after])


def strips(known: Known, values: Dict[str, Any]) -> answers.Strips:
    to_s = time.time() if values["to"] is None else values["to"]
    from_s = to_s - DAY_S if values["from"] is None else values["from"]
    if from_s >= to_s:
        raise ProblemError(400, "from: expected a time before 'to'")
    with _reader(known) as reader:
        found = reader.strip(from_s, to_s, values["parts"])
    names = sorted(found, key=lambda name: (name is None, name or ""))
    return answers.Strips(
        _date(from_s), _date(to_s), values["parts"], [answers.Strip(name, found[name]) for name in names]
    )


def _wanted(values: Dict[str, Any]) -> Filter:
    times = values["from"], values["to"]
    if values["undated"] and times != (None, None):
        raise ProblemError(400, "undated: what has no date has no time, leave out 'from' and 'to'")
    return Filter(values["product"], values["unknown"], *times, values["camera"], values["undated"])


def _stays(count: ZoneCount) -> Tuple[int, int, int, float]:
    return count.now, count.entered, count.left, round(count.dwell_s, 2)


def _newest(known: Known) -> Newest:
    if known.newest is None:
        raise ProblemError(503, "no picture yet: ask again in a moment")
    return known.newest


def _reader(known: Known) -> HistoryReader:
    if known.history is None:
        raise ProblemError(404, "no history is kept: start the program with --sink shelf.sqlite too")
    try:
        return HistoryReader(known.history)
    except SinkError as error:
        raise ProblemError(503, str(error)) from error


def _sighting(row: Row) -> answers.Sighting:
    first_s, last_s = (None if row.epoch_s is None else row.epoch_s + seconds for seconds in (row.first_s, row.last_s))
    return answers.Sighting(
        row.id, row.run, row.source, row.track, row.product, row.shape, _time(first_s), _time(last_s),
        round(row.first_s, 3), round(row.last_s, 3), row.frames,
        None if row.similarity is None else round(row.similarity, 4),
        [round(side, 1) for side in (row.x1, row.y1, row.x2, row.y2)], row.file, bool(row.is_corrected),
        row.at_once, bool(row.has_crop), row.camera,
    )  # fmt: skip


def _time(seconds: Optional[float]) -> Any:
    return rfc3339(seconds)


def _date(seconds: float) -> Any:
    try:
        return rfc3339(seconds)
    except (ValueError, OverflowError, OSError) as error:
        raise ProblemError(400, "a time beyond what a calendar holds") from error
