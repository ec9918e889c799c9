"""Everything is built here, from one settings object."""

import contextlib
import logging
import os
import threading
from collections import OrderedDict
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Union

import cv2

from runtime import shipped
from runtime.allocator import give_back
from runtime.bundle import Bundle
from runtime.cameras import Camera, naming_policy, open_camera
from runtime.catalogue.opening import open_teacher
from runtime.clock import MonotonicClock
from runtime.counting.opening import open_counting
from runtime.errors import ShelfsightError
from runtime.figures.board import NOT_AVAILABLE, Board, fps_per_watt
from runtime.figures.limits import with_cpu, with_throttling
from runtime.figures.report import check_report_path, figures_as_json, platform_line
from runtime.loop.loop import Limits, Loop, LoopParts
from runtime.loop.overlapped import OverlappedLoop
from runtime.loop.sequential import SequentialLoop
from runtime.recognition.batching import is_faster_in_batches
from runtime.recognition.naming import Naming
from runtime.recognition.recogniser import Recogniser
from runtime.recognition.tracker import Tracker
from runtime.room import check_room
from runtime.settings import AUTO, Settings
from runtime.shelf.opening import open_shelf
from runtime.sinks.checking import problems_of as sink_problems_of
from runtime.sinks.opening import SinkOpener
from runtime.sinks.sink import Sink
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
    cameras: Sequence[Camera]
    """Each with its own parts, the first of which stands for the only one below."""
    bundle: Optional[Bundle]
    loop: Loop
    engines: Dict[str, Dict[str, str]]
    """By stage: engine, its name, and why, why it is this one."""
    board: Board = Board()
    take_up: Callable[[Settings], None] = lambda _settings: None
    """Flags that were read again: what of them can change while it runs changes. Any thread may call it."""

    @property
    def recogniser(self) -> Recogniser:
        """The first camera's; what it knows is the same for all."""
        return self.cameras[0].recogniser

    def report(self) -> Dict[str, Any]:
        """The figures of the whole run, and what they were measured with."""
        detector = self.recogniser.detector
        figures = self.loop.figures()
        told = [camera.told(of_it) for camera, of_it in zip(self.cameras, self.loop.cameras())]
        report = figures_as_json(told[0] if len(told) == 1 else figures)
        sinks = OrderedDict((sink.name, None) for camera in self.cameras for sink in camera.sinks)
        report.update(
            source=", ".join(camera.label for camera in self.cameras),
            sinks=list(sinks),
            engine=detector.engine.name,
            engines=self.engines,
            detector="{} ({} head, {} classes)".format(
                self.settings.detector or "the bundle's", detector.head.name, len(detector.classes)
            ),
            bundle=None if self.bundle is None else self.bundle.name,
            size=detector.size,
            input=str(detector.sides),
            res=self.loop.res(),
            platform=platform_line(),
        )
        board = self.board.summary()
        if board:
            cpu = board.get("cpu_load_percent")
            bound = with_throttling(report["limited_by"], _throttled(board))
            report["limited_by"] = with_cpu(bound, cpu["mean"] if isinstance(cpu, dict) else None)
            report["board"] = dict(board, fps_per_watt=_fps_per_watt(report["true_fps"], board))
        if self.settings.cameras:
            report["cameras"] = {
                camera.name: camera.as_json(of_it, self.loop.res(number))
                for number, (camera, of_it) in enumerate(zip(self.cameras, told))
            }
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

    The sources open first, since the detector's input takes the shape of their pictures, and sinks last, so that what
    fails leaves nothing half-written behind. `source` and `sinks` take the place of those that the settings of one
    camera name, and are closed too. `board` is watched by the caller, who closes it. `keeps_frames`: nothing is drawn
    on what the source delivered.
    """
    with contextlib.ExitStack() as stack:
        # Pictures are too small for OpenCV's pool: a resize to 160 px took 0.07 ms without it, 0.16 ms with it (desk).
        stack.callback(cv2.setNumThreads, cv2.getNumThreads())
        cv2.setNumThreads(1)
        each = settings.each
        if source is None:
            check_room(each)
        sources = [stack.enter_context(source or open_source(one)) for one in each]
        bundle = _open_bundle(settings, [_address(*both) for both in zip(each, sources)])
        stages = stack.enter_context(Stages(settings, bundle, sources[0], stop))
        detector, classifier = stages.detector, stages.classifier
        teacher = open_teacher(each[0], bundle, sinks is None and any(_may_have_page(one) for one in each))
        if teacher is not None:
            stack.callback(teacher.close)
        products = None if bundle is None else bundle.products if teacher is None else teacher.knowledge.known.products
        policies = [naming_policy(*both) for both in zip(each, sources)]
        naming = None if classifier is None else Naming(classifier, policies[0])
        trackers = [Tracker(first_id=number, step=len(each)) for number in range(len(each))]
        recogniser = Recogniser(detector, trackers[0], naming, products, stages.reshaped)
        if teacher is not None:
            teacher.knowledge.use(recogniser.take_up)
        given = None if sinks is None else [stack.enter_context(sink) for sink in sinks]
        opener = SinkOpener(settings, bundle, teacher, stack)
        cameras: List[Camera] = []
        for own, opened, policy, tracker in zip(each, sources, policies, trackers):
            of_it = (opener.open(own) if given is None else given) + opener.tellers(own)
            looking = recogniser.beside(policy, tracker) if cameras else recogniser
            cameras.append(open_camera(own, opened, looking, of_it))
            for overlay in cameras[-1].overlays:
                stack.callback(overlay.end)
        members = [camera.member(board, keeps_frames) for camera in cameras]
        limits = Limits(settings.frames, settings.seconds)
        in_batches = len(members) > 1 and is_faster_in_batches(detector, len(members))
        parts = LoopParts(members, stop, limits, settings.log_every_s, clock or MonotonicClock(), in_batches)
        loop = SequentialLoop(parts) if settings.sequential else OverlappedLoop(parts)
        for camera in cameras:
            log.info(
                "%s%s -> %s at %s (%s)%s -> %s",
                camera.name and camera.name + ": ",
                camera.source.name,
                os.path.basename(settings.detector or "detector"),
                detector.sides,
                detector.engine.name,
                "" if bundle is None or products is None else _products_line(bundle, products),
                ", ".join(sink.name for sink in camera.sinks),
            )

        def take_up(again: Settings) -> None:
            for camera in cameras:
                for sink in camera.sinks:
                    sink.take_up(again)
            stages.take_up(again)

        give_back()  # of what loading the networks took
        yield Assembly(settings, cameras, bundle, loop, stages.engines, board or Board(), take_up)


def _address(settings: Settings, source: Source) -> str:
    """Where its pictures come from; of --source auto that is not known before it is open."""
    if settings.source != AUTO:
        return settings.source
    return source.name if isinstance(source, WaitingSource) else DEMO


def problems_of(settings: Settings) -> List[ShelfsightError]:
    """What would end the program, found without starting it: sources and networks are not opened."""
    problems = sink_problems_of(settings)
    try:
        bundle = _open_bundle(settings, [DEMO if one.source == AUTO else one.source for one in settings.each])
        shapes = [] if bundle is None else bundle.shapes
        for one in settings.each:
            open_counting(one, shapes, None if bundle is None else bundle.products)
            open_shelf(one, None if bundle is None else bundle.products)
    except ShelfsightError as error:
        problems.append(error)
    try:
        check_room(settings.each)
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


def _products_line(bundle: Bundle, products: Sequence[str]) -> str:
    taught = len(products) - len(bundle.products)
    line = " -> {} products of {}".format(len(bundle.products), bundle.name)
    return line + (" and {} taught here".format(taught) if taught else "")


def _may_have_page(settings: Settings) -> bool:
    return "web" in settings.sinks or settings.sinks in ((), ("auto",))


def _open_bundle(settings: Settings, addresses: Sequence[str]) -> Optional[Bundle]:
    """The one that is named, none for a detector alone, else the shipped one that serves these sources best."""
    if settings.bundle is not None:
        return Bundle.open(settings.bundle)
    if settings.detector is not None:
        return None
    names = {shipped.bundle_for(address) for address in addresses}
    name = names.pop() if len(names) == 1 else shipped.REAL
    bundle = Bundle.open(name)
    if name == shipped.REAL:
        log.info(
            "knows %d kinds of things: %s (--bundle DIR for your own; --size 320 for things smaller than a quarter of "
            "the picture)",
            len(bundle.products),
            ", ".join(bundle.products).replace("_", " "),
        )
    return bundle
