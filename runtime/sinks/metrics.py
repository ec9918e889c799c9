"""The figures for Prometheus, at /metrics of the page: what the report says, by Prometheus' names and units."""

import contextlib
import os
import shutil
import sqlite3
from collections import OrderedDict
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from runtime import __version__
from runtime.errors import MissingPackageError, SinkError
from runtime.events.event_log import EventLog
from runtime.figures.board import BoardReading
from runtime.figures.counts import Counts
from runtime.figures.figures import Figures, Stages
from runtime.figures.shelf import ShelfNow
from runtime.history.tally import Tally
from runtime.sinks.latency_histogram import LatencyHistogram
from runtime.sinks.latest import Told

Sample = Tuple[Dict[str, str], float]


class OfCamera(NamedTuple):
    """What there is of one camera."""

    name: str
    """A label of its samples; empty: they have none."""
    told: Optional[Told]
    """None before the first picture."""
    still_s: float
    """Since the last new frame."""
    latency: LatencyHistogram
    events: Optional[EventLog] = None


class Metrics:
    """Built once; `text` is what a scrape gets. MissingPackageError without prometheus-client."""

    def __init__(self) -> None:
        try:
            import prometheus_client as client
            from prometheus_client import core
        except ImportError as error:
            raise MissingPackageError(
                "/metrics needs the package prometheus-client ({}): pip install '.[metrics]'".format(error)
            ) from error
        self.content_type: str = client.CONTENT_TYPE_LATEST
        self._generate, self._core = client.generate_latest, core
        self._registry = client.CollectorRegistry()
        client.ProcessCollector(registry=self._registry)
        self._cameras: Sequence[OfCamera] = ()
        self._history: Optional[str] = None
        self._tally: Optional[Tally] = None
        self._registry.register(self)

    def text(self, cameras: Sequence[OfCamera], history: Optional[str] = None) -> bytes:
        """`history`: path of a database."""
        self._cameras, self._history = cameras, history
        return self._generate(self._registry)

    def describe(self) -> List[Any]:
        """Asked by the registry, so that it need not collect at once."""
        return []

    def collect(self) -> Iterator[Any]:
        """The families, as prometheus-client wants them of a collector."""
        yield self._gauge("shelfsight_build_info", "Version of the program.", [({"version": __version__}, 1.0)])
        for family in self._of_all_cameras():
            yield family
        if self._history is not None:
            for family in self._disk(self._history):
                yield family
            yield self._sightings(self._history)
        boards = [one.told.figures.board for one in self._cameras if one.told is not None]
        if boards and boards[0] is not None:
            for family in self._board(boards[0]):
                yield family

    def _of_all_cameras(self) -> Sequence[Any]:
        """The families of each, each sample with the name of its camera where that has one."""
        together: "OrderedDict[str, Any]" = OrderedDict()
        for one in self._cameras:
            for family in self._of_one(one):
                if one.name:
                    family.samples = [
                        sample._replace(labels=dict(sample.labels, camera=one.name)) for sample in family.samples
                    ]
                if family.name in together:
                    together[family.name].samples += family.samples
                else:
                    together[family.name] = family
        return list(together.values())

    def _of_one(self, camera: OfCamera) -> Iterator[Any]:
        told = camera.told
        if told is None:
            return
        figures = told.figures
        for name, text, value in (
            ("true", "Distinct captured frames per second that were inferred on and presented.", figures.true_fps),
            ("camera", "Distinct frames per second that the source delivered.", figures.camera_fps),
            ("nominal", "Frames per second that were asked for, 0 for as fast as it goes.", figures.nominal_fps),
        ):
            yield self._gauge("shelfsight_{}_frames_per_second".format(name), text, [({}, value)])
        for name, text, count in (
            ("frames_captured", "Frames that the source delivered.", figures.captured),
            ("frames_presented", "Distinct frames that were inferred on and presented.", figures.presented),
            ("frames_dropped", "Frames that were captured and never presented.", figures.dropped),
            ("crops_classified", "Objects that stage 2 was run on.", figures.asked),
            ("names_reused", "Names that were taken over from a track.", figures.reused),
        ):
            yield self._core.CounterMetricFamily("shelfsight_" + name, text, value=float(count))
        latency = camera.latency.counted()
        yield self._core.HistogramMetricFamily(
            "shelfsight_latency_seconds",
            "From capture to presented, of each frame.",
            buckets=latency.cumulative(),
            sum_value=latency.sum_s,
        )
        yield self._stages(figures)
        yield self._gauge("shelfsight_still_seconds", "Since the last new frame was presented.", [({}, camera.still_s)])
        online = float(told.frame_id is not None)
        yield self._gauge("shelfsight_source_online", "Whether the source delivers: 1 or 0.", [({}, online)])
        objects = [({"name": one.name}, float(one.objects)) for one in told.seen()]
        yield self._gauge("shelfsight_objects_in_view", "Objects in the newest picture, by name.", objects)
        if camera.events is not None:
            family = self._core.CounterMetricFamily(
                "shelfsight_events", "Changes in view, by kind and product.", labels=["kind", "product"]
            )
            for (kind, product), count in sorted(camera.events.counts().items()):
                family.add_metric([kind, product], float(count))
            yield family
        if figures.counts is not None:
            for family in self._counts(figures.counts):
                yield family
        if figures.shelf is not None:
            for family in self._shelf(figures.shelf):
                yield family

    def _stages(self, figures: Figures) -> Any:
        family = self._core.HistogramMetricFamily(
            "shelfsight_stage_seconds", "Of each frame in each stage.", labels=["stage"]
        )
        for stage, counted in zip(Stages._fields, figures.stages_counted):
            family.add_metric([stage], buckets=counted.cumulative(), sum_value=counted.sum_s)
        return family

    def _shelf(self, shelf: ShelfNow) -> Iterator[Any]:
        of = [({"slot": one.slot, "product": one.product}, one) for one in shelf.slots]
        states: List[Sample] = [(dict(labels, state=one.state), 1.0) for labels, one in of]
        facings: List[Sample] = [(labels, float(one.facings)) for labels, one in of]
        stock: List[Sample] = [(labels, one.in_stock) for labels, one in of if one.in_stock is not None]
        for key, text, samples in (
            ("slot_state", "1 for the state that each slot of the shelf is in.", states),
            ("slot_facings", "Facings that are there, as far as can be seen.", facings),
            ("slot_in_stock_ratio", "Share of the time in which some of it was there.", stock),
        ):
            if samples:
                yield self._gauge("shelfsight_" + key, text, samples)

    def _counts(self, counts: Counts) -> Iterator[Any]:
        """Gauges, not counters: a count goes down where something turns out to be another product."""
        zones = [(zone.name, name, count) for zone in counts.zones for name, count in zone.by_name]
        lines = [(line.name, name, count) for line in counts.lines for name, count in line.by_name]
        now: List[Sample] = [({"zone": zone, "name": name}, float(count.now)) for zone, name, count in zones]
        entered: List[Sample] = [({"zone": zone, "name": name}, float(count.entered)) for zone, name, count in zones]
        left: List[Sample] = [({"zone": zone, "name": name}, float(count.left)) for zone, name, count in zones]
        dwell: List[Sample] = [({"zone": zone, "name": name}, count.dwell_s) for zone, name, count in zones]
        passed: List[Sample] = [
            ({"line": line, "name": name, "direction": direction}, float(value))
            for line, name, count in lines
            for direction, value in (("in", count.into), ("out", count.out))
        ]
        for key, text, samples in (
            ("zone_objects", "In each zone at present, by name.", now),
            ("zone_entered", "Entered each zone in this run, by name.", entered),
            ("zone_left", "Left each zone in this run, by name.", left),
            ("zone_dwell_seconds", "Time in each zone in this run, all together, by name.", dwell),
            ("line_passed", "Passed each line in this run, by name and direction.", passed),
        ):
            if samples:
                yield self._gauge("shelfsight_" + key, text, samples)

    def _sightings(self, history: str) -> Any:
        if self._tally is None:
            self._tally = Tally(history)
        family = self._core.CounterMetricFamily(
            "shelfsight_sightings", "Remembered in the history since the first scrape, by product.", labels=["product"]
        )
        with contextlib.suppress(SinkError, sqlite3.Error):  # it waits for its disk, or is being begun anew
            for product, count in sorted(self._tally.counts().items(), key=str):
                family.add_metric(["unknown" if product is None else product], float(count))
        return family

    def _disk(self, history: str) -> Iterator[Any]:
        paths = [path for path in (history, history + "-wal") if os.path.exists(path)]
        size = sum(os.path.getsize(path) for path in paths)
        yield self._gauge("shelfsight_history_bytes", "Of the history on the disk.", [({}, float(size))])
        folder = os.path.dirname(os.path.abspath(history))
        if os.path.isdir(folder):
            free = shutil.disk_usage(folder).free
            yield self._gauge("shelfsight_history_free_bytes", "Free on the disk of the history.", [({}, float(free))])

    def _board(self, board: BoardReading) -> Iterator[Any]:
        heat = [({"sensor": name}, celsius) for name, celsius in board.temperatures_celsius]
        power = [({"rail": name}, mw / 1000) for name, mw in board.rails_mw]
        loads = (("gpu", board.gpu_load_percent), ("cpu", board.cpu_load_percent))
        throttled: List[Sample] = [({}, float(bool(board.throttled)))]
        load = [({"unit": unit}, percent / 100) for unit, percent in loads if percent is not None]
        for name, text, samples in (
            ("temperature_celsius", "Of each sensor of the board.", heat),
            ("power_watts", "Drawn by each rail of the board.", power),
            ("load_ratio", "Of CPU and GPU, 0 to 1.", load),
            ("throttled", "Whether the board holds its clocks down: 1 or 0.", throttled),
        ):
            if samples:
                yield self._gauge("shelfsight_" + name, text, samples)

    def _gauge(self, name: str, text: str, samples: List[Sample]) -> Any:
        labels = list(samples[0][0]) if samples else ["name"]
        family = self._core.GaugeMetricFamily(name, text, labels=labels)
        for given, value in samples:
            family.add_metric([given[label] for label in labels], value)
        return family
