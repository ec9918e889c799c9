"""Everything is built here, from one settings object."""

import contextlib
import logging
import os
import threading
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Union

import cv2

from runtime import shipped
from runtime.bundle import Bundle
from runtime.catalogue.opening import open_teacher
from runtime.catalogue.teacher import Teacher
from runtime.clock import MonotonicClock
from runtime.counting.in_view import InViewOverlay
from runtime.counting.opening import open_counting
from runtime.errors import ShelfsightError
from runtime.figures.board import NOT_AVAILABLE, Board, fps_per_watt
from runtime.figures.limits import with_cpu, with_throttling
from runtime.figures.report import check_report_path, figures_as_json, platform_line
from runtime.loop.loop import Loop, LoopParts
from runtime.loop.overlapped import OverlappedLoop
from runtime.loop.presenter import Presenter
from runtime.loop.sequential import SequentialLoop
from runtime.loop.showing import Limits
from runtime.picture.compose import Composer
from runtime.picture.overlay import Overlay
from runtime.recognition.naming import Naming, NamingPolicy
from runtime.recognition.recogniser import Recogniser
from runtime.recognition.tracker import Tracker
from runtime.settings import AUTO, Settings
from runtime.shelf.opening import open_shelf
from runtime.sinks.checking import problems_of as sink_problems_of
from runtime.sinks.opening import open_sink, open_tellers
from runtime.sinks.sink import Sink
from runtime.sinks.systemd import systemd_sinks
from runtime.sinks.web import WebSink
from runtime.sources.opening import DEMO, open_source
from runtime.sources.source import Source
from runtime.sources.waiting import WaitingSource
from runtime.stages import Stages

log = logging.getLogger(__name__)

THROTTLED_SHARE = 0.1
"""From this part of a run on, held-down clocks are what bounds its rate."""
SHIPPED_BUNDLE = shipped.DRAWN
"""Of the commands that are not about a source of pictures, unless another is asked for."""


class Assembly(NamedTuple):
    """The parts of a running program."""

    settings: Settings
    source: Source
    sinks: Sequence[Sink]
    bundle: Optional[Bundle]
    recogniser: Recogniser
    loop: Loop
    engines: Dict[str, Dict[str, str]]
    """By stage: engine, its name, and why, why it is this one."""
    board: Board = Board()
    overlays: Sequence[Overlay] = ()
    take_up: Callable[[Settings], None] = lambda _settings: None
    """Flags that were read again: what of them can change while it runs changes. Any thread may call it."""

    def report(self) -> Dict[str, Any]:
        """The figures of the whole run, and what they were measured with."""
        detector = self.recogniser.detector
        figures = self.loop.figures()
        for overlay in self.overlays:
            overlay.end()
            figures = overlay.told(figures)
        report = figures_as_json(figures)
        report.update(
            source=self.source.name,
            sinks=[sink.name for sink in self.sinks],
            engine=detector.engine.name,
            engines=self.engines,
            detector="{} ({} head, {} classes)".format(
                self.settings.detector or "the bundle's", detector.head.name, len(detector.classes)
            ),
            bundle=None if self.bundle is None else self.bundle.name,
            size=detector.size,
            input=str(detector.sides),
            res=self.loop.res,
            platform=platform_line(),
        )
        board = self.board.summary()
        if board:
            cpu = board.get("cpu_load_percent")
            bound = with_throttling(report["limited_by"], _throttled(board))
            report["limited_by"] = with_cpu(bound, cpu["mean"] if isinstance(cpu, dict) else None)
            report["board"] = dict(board, fps_per_watt=_fps_per_watt(report["true_fps"], board))
        return report


