"""What went wrong with a request, as problem+json (RFC 9457)."""

import json
from typing import NamedTuple

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    429: "Too Many Requests", 503: "Service Unavailable",
}  # fmt: skip


class Problem(NamedTuple):
    """A request could not be answered; `detail` says what was wrong and what to do."""

    type: str
    title: str
    status: int
    detail: str


class ProblemError(Exception):
    """Raised by whoever answers; the server makes it an answer."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status

    def text(self) -> str:
        return problem_text(self.status, str(self))


def problem_text(status: int, detail: str) -> str:
    """The body of an answer."""
    problem = Problem("about:blank", TITLES.get(status, "Error"), status, detail.strip())
    return json.dumps(dict(problem._asdict()), ensure_ascii=False)
