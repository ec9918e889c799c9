"""The operations of the API: one definition each, which answers and is described."""

from typing import Any, Callable, NamedTuple, Optional, Sequence

from runtime.api import answers, asking
from runtime.api.cursors import place_of
from runtime.api.parameters import Parameter, name, number_parameter, time_parameter, yes_or_no
from runtime.history.reading import MOST

PREFIX = "/api/v1"
EVENT_STREAM, JPEG, JSON, CSV = "text/event-stream", "image/jpeg", "application/json", "text/csv"

PRODUCT = Parameter("product", "Of this product only.", {"type": "string", "minLength": 1, "maxLength": 200}, name)
UNKNOWN = Parameter(
    "unknown", "Only what stayed without a name.", {"type": "boolean", "default": False}, yes_or_no, False
)
CAMERA = Parameter(
    "camera",
    "Of this camera, where there are several (default: the first; of sightings, all).",
    {"type": "string", "minLength": 1, "maxLength": 200},
    name,
)
FROM = time_parameter("from", "Last seen then or later.")
TO = time_parameter("to", "Last seen before.")
UNDATED = Parameter(
    "undated",
    "Only of runs without a date, videos and those whose clock was never set; not with times.",
    {"type": "boolean", "default": False},
    yes_or_no,
    False,
)
CURSOR = Parameter("cursor", "`next` of the page before.", {"type": "string", "maxLength": 200}, place_of)
LIMIT = number_parameter("limit", "Of one page.", 1, MOST, 50)
NUMBER = number_parameter("id", "A sighting's.", 1, 10**15, place="path")
PARTS = number_parameter("parts", "Equal parts of the time.", 1, 1440, 96)


class Operation(NamedTuple):
    """One GET. `answer` runs on a thread that may wait for the disk; None: the server streams or encodes itself."""

    path: str
    name: str
    summary: str
    kind: Any
    """The NamedTuple of the answer, or of one event of a stream; None for a picture."""
    answer: Optional[Callable[..., Any]] = None
    parameters: Sequence[Parameter] = ()
    content_type: str = JSON
    failures: Sequence[int] = ()
    """Statuses that it may answer beside 200, 400, 401, 403 and 429."""


_WITHOUT_HISTORY = _OF_A_CAMERA = (404, 503)
OPERATIONS = (
    Operation("/cameras", "cameras", "Which cameras there are.", answers.Cameras, asking.cameras),
    Operation("/now", "now", "What is in view.", answers.Now, asking.now, (CAMERA,), failures=_OF_A_CAMERA),
    Operation(
        "/figures",
        "figures",
        "True FPS, and what bounds it.",
        answers.FiguresNow,
        asking.figures,
        (CAMERA,),
        failures=_OF_A_CAMERA,
    ),
    Operation(
        "/products",
        "products",
        "What is known or was seen.",
        answers.Products,
        asking.products,
        (CAMERA,),
        failures=_OF_A_CAMERA,
    ),
    Operation(
        "/counts",
        "counts",
        "What is in zones, and passed lines.",
        answers.Counts,
        asking.counts,
        (CAMERA,),
        failures=_OF_A_CAMERA,
    ),
    Operation(
        "/shelf", "shelf", "What the shelf looks like.", answers.Shelf, asking.shelf, (CAMERA,), failures=_OF_A_CAMERA
    ),
    Operation(
        "/sightings",
        "sightings",
        "What was seen, a page at a time.",
        answers.Sightings,
        asking.sightings,
        (PRODUCT, UNKNOWN, CAMERA, FROM, TO, UNDATED, LIMIT, CURSOR),
        failures=_WITHOUT_HISTORY,
    ),
    Operation(
        "/sightings.csv",
        "table",
        "The same as a table, up to 50,000 rows.",
        None,
        asking.table,
        (PRODUCT, UNKNOWN, CAMERA, FROM, TO, UNDATED),
        CSV,
        failures=_WITHOUT_HISTORY,
    ),
    Operation(
        "/sightings/{id}",
        "sighting",
        "One sighting.",
        answers.Sighting,
        asking.sighting,
        (NUMBER,),
        failures=_WITHOUT_HISTORY,
    ),
    Operation(
        "/sightings/{id}/crop",
        "crop",
        "Its picture at its best moment.",
        None,
        asking.crop,
        (NUMBER,),
        JPEG,
        failures=_WITHOUT_HISTORY,
    ),
    Operation(
        "/changes",
        "changes",
        "What was in view at one time and at another.",
        answers.Changes,
        asking.changes,
        (
            time_parameter("since", "The first time.")._replace(is_required=True),
            time_parameter("until", "The second (default: now)."),
        ),
        failures=_WITHOUT_HISTORY,
    ),
    Operation(
        "/strips",
        "strips",
        "When each product was seen, for a day's strip.",
        answers.Strips,
        asking.strips,
        (
            time_parameter("from", "The beginning (default: a day before the end)."),
            time_parameter("to", "The end (default: now)."),
            PARTS,
        ),
        failures=_WITHOUT_HISTORY,
    ),
    Operation(
        "/snapshot",
        "snapshot",
        "The newest picture.",
        None,
        parameters=(CAMERA,),
        content_type=JPEG,
        failures=_OF_A_CAMERA,
    ),
    Operation(
        "/events",
        "events",
        "Changes as they come, as server-sent events; with Last-Event-ID those since.",
        answers.Event,
        parameters=(CAMERA,),
        content_type=EVENT_STREAM,
        failures=_OF_A_CAMERA,
    ),
)
