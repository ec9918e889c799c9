"""What the page has of each camera, by its name."""

from collections import OrderedDict
from typing import Any, Dict, Optional, Sequence

from runtime.sinks.latest import Latest

PARAMETER = "camera"
"""Of a request's query: whose picture and figures it asks for."""


class Views:
    """The names never change, so that any thread may look."""

    def __init__(self, names: Sequence[str] = ("",)) -> None:
        """`names`: of the cameras, in the order of the page; one empty name where there is one without."""
        self._by_name: "OrderedDict[str, Latest]" = OrderedDict((name, Latest()) for name in names)

    @property
    def names(self) -> Sequence[str]:
        """In the order of the page."""
        return list(self._by_name)

    def __getitem__(self, name: str) -> Latest:
        """KeyError for a camera that there is not."""
        return self._by_name[name]

    def asked_for(self, request: Any) -> str:
        """The camera that a request names, else the first. KeyError for one that there is not."""
        name = request.query.get(PARAMETER)
        if name is None:
            return next(iter(self._by_name))
        if name not in self._by_name:
            raise KeyError(name)
        return name

    def of(self, request: Any) -> Latest:
        """What there is of the camera that a request asks for."""
        return self._by_name[self.asked_for(request)]

    def as_json(self, name: str) -> Optional[Dict[str, Any]]:
        """See Latest.as_json; with the others in short under `cameras`, where there are several."""
        content = self[name].as_json()
        if len(self._by_name) > 1:
            content = dict(content or {}, camera=name, cameras=self._in_short())
        return content

    def _in_short(self) -> Dict[str, Any]:
        short = {}
        for name, latest in self._by_name.items():
            told = latest.told
            short[name] = None if told is None else {
                "true_fps": round(told.figures.true_fps, 2),
                "limited_by": told.figures.limited_by,
                "offline": told.frame_id is None,
                "still_s": round(latest.still_s, 1),
                "seen": [{"name": one.name, "objects": one.objects} for one in told.seen()],
            }  # fmt: skip
        return short
