"""One of four cameras with a fault from its first second on: what that costs the others."""

import statistics
from typing import Any, Dict, List

from benchmarks.several_cameras.networks import CLASSIFY_S, DETECT_S, RES, Networks
from benchmarks.stand_ins.simulated import PacedSource, noise_picture
from runtime.sides import Res
from runtime.sources.fault import Faults, FaultySource, parse_fault_uri
from runtime.sources.source import Source
from runtime.sources.waiting import WaitingSource
from runtime.sources.watched import Expectations, WatchedSource

LEAST = 0.98
"""Of the true FPS that the others have beside a sound one."""
CAMERAS = 4
LOAD = 0.8
"""Of the networks' time, when all four are sound: what a fault took of it would be missing elsewhere."""
FPS = LOAD / (CAMERAS * (DETECT_S + CLASSIFY_S))
KINDS = ("drop:0.5", "duplicate:0.5", "corrupt:1", "burst:4", "slow:200", "blank:1", "freeze:1", "stall:1", "die:1:1")
SMALL: Res = (320, 240)
LARGE: Res = (3840, 2160)


def faults(networks: Networks, seconds: float, repeats: int) -> Dict[str, Any]:
    """By kind: the least true FPS of the others over the mean of those beside a sound camera, medians, and verdicts."""
    ratios: Dict[str, List[float]] = {}
    for _ in range(repeats):
        before_fps = _others_fps(networks, [_camera(networks) for _ in range(CAMERAS)], seconds, statistics.mean)
        for kind in KINDS:
            sources = [_faulty(networks, kind)] + [_camera(networks) for _ in range(CAMERAS - 1)]
            ratios.setdefault(kind, []).append(_others_fps(networks, sources, seconds, min) / before_fps)
        before_fps = _others_fps(networks, [_camera_of(SMALL) for _ in range(CAMERAS)], seconds, statistics.mean)
        sources = [_camera_of(LARGE)] + [_camera_of(SMALL) for _ in range(CAMERAS - 1)]
        among = "{}x{} beside {}x{}".format(*(LARGE + SMALL))
        ratios.setdefault(among, []).append(_others_fps(networks, sources, seconds, min) / before_fps)
    told = {}
    for kind, measured in ratios.items():
        ratio = statistics.median(measured)
        told[kind] = {"others_over_before": round(ratio, 4), "holds": ratio >= LEAST}
    return told


def _others_fps(networks: Networks, sources: List[Source], seconds: float, of_all: Any) -> float:
    """Of all but the first."""
    return of_all([one.true_fps for one in networks.run(sources, seconds)[1:]])


def _camera(networks: Networks) -> Source:
    return PacedSource(networks.image, FPS)


def _camera_of(res: Res) -> Source:
    return PacedSource(noise_picture(*res), FPS)


def _faulty(networks: Networks, kind: str) -> Source:
    """As `fault://KIND@...` of a camera is: watched, and opened again when it goes."""
    suffered = Faults(parse_fault_uri("fault://{}@camera".format(kind))[0])

    def open_faulty() -> Source:
        suffered.note_opening()
        source = FaultySource(_camera(networks), suffered)
        return WatchedSource(source, Expectations(distinct=True))

    return WaitingSource("faulty", RES, open_faulty, source=open_faulty())