@contextlib.contextmanager
def assemble(
    settings: Settings,
    stop: threading.Event,
    source: Optional[Source] = None,
    sinks: Optional[Sequence[Sink]] = None,
    clock: Optional[MonotonicClock] = None,
    board: Optional[Board] = None,
    keeps_frames: bool = False,
):
    """Build everything, yield an Assembly, close everything. Raises ShelfsightError where a part cannot be had.

    The source opens first, since the detector's input takes the shape of its pictures, and sinks last, so that what
    fails leaves nothing half-written behind. `source` and `sinks` take the place of those that the settings name, and
    are closed too. `board` is watched by the caller, who closes it. `keeps_frames`: nothing is drawn on what the source
    delivered.
    """
    with contextlib.ExitStack() as stack:
        # Pictures are too small for OpenCV's pool: a resize to 160 px took 0.07 ms without it, 0.16 ms with it (desk).
        stack.callback(cv2.setNumThreads, cv2.getNumThreads())
        cv2.setNumThreads(1)
        source = stack.enter_context(source or open_source(settings))
        address = settings.source
        if address == AUTO:  # which camera, if any, is not known before it is open
            address = source.name if isinstance(source, WaitingSource) else DEMO
        bundle = _open_bundle(settings, address)
        stages = stack.enter_context(Stages(settings, bundle, source, stop))
        detector, classifier = stages.detector, stages.classifier
        teacher = open_teacher(settings, bundle, sinks is None and _may_have_page(settings))
        if teacher is not None:
            stack.callback(teacher.close)
        opened: List[Sink] = []
        for sink in sinks if sinks is not None else _open_sinks(settings, bundle, teacher):
            opened.append(stack.enter_context(sink))
        for sink in open_tellers(settings):
            opened.append(stack.enter_context(sink))
        opened += [stack.enter_context(sink) for sink in systemd_sinks()]
        every = settings.classify_every if source.continuous else 1
        policy = NamingPolicy(every, settings.classify_budget_ms)
        naming = None if classifier is None else Naming(classifier, policy)
        products = None if bundle is None else bundle.products if teacher is None else teacher.known.products
        recogniser = Recogniser(detector, Tracker(), naming, products, stages.reshaped)
        if teacher is not None:
            teacher.use(recogniser.take_up)
        overlays: List[Overlay] = [InViewOverlay()]
        counting, shelf = open_counting(settings, detector.classes, products), open_shelf(settings, products)
        pages = [sink for sink in opened if isinstance(sink, WebSink)]
        if counting is not None:
            overlays.append(counting[0])
            for page in pages:
                page.show_zones(counting[1])
        if shelf is not None:
            overlays.append(shelf[0])
            for page in pages:
                page.show_shelf(shelf[1])
        composer = Composer(detector.classes, products, _has_panel(settings, opened))
        parts = LoopParts(
            source,
            recogniser,
            Presenter(composer, opened, board, keeps_frames, overlays),
            _nominal_fps(settings, source),
            stop,
            Limits(settings.frames, settings.seconds),
            settings.log_every_s,
            clock or MonotonicClock(),
        )
        loop = SequentialLoop(parts) if settings.sequential else OverlappedLoop(parts)
        log.info(
            "%s -> %s at %s (%s)%s -> %s",
            source.name,
            os.path.basename(settings.detector or "detector"),
            detector.sides,
            detector.engine.name,
            "" if bundle is None or products is None else _products_line(bundle, products),
            ", ".join(sink.name for sink in opened),
        )

        def take_up(again: Settings) -> None:
            for sink in opened:
                sink.take_up(again)
            stages.take_up(again)

        parts_of = (settings, source, opened, bundle, recogniser, loop, stages.engines, board or Board(), overlays)
        yield Assembly(*parts_of, take_up=take_up)


def problems_of(settings: Settings) -> List[ShelfsightError]:
    """What would end the program, found without starting it: sources and networks are not opened."""
    problems = sink_problems_of(settings)
    try:
        bundle = _open_bundle(settings, DEMO if settings.source == AUTO else settings.source)
        shapes = [] if bundle is None else bundle.shapes
        open_counting(settings, shapes, None if bundle is None else bundle.products)
        open_shelf(settings, None if bundle is None else bundle.products)
    except ShelfsightError as error:
        problems.append(error)
    try:
        check_report_path(settings.report)
    except ShelfsightError as error:
        problems.append(error)
    return problems


def _throttled(board: Dict[str, Any]) -> str:
    """Why the clocks were held down for a part of the run that counts; empty where they were not."""
    share = board.get("throttled_share", 0.0)
    if share < THROTTLED_SHARE:
        return ""
    return "{} ({:.0f} % of the run)".format(board["throttled"], 100 * share)


def _fps_per_watt(true_fps: float, board: Dict[str, Any]) -> Union[float, str]:
    """By the mean power of the run."""
    total_mw = board.get("total_mw")
    mean_mw = total_mw["mean"] if isinstance(total_mw, dict) else None
    ratio = fps_per_watt(true_fps, mean_mw)
    return NOT_AVAILABLE if ratio is None else round(ratio, 3)


def _has_panel(settings: Settings, sinks: Sequence[Sink]) -> bool:
    return settings.panel == "on" if settings.panel != AUTO else any(sink.wants_panel for sink in sinks)


def _products_line(bundle: Bundle, products: Sequence[str]) -> str:
    taught = len(products) - len(bundle.products)
    line = " -> {} products of {}".format(len(bundle.products), bundle.name)
    return line + (" and {} taught here".format(taught) if taught else "")


def _may_have_page(settings: Settings) -> bool:
    return "web" in settings.sinks or settings.sinks in ((), ("auto",))


def _open_sinks(settings: Settings, bundle: Optional[Bundle], teacher: Optional[Teacher]):
    """Open one after the other, so that those already open are closed when a later one fails."""
    for kind in settings.sinks or ("auto",):
        yield open_sink(kind, settings, None if bundle is None else bundle.recogniser, teacher)


def _nominal_fps(settings: Settings, source: Source) -> float:
    """A file is played at its own rate unless another is asked for."""
    if settings.fps is not None:
        return settings.fps
    return settings.live_fps if source.live else source.own_fps


def _open_bundle(settings: Settings, address: str) -> Optional[Bundle]:
    """The one that is named, none for a detector alone, else the shipped one that serves this source best."""
    if settings.bundle is not None:
        return Bundle.open(settings.bundle)
    if settings.detector is not None:
        return None
    name = shipped.bundle_for(address)
    bundle = Bundle.open(name)
    if name == shipped.REAL:
        log.info(
            "knows %d kinds of things: %s (--bundle DIR for your own; --size 320 for things smaller than a quarter of "
            "the picture)",
            len(bundle.products),
            ", ".join(bundle.products).replace("_", " "),
        )
    return bundle
