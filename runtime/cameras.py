"""What belongs to each camera of a running program: its source, what looks at its pictures, and where they go."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from runtime.counting.in_view import InViewOverlay
from runtime.counting.opening import open_counting
from runtime.figures.board import Board
from runtime.figures.figures import Figures
from runtime.figures.report import figures_as_json
from runtime.loop.member import Member
from runtime.loop.presenter import Presenter
from runtime.picture.compose import Composer
from runtime.picture.overlay import Overlay
from runtime.recognition.naming import NamingPolicy
from runtime.recognition.recogniser import Recogniser
from runtime.settings import AUTO, Settings
from runtime.shelf.opening import open_shelf
from runtime.sinks.sink import Sink
from runtime.sinks.web import WebView
from runtime.sources.source import Source


class Camera(NamedTuple):
    """One of them."""

    settings: Settings
    """As if it were the only one."""
    source: Source
    recogniser: Recogniser
    sinks: Sequence[Sink]
    overlays: Sequence[Overlay]

    @property
    def name(self) -> str:
        """Empty for the only one that has none."""
        return self.settings.camera

    @property
    def label(self) -> str:
        """Its source, with its name before it where it has one."""
        return "{}={}".format(self.name, self.source.name) if self.name else self.source.name

    def member(self, board: Optional[Board], keeps_frames: bool) -> Member:
        """As the loop runs it."""
        detector, products = self.recogniser.detector, self.recogniser.products
        composer = Composer(detector.classes, products, _has_panel(self.settings, self.sinks))
        presenter = Presenter(composer, self.sinks, board, keeps_frames, self.overlays)
        weight = self.settings.weight
        return Member(self.source, self.recogniser, presenter, self._nominal_fps(), self.name, weight)

    def _nominal_fps(self) -> float:
        """A file is played at its own rate unless another is asked for."""
        if self.settings.fps is not None:
            return self.settings.fps
        return self.settings.live_fps if self.source.live else self.source.own_fps

    def told(self, figures: Figures) -> Figures:
        """Its figures of the whole run with what the overlays counted, which is over."""
        for overlay in self.overlays:
            overlay.end()
            figures = overlay.told(figures)
        return figures

    def as_json(self, figures: Figures, res: Optional[str]) -> Dict[str, Any]:
        """For the report: `figures` as `told` gave them."""
        detector = self.recogniser.detector
        return dict(
            figures_as_json(figures),
            source=self.source.name,
            sinks=[sink.name for sink in self.sinks],
            input=str(detector.sides),
            res=res,
        )


def open_camera(settings: Settings, source: Source, recogniser: Recogniser, sinks: Sequence[Sink]) -> Camera:
    """With the overlays that its settings ask for. UsageError where a file of them makes no sense."""
    products = recogniser.products
    overlays: List[Overlay] = [InViewOverlay()]
    counting = open_counting(settings, recogniser.detector.classes, products)
    shelf = open_shelf(settings, products)
    places = [sink for sink in sinks if isinstance(sink, WebView)]
    if counting is not None:
        overlays.append(counting[0])
        for place in places:
            place.show_zones(counting[1])
    if shelf is not None:
        overlays.append(shelf[0])
        for place in places:
            place.show_shelf(shelf[1])
    return Camera(settings, source, recogniser, sinks, overlays)


def naming_policy(settings: Settings, source: Source) -> NamingPolicy:
    """Loose pictures have no tracks: each candidate is asked about on each of them."""
    return NamingPolicy(settings.classify_every if source.continuous else 1, settings.classify_budget_ms)


def _has_panel(settings: Settings, sinks: Sequence[Sink]) -> bool:
    return settings.panel == "on" if settings.panel != AUTO else any(sink.wants_panel for sink in sinks)
